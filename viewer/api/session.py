"""/api/session: signing in and out, the first password, and the proof before a signature."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from starlette.requests import Request

from reading.register import organisations
from reading.viewers import Staff
from storage.database import snapshot
from viewer.api import bodies
from viewer.http.callers import STAFF_COOKIE, ActingUnsettled, SameOrigin, give, staff_of
from viewer.http.office import office_of
from viewer.http.sessions import change_password, end_staff_session, open_staff_session, prove_again
from viewer.views import api_json

router = APIRouter(prefix="/api/session")


@router.get("")
def who(request: Request) -> dict[str, Any]:
    return facts(request, staff_of(request, touch=False))


@router.post("", dependencies=[SameOrigin])
def sign_in(request: Request, response: Response, body: bodies.SignIn) -> dict[str, Any]:
    opened = open_staff_session(request, body.username, body.password)
    give(request, response, STAFF_COOKIE, opened.token)
    return facts(request, opened.staff)


@router.delete("", status_code=204)
def sign_out(request: Request, response: Response, staff: ActingUnsettled) -> None:
    end_staff_session(request, response, staff)


@router.post("/password")
def new_password(request: Request, staff: ActingUnsettled, body: bodies.NewPassword) -> dict[str, Any]:
    change_password(request, staff, body.current, body.new)
    return facts(request, staff_of(request, touch=False))


@router.post("/proof")
def prove(request: Request, staff: ActingUnsettled, body: bodies.Proof) -> dict[str, Any]:
    proved = prove_again(request, staff, body.password)
    return {"proved_at": proved.proved_at.isoformat()}


def facts(request: Request, staff: Staff) -> dict[str, Any]:
    """The session as the web app reads it: the person, their roles, the CSRF token."""
    with snapshot(office_of(request).engine) as tx:
        found = {grant.organisation_id: organisations.by_id(tx, grant.organisation_id) for grant in staff.grants}
    return api_json.session(staff, {one: organisation for one, organisation in found.items() if organisation})
