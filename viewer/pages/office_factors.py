"""/office/factors: who has which second factor, for those who administer system and security."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.administrators import second_factors
from reading.administrators.second_factors import FactorsOf
from reading.errors import NotAllowed, NotThere
from reading.kinds import Role
from reading.viewers import Staff
from viewer.http.callers import Looking, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import acting, acts_of
from viewer.http.page import staff_page
from viewer.http.plain_fields import Plain
from viewer.http.problems import problem_of
from viewer.http.slips import hand_over, handed_over, shown
from viewer.pages.administration import Done
from viewer.pages.sign_in import words_for
from viewer.words import words

router = APIRouter(prefix="/office/factors")

HOME = "/office/factors"
SLIP = "/office/factors/slip"
Username = Annotated[str, Plain, Form(max_length=64)]


@router.get("")
def show(request: Request, staff: Looking, done: Done = "") -> Response:
    return _list(request, staff, done=done)


@router.post("/require")
def require(
    request: Request,
    staff: Submitting,
    username: Username,
    required: Annotated[str, Form(max_length=5)] = "",
) -> Response:
    with acting(office_of(request), staff) as ctx:
        second_factors.require(ctx, username, required=bool(required))
    return RedirectResponse(HOME, status_code=303)


@router.post("/reset")
def reset(request: Request, staff: Submitting, username: Username) -> Response:
    office = office_of(request)
    try:
        with acting(office, staff) as ctx:
            slip = second_factors.ask_reset(ctx, office.keys, username)
    except (NotAllowed, NotThere) as refusal:
        return _list(request, staff, refusal=refusal)
    if slip is None:
        return RedirectResponse(HOME, status_code=303)
    return hand_over(request, staff, SLIP, {"username": username, "code": slip})


@router.post("/confirm")
def confirm(request: Request, staff: Submitting, username: Username) -> Response:
    office = office_of(request)
    try:
        with acting(office, staff) as ctx:
            slip = second_factors.confirm_reset(ctx, office.keys, username)
    except (NotAllowed, NotThere) as refusal:
        return _list(request, staff, refusal=refusal)
    return hand_over(request, staff, SLIP, {"username": username, "code": slip})


@router.get("/slip")
def show_slip(request: Request, staff: Looking) -> Response:
    """The slip of a reset that this administrator has just made; shown once."""
    slip = handed_over(request, staff)
    if slip is None:
        return RedirectResponse(f"{HOME}?done=slip", status_code=303)
    return shown(request, staff_page(request, staff, "factor_slip.html", username=slip["username"], code=slip["code"]))


@router.post("/withdraw")
def withdraw(request: Request, staff: Submitting, username: Username) -> Response:
    try:
        with acting(office_of(request), staff) as ctx:
            second_factors.withdraw_reset(ctx, username)
    except (NotAllowed, NotThere) as refusal:
        return _list(request, staff, refusal=refusal)
    return RedirectResponse(HOME, status_code=303)


def _list(request: Request, staff: Staff, *, done: str = "", refusal: Exception | None = None) -> Response:
    office = office_of(request)
    zone = office.zone().key
    found = second_factors.holdings(acts_of(office, staff), office.terms.requirement)
    return staff_page(
        request,
        staff,
        "office_factors.html",
        status=problem_of(refusal).status if refusal else 200,
        rows=[_row(one, staff, zone) for one in found],
        resets=staff.holds(Role.SYSTEM_ADMINISTRATOR),
        requires=staff.holds(Role.SECURITY_ADMINISTRATOR),
        problem=words_for(request, refusal) if refusal else "",
        done=done if done == "slip" else "",
    )


def _row(one: FactorsOf, staff: Staff, zone: str) -> dict[str, object]:
    reset = one.reset
    return {
        "username": one.person.username,
        "name": one.person.name,
        "kinds": [(kind, one.kinds.count(kind)) for kind in dict.fromkeys(one.kinds)],
        "codes": one.recovery_codes,
        "by_role": one.by_role,
        "by_name": one.by_name,
        "lacks": not one.kinds and (one.by_role or one.by_name),
        "own": one.person.id == staff.person_id,
        "asked": words.moment(reset.asked_at, zone) if reset and not reset.has_slip else "",
        "unconfirmed": reset is not None and reset.confirmed_at is None,
        "asked_by_me": reset is not None and reset.asked_by == staff.person_id,
        "slip_until": words.moment(reset.slip_until, zone) if reset and reset.slip_until else "",
    }
