"""/api/session: signing in and out, the first password, and the proof before a signature."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from starlette.requests import Request

from reading.audit import STRANGER
from reading.register import organisations
from reading.sessions import staff_sessions
from reading.sessions.staff_sessions import StaffSession
from reading.viewers import SessionFacts, Staff
from storage.database import snapshot, transaction
from viewer.api import bodies
from viewer.http.callers import STAFF_COOKIE, ActingUnsettled, SameOrigin, address_of, give, staff_of, take
from viewer.http.office import office_of
from viewer.http.on_record import acting
from viewer.views import api_json

router = APIRouter(prefix="/api/session")


@router.get("")
def who(request: Request) -> dict[str, Any]:
    return facts(request, staff_of(request, touch=False))


@router.post("", dependencies=[SameOrigin])
def sign_in(request: Request, response: Response, body: bodies.SignIn) -> dict[str, Any]:
    opened = open_session(request, body.username, body.password)
    give(request, response, STAFF_COOKIE, opened.token)
    return facts(request, opened.staff)


@router.delete("", status_code=204)
def sign_out(request: Request, response: Response, staff: ActingUnsettled) -> None:  # noqa: ARG001 -- being it is the check
    office = office_of(request)
    with transaction(office.engine) as tx:
        staff_sessions.end(tx, request.cookies[STAFF_COOKIE], office.clock())
    take(request, response, STAFF_COOKIE)


@router.post("/password")
def change_password(request: Request, staff: ActingUnsettled, body: bodies.NewPassword) -> dict[str, Any]:
    set_password(request, staff, body.current, body.new)
    return facts(request, staff_of(request, touch=False))


@router.post("/proof")
def prove(request: Request, staff: ActingUnsettled, body: bodies.Proof) -> dict[str, Any]:
    office = office_of(request)
    with acting(office, staff) as ctx:
        proved = staff_sessions.prove_again(
            ctx,
            office.keys,
            password=body.password,
            address=address_of(request),
        )
    if not isinstance(proved, SessionFacts):
        raise proved  # after the failure was counted
    return {"proved_at": proved.proved_at.isoformat()}


def open_session(request: Request, username: str, password: str) -> StaffSession:
    """A new session.

    Raises:
        WrongCredentials, TooManyAttempts: after the failure was counted.

    """
    office = office_of(request)
    with acting(office, STRANGER) as ctx:
        opened = staff_sessions.open_session(
            ctx,
            office.keys,
            username=username,
            password=password,
            address=address_of(request),
        )
    if not isinstance(opened, StaffSession):
        raise opened
    return opened


def set_password(request: Request, staff: Staff, current: str, new: str) -> None:
    """A new password for whoever is signed in.

    Raises:
        Invalid: it is not good enough.
        WrongCredentials, TooManyAttempts: after the failure was counted.

    """
    office = office_of(request)
    with acting(office, staff) as ctx:
        refusal = staff_sessions.change_password(
            ctx,
            office.keys,
            current=current,
            new=new,
            address=address_of(request),
        )
    if refusal is not None:
        raise refusal


def facts(request: Request, staff: Staff) -> dict[str, Any]:
    """What the web app knows of the session."""
    with snapshot(office_of(request).engine) as tx:
        found = {grant.organisation_id: organisations.by_id(tx, grant.organisation_id) for grant in staff.grants}
    return api_json.session(staff, {one: organisation for one, organisation in found.items() if organisation})
