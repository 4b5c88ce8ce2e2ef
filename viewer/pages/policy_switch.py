"""/office/policy: a version is switched on after it was compared with the one in force, and a switch is taken back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.errors import Invalid, NotAllowed, Stale
from reading.rules import policy_acts, policy_rights
from reading.rules.comparison import compare
from reading.rules.rules_document import kept_rules
from reading.viewers import Staff
from viewer.http.callers import Looking, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import acting
from viewer.http.page import language_of
from viewer.http.typed_times import typed_moment
from viewer.pages.administration import Code, administration_page, known_id, must_be_sure
from viewer.views import policy as view
from viewer.words import words

router = APIRouter(prefix="/office/policy")


@router.get("/version/{number}/switch")
def show(request: Request, staff: Looking, number: int, at: Annotated[str, Query(max_length=30)] = "") -> Response:
    """``at`` by the clock of the region; empty: now."""
    return _page(request, staff, number, at)


@router.post("/version/{number}/switch")
def switch(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    number: int,
    over: Annotated[int, Form(ge=1, lt=2**31)],
    at: Annotated[str, Form(max_length=30)] = "",
    sure: Code = "",
    *,
    unread: Annotated[bool, Form()] = False,
) -> Response:
    """``over``: the version that it was compared with; ``unread``: as `policy_acts.switch_on`."""
    zone = office_of(request).zone()
    try:
        with acting(office_of(request), staff) as ctx:
            policy_rights.must_switch(ctx)
            must_be_sure(sure)
            policy_acts.switch_on(ctx, number, at=typed_moment("at", at, zone), unread=unread, over=over)
    except (Invalid, NotAllowed, Stale) as refused:
        return _page(request, staff, number, at, refused=refused)
    return RedirectResponse("/office/policy?done=switched", status_code=303)


@router.post("/switch/{switch_id}/cancel")
def cancel(request: Request, staff: Submitting, switch_id: str) -> Response:
    with acting(office_of(request), staff) as ctx:
        policy_acts.cancel_switch(ctx, known_id(switch_id))
    return RedirectResponse("/office/policy?done=cancelled", status_code=303)


def _page(
    request: Request, staff: Staff, number: int, typed: str, *, refused: Invalid | NotAllowed | Stale | None = None
) -> Response:
    """What changes against the version in force at the time, since when, and whether they are sure."""
    zone = office_of(request).zone()
    language = language_of(request)
    try:
        at = typed_moment("at", typed, zone)
    except Invalid as none:
        at, typed, refused = None, "", none
    with acting(office_of(request), staff) as ctx:
        policy_rights.must_switch(ctx)
        after = policy_acts.version(ctx, number)
        over = policy_acts.in_force_at(ctx, at or ctx.now)
        unread = policy_acts.without_reader(ctx, number)
    return administration_page(
        request,
        staff,
        "policy_switch.html",
        refused=refused,
        after=number,
        before=over.version,
        found=view.comparison(compare(over.rules, kept_rules(after.document)), language),
        at=typed,
        since="" if at is None else words.moment(at, str(zone)),
        unread=[(site.name, site.code, tier.value) for site, tier in unread],
    )
