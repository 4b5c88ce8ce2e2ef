"""Signing in and out, as the API and the pages do alike: the act, and its refusal once the failure was counted."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from reading.audit import stranger
from reading.sessions import patient_sessions, staff_sessions
from reading.sessions.patient_sessions import PatientSession
from reading.sessions.staff_sessions import StaffSession
from reading.viewers import PatientViewer, SessionFacts, Staff
from viewer.http.callers import PATIENT_COOKIE, STAFF_COOKIE, caller_of, take
from viewer.http.office import office_of
from viewer.http.on_record import acting, acts_of


def open_staff_session(request: Request, username: str, password: str) -> StaffSession:
    """Sign a member of staff in.

    Raises:
        WrongCredentials, TooManyAttempts, Busy: as the act.

    """
    office = office_of(request)
    caller = caller_of(request)
    return staff_sessions.open_session(
        acts_of(office, stranger(caller.address)), office.keys, username=username, password=password, caller=caller
    )


def prove_again(request: Request, staff: Staff, password: str) -> SessionFacts:
    """Take the password once more from somebody who is signed in, before a signature.

    Raises:
        WrongCredentials, TooManyAttempts, Busy: as the act.

    """
    office = office_of(request)
    return staff_sessions.prove_again(acts_of(office, staff), office.keys, password=password)


def change_password(request: Request, staff: Staff, current: str, new: str) -> None:
    """Give whoever is signed in a new password.

    Raises:
        Invalid: it is not good enough.
        WrongCredentials, TooManyAttempts, Busy: as the act.

    """
    office = office_of(request)
    staff_sessions.change_password(acts_of(office, staff), office.keys, current=current, new=new)


def open_patient_session(request: Request, card_type: str, card: str, code: str) -> PatientSession:
    """Sign a patient in with a card and the code of a receipt.

    Raises:
        WrongCredentials, TooManyAttempts: after the failure was counted.
        Invalid: no such kind of card.

    """
    office = office_of(request)
    caller = caller_of(request)
    with acting(office, stranger(caller.address)) as ctx:
        opened = patient_sessions.open_session(
            ctx, office.keys, card_kind=card_type, card=card, code=code, caller=caller
        )
    if not isinstance(opened, PatientSession):
        raise opened
    return opened


def end_staff_session(request: Request, response: Response, staff: Staff) -> None:
    """Sign out; the browser forgets the session, too."""
    with acting(office_of(request), staff) as ctx:
        staff_sessions.end(ctx, request.cookies[STAFF_COOKIE])
    take(request, response, STAFF_COOKIE)


def end_patient_session(request: Request, response: Response, patient: PatientViewer) -> None:
    """Sign the patient out; the browser forgets the session, too."""
    with acting(office_of(request), patient) as ctx:
        patient_sessions.end(ctx, request.cookies[PATIENT_COOKIE])
    take(request, response, PATIENT_COOKIE)
