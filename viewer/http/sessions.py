"""Signing in and out, as the API and the pages do alike: the act, and its refusal once the failure was counted."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from reading.audit import stranger
from reading.factors.factors import Shown
from reading.sessions import own_proof, patient_sessions, sign_in, staff_sessions
from reading.sessions.half_sessions import HalfSession
from reading.sessions.patient_sessions import PatientSession
from reading.sessions.sign_in import Enrolled, NewFactor
from reading.sessions.staff_sessions import StaffSession
from reading.telephones import sign_in as telephone_sign_in
from reading.telephones.sign_in import Asked
from reading.viewers import PatientViewer, SessionFacts, Staff
from viewer.http.callers import PATIENT_COOKIE, STAFF_COOKIE, caller_of
from viewer.http.cookies import take
from viewer.http.half_sign_in import place_of
from viewer.http.office import office_of
from viewer.http.on_record import acting, acts_of


def open_staff_session(request: Request, username: str, password: str) -> StaffSession | HalfSession:
    """Sign a member of staff in, as far as a password goes.

    Raises:
        WrongCredentials, TooManyAttempts, Busy: as the act.

    """
    office = office_of(request)
    return sign_in.open_session(
        acts_of(office, stranger(caller_of(request).address)),
        office.keys,
        office.terms,
        username=username,
        password=password,
        caller=caller_of(request),
    )


def show_factor(request: Request, half: HalfSession, code: str, passkey: str) -> StaffSession:
    """Take the second factor of a sign-in.

    Raises:
        SignInOver, WrongCredentials, TooManyAttempts: as the act.

    """
    office = office_of(request)
    return sign_in.show_factor(
        acts_of(office, stranger(caller_of(request).address)),
        office.keys,
        office.terms,
        token=half.token,
        shown=_shown(request, code, passkey),
        caller=caller_of(request),
    )


def show_slip(request: Request, half: HalfSession, slip: str) -> HalfSession:
    """Take the slip of a reset.

    Raises:
        SignInOver, WrongCredentials, TooManyAttempts: as the act.

    """
    office = office_of(request)
    return sign_in.show_slip(
        acts_of(office, stranger(caller_of(request).address)),
        office.keys,
        token=half.token,
        slip=slip,
        caller=caller_of(request),
    )


def enrol(request: Request, half: HalfSession, name: str, code: str, passkey: str) -> Enrolled:
    """Set up the first factor of a sign-in.

    Raises:
        SignInOver, Invalid: as the act.

    """
    office = office_of(request)
    return sign_in.enrol(
        acts_of(office, stranger(caller_of(request).address)),
        office.keys,
        office.terms,
        token=half.token,
        new=NewFactor(name=name, shown=_shown(request, code, passkey)),
        caller=caller_of(request),
    )


def prove_again(
    request: Request, staff: Staff, *, password: str = "", code: str = "", passkey: str = ""
) -> SessionFacts:
    """Take the proof once more from somebody who is signed in: a factor where they have one, else the password.

    Raises:
        NotAllowed, WrongCredentials, TooManyAttempts, Busy: as the acts.

    """
    office = office_of(request)
    if code or passkey:
        return own_proof.prove_by_factor(acts_of(office, staff), office.keys, _shown(request, code, passkey))
    return own_proof.prove_by_password(acts_of(office, staff), office.keys, password=password)


def change_password(request: Request, staff: Staff, current: str, new: str) -> None:
    """Give whoever is signed in a new password.

    Raises:
        Invalid: it is not good enough.
        WrongCredentials, TooManyAttempts, Busy: as the act.

    """
    office = office_of(request)
    own_proof.change_password(acts_of(office, staff), office.keys, current=current, new=new)


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


def ask_for_code(request: Request, card_type: str, card: str) -> Asked:
    """Send a code to the verified telephone of a card's owner; the answer is the same where there is none.

    Raises:
        TooManyAttempts: after the asking was counted.
        Invalid: no such kind of card.

    """
    office, caller = office_of(request), caller_of(request)
    with acting(office, stranger(caller.address)) as ctx:
        asked = telephone_sign_in.ask(ctx, office.keys, card_kind=card_type, card=card, caller=caller)
    if not isinstance(asked, Asked):
        raise asked
    return asked


def open_session_by_code(request: Request, card_type: str, card: str, token: str, code: str) -> PatientSession:
    """Sign a patient in with a card and the code that was sent to the telephone.

    Raises:
        WrongCredentials, TooManyAttempts: after the failure was counted.
        Invalid: no such kind of card.

    """
    office, caller = office_of(request), caller_of(request)
    with acting(office, stranger(caller.address)) as ctx:
        opened = telephone_sign_in.open_session(
            ctx, office.keys, card_kind=card_type, card=card, token=token, code=code, caller=caller
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


def _shown(request: Request, code: str, passkey: str) -> Shown:
    return Shown(code=code, passkey=passkey, place=place_of(request))
