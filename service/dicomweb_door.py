"""The door of DICOMweb: who is calling, and what of a person's data they may see."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request

from pacs.dicomweb.door import Door, NotVisible, Shown
from pacs.receive import Sender
from reading import access, attribution, devices, sessions
from reading.errors import NotThere
from reading.viewers import Machine, PatientViewer, Staff, Viewer
from service.house import House, sender_of
from storage.database import snapshot, transaction
from storage.rows import is_uid
from storage.search import Scope
from viewer.guard import PATIENT_COOKIE, STAFF_COOKIE

BEARER: Final = "bearer "


class DicomwebDoor:
    """Machines show a token, people their session; every study is opened through `reading.access`."""

    def __init__(self, house: House) -> None:
        self._house = house

    def door(self) -> Door:
        return Door(identify=self.identify, scope=self.scope, open_study=self.open_study, sender_of=self.sender_of)

    def identify(self, request: Request) -> Viewer | None:
        """A token says who calls, and nothing else does then: credentials of several kinds are never mixed."""
        now = self._house.clock()
        authorization = request.headers.get("authorization", "")
        with snapshot(self._house.engine) as tx:
            if authorization:
                if not authorization.lower().startswith(BEARER):
                    return None
                device = devices.by_token(tx, authorization[len(BEARER) :].strip(), now)
                return device and Machine(device_id=device.id, site_id=device.site_id, issuer=device.issuer)
            if token := request.cookies.get(STAFF_COOKIE):
                # Pictures load by themselves: they never extend the idle time.
                staff = sessions.staff(tx, token, now, touch=False)
                return None if staff is None or _must_change(staff) else staff
            if token := request.cookies.get(PATIENT_COOKIE):
                return sessions.patient(tx, token, now, touch=False)
        return None

    def scope(self, viewer: object) -> Scope:
        """What a search may find; that somebody searched is on record before anything is found."""
        searching, now = _one_of_ours(viewer), self._house.clock()
        with snapshot(self._house.engine) as tx:
            found = access.scope(tx, searching, now)
            on_record = access.list_is_on_record(tx, searching, "study.search", now)
        if not on_record:
            with transaction(self._house.engine) as tx:
                access.open_list(tx, self._house.audit, searching, "study.search", now)
        return found

    def open_study(self, caller: object, study_uid: str, action: str) -> Shown:
        viewer = _one_of_ours(caller)
        now = self._house.clock()
        if not is_uid(study_uid):
            raise NotVisible  # nothing that could be looked at, or put on record
        try:
            with snapshot(self._house.engine) as tx:
                study = access.open_study_again(tx, viewer, study_uid, action, now)
                current = attribution.current(tx, study_uid)
            if study is None:
                with transaction(self._house.engine) as tx:
                    study = access.open_study(tx, self._house.audit, viewer, study_uid, action, now)
                    current = attribution.current(tx, study_uid)
        except NotThere as hidden:
            with transaction(self._house.engine) as tx:
                access.refused(
                    tx,
                    self._house.audit,
                    viewer,
                    action=action,
                    subject_kind="study",
                    subject_id=study_uid,
                    now=now,
                )
            raise NotVisible from hidden
        if current is None:
            return Shown(study=study)
        return Shown(
            study=study,
            attributes=current.attributes,
            revision=current.revision,
            reason=current.reason,
            made_at=current.made_at,
        )

    def sender_of(self, viewer: object) -> Sender | None:
        if not isinstance(viewer, Machine):
            return None
        with snapshot(self._house.engine) as tx:
            device = devices.by_id(tx, viewer.device_id)
        return None if device is None else sender_of(device)


def _one_of_ours(viewer: object) -> Viewer:
    """DICOMweb hands back what `identify` answered, without knowing what it is."""
    if not isinstance(viewer, Staff | Machine | PatientViewer):
        raise TypeError(type(viewer))
    return viewer


def _must_change(staff: Staff) -> bool:
    return staff.session is not None and staff.session.must_change_password
