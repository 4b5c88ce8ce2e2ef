"""The door of DICOMweb: who is calling, and what of a person's data they may see."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final

from starlette.requests import Request

from pacs.arriving.receive import Sender
from pacs.dicomweb.needs import Door, Purpose, VisibleStudy
from pacs.rights import NoRight, Right
from reading.actions import Action
from reading.register import devices
from reading.sessions import patient_sessions, staff_sessions
from reading.viewers import Machine, Staff, Viewer
from service.installation.house import House, caller_of
from service.wiring.answer_cache import AnswerCache
from service.wiring.device_lacks import note_lack
from service.wiring.study_access import Looks
from storage.database import snapshot
from storage.index.queries import Scope
from viewer.http.callers import PATIENT_COOKIE, STAFF_COOKIE, address_of, own_origin

BEARER: Final = "bearer "


class DicomwebDoor:
    """Machines show a token, people their session; every study is opened through `reading.access`.

    A picture is many requests, so the same question is asked once a second, or when somebody changes something here.
    """

    def __init__(self, house: House, answers: AnswerCache, public_origin: str) -> None:
        self._house = house
        self._public_origin = public_origin
        self._looks = Looks(house)
        self._answers = answers

    def door(self) -> Door:
        return Door(
            identify=self.identify,
            origin=partial(own_origin, public_origin=self._public_origin),
            scope=self.scope,
            open_study=self.open_study,
            sender_of=self.sender_of,
        )

    def identify(self, request: Request) -> Viewer | None:
        """A token says who calls, and nothing else does then: credentials of several kinds are never mixed."""
        authorization = request.headers.get("authorization", "")
        cookies = (request.cookies.get(STAFF_COOKIE), request.cookies.get(PATIENT_COOKIE))
        shown = ("who", authorization, *cookies, address_of(request))
        return self._answers.answer(shown, lambda: self._identify(request, authorization))

    def scope(self, viewer: object) -> Scope:
        return self._answers.answer(("scope", viewer), lambda: self._looks.scope(viewer, Action.STUDY_SEARCH))

    def open_study(self, viewer: object, study_uid: str, purpose: Purpose) -> VisibleStudy:
        asked, action = ("study", viewer, study_uid, purpose), Action(f"study.{purpose.action}")
        look = partial(self._looks.open_study, viewer, study_uid, action, ahead=purpose.ahead)
        return self._answers.answer(asked, look)

    def _identify(self, request: Request, authorization: str) -> Viewer | None:
        now = self._house.clock()
        with snapshot(self._house.engine) as tx:
            if authorization:
                if not authorization.lower().startswith(BEARER):
                    return None
                device = devices.by_token(tx, authorization[len(BEARER) :].strip(), now)
                return device and Machine(
                    device_id=device.id, site_id=device.site_id, issuer=device.issuer, address=address_of(request)
                )
            if token := request.cookies.get(STAFF_COOKIE):
                # Pictures load by themselves: they never extend the idle time.
                staff = staff_sessions.by_token(tx, token, now)
                return None if staff is None or _must_change(staff) else replace(staff, address=address_of(request))
            if token := request.cookies.get(PATIENT_COOKIE):
                patient = patient_sessions.by_token(tx, token, now)
                return patient and replace(patient, address=address_of(request))
        return None

    def sender_of(self, viewer: object) -> Sender | None:
        if not isinstance(viewer, Machine):
            return None
        with snapshot(self._house.engine) as tx:
            device = devices.by_id(tx, viewer.device_id)
            sender = device and caller_of(tx, device, self._house.clock())
        if sender is not None and Right.STORE not in sender.may:
            note_lack(self._house, sender.device_id, [Right.STORE])
            raise NoRight
        return sender


def _must_change(staff: Staff) -> bool:
    return staff.session is not None and staff.session.must_change_password
