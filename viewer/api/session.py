"""/api/session: signing in with its second step, signing out, the first password, and the proof before a signature."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, Response
from starlette.requests import Request

from reading.audit import stranger
from reading.errors import NotThere
from reading.factors import factors, totp
from reading.factors.requirement import Needs
from reading.register import organisations
from reading.sessions import sign_in as signing_in
from reading.sessions.half_sessions import HalfSession
from reading.sessions.staff_sessions import StaffSession
from reading.viewers import Staff
from viewer.api import bodies
from viewer.http.callers import STAFF_COOKIE, ActingUnsettled, SameOrigin, staff_of
from viewer.http.cookies import give
from viewer.http.half_sign_in import Half, HalfActing, give_half, place_of, take_half
from viewer.http.office import office_of
from viewer.http.on_record import in_snapshot
from viewer.http.problems import Problem, as_json
from viewer.http.sessions import (
    change_password,
    end_staff_session,
    enrol,
    open_staff_session,
    prove_again,
    show_factor,
    show_slip,
)
from viewer.shell.frame import frame_of
from viewer.views import api_session

router = APIRouter(prefix="/api/session")


@router.get("")
def who(request: Request) -> dict[str, Any]:
    return facts(request, staff_of(request, touch=False))


@router.post("", dependencies=[SameOrigin], response_model=None)
def sign_in(request: Request, response: Response, body: bodies.SignIn) -> dict[str, Any] | Response:
    """A session; where a second factor is needed, the problem that says so, and the cookie of the sign-in under way."""
    opened = open_staff_session(request, body.username, body.password)
    if isinstance(opened, HalfSession) and opened.needs is Needs.FACTOR and body.code:
        opened = show_factor(request, opened, body.code, "")
    return _waiting(request, opened) if isinstance(opened, HalfSession) else _opened(request, response, opened)


@router.post("/factor")
def second_step(request: Request, response: Response, half: HalfActing, body: bodies.ShownFactor) -> dict[str, Any]:
    """The second factor of a sign-in that waits for it."""
    return _opened(request, response, show_factor(request, half, body.code, _text(body.passkey)))


@router.post("/slip")
def slip(request: Request, half: HalfActing, body: bodies.Slip) -> Response:
    """The slip of a reset; then the same problem as at first asks for a new factor."""
    return _waiting(request, show_slip(request, half, body.slip))


@router.get("/new-factor")
def offered(request: Request, half: Half) -> dict[str, Any]:
    """What to set up a first factor with: the same until it is."""
    office, place = office_of(request), place_of(request)
    with in_snapshot(office, stranger()) as ctx:
        offer = signing_in.offer(ctx, office.keys, half.token, place)
    return {
        "secret": totp.spelled(offer.secret),
        "address": totp.address(offer.secret, offer.username),
        "passkey": json.loads(offer.passkey) if offer.passkey else None,
    }


@router.post("/new-factor")
def set_up(request: Request, response: Response, half: HalfActing, body: bodies.NewFactor) -> dict[str, Any]:
    """Set up the first factor: a session, and the recovery codes, which are shown this once."""
    enrolled = enrol(request, half, body.name, body.code, _text(body.passkey))
    return _opened(request, response, enrolled.session) | {"recovery_codes": enrolled.recovery_codes}


@router.delete("", status_code=204)
def sign_out(request: Request, response: Response, staff: ActingUnsettled) -> None:
    end_staff_session(request, response, staff)


@router.post("/here", status_code=204)
def here(_staff: ActingUnsettled) -> None:
    """The person is at the page, and types: the session lives on, as by any act of theirs."""


@router.post("/password")
def new_password(request: Request, staff: ActingUnsettled, body: bodies.NewPassword) -> dict[str, Any]:
    change_password(request, staff, body.current, body.new)
    return facts(request, staff_of(request, touch=False))


@router.get("/proof")
def proof(request: Request) -> dict[str, Any]:
    """What proves who the person is: their password, or a second factor, with the options to ask a passkey for it."""
    staff, office = staff_of(request, touch=False), office_of(request)
    if staff.session is None:
        raise NotThere
    with in_snapshot(office, staff) as ctx:
        kinds = {one.kind for one in factors.of(ctx.tx, staff.person_id, ctx.now)}
        options = factors.request_options(
            ctx.tx, office.keys, staff.person_id, place_of(request), staff.session.token_digest, ctx.now
        )
    return {
        "by": "factor" if kinds else "password",
        "factors": sorted(kinds),
        "passkey": json.loads(options) if options else None,
    }


@router.post("/proof")
def prove(request: Request, staff: ActingUnsettled, body: bodies.Proof) -> dict[str, Any]:
    proved = prove_again(request, staff, password=body.password, code=body.code, passkey=_text(body.passkey))
    return {"proved_at": proved.proved_at.isoformat()}


def facts(request: Request, staff: Staff) -> dict[str, Any]:
    """The session as the web app reads it: the person, their roles, the CSRF token, their rail."""
    office = office_of(request)
    with in_snapshot(office, staff) as ctx:
        known = organisations.by_ids(ctx.tx, {grant.organisation_id for grant in staff.grants})
        frame = frame_of(ctx, "/")
    return api_session.session(staff, known, frame, office.dictation)


def _opened(request: Request, response: Response, opened: StaffSession) -> dict[str, Any]:
    give(request, response, STAFF_COOKIE, opened.token)
    take_half(response)
    return facts(request, opened.staff)


def _waiting(request: Request, half: HalfSession) -> Response:
    office = office_of(request)
    with in_snapshot(office, stranger()) as ctx:
        kinds = sorted({one.kind for one in factors.of(ctx.tx, half.person_id, ctx.now)})
        options = factors.request_options(
            ctx.tx, office.keys, half.person_id, place_of(request), half.token_digest, ctx.now
        )
    fields = {
        "needs": half.needs,
        "factors": kinds,
        "passkey": json.loads(options) if options else None,
        "csrf_token": half.csrf_token,
    }
    answer = as_json(request, Problem(slug="factor-needed", status=401, fields=fields))
    give_half(request, answer, half)
    return answer


def _text(passkey: dict[str, Any] | None) -> str:
    return "" if passkey is None else json.dumps(passkey)
