"""/referrals: patients referred to other institutions and by them, each to its end, with a slip for the patient."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.actions import Action
from reading.cases import cases
from reading.context import Context
from reading.desk import desk
from reading.desk.entries import entries_of
from reading.errors import Invalid, MoveNotAllowed, NotAllowed, Stale
from reading.kinds import Priority
from reading.referral import counts, sending
from reading.referral.moves import ENDS, REASONED, Move, after
from reading.referral.sending import Acceptance, Sent, Shown
from reading.register.grants import AT_THEIR_SITE
from reading.viewers import Staff
from viewer.http.callers import Looking, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import acting, going_in, in_snapshot
from viewer.http.page import language_of, staff_page
from viewer.http.problems import problem_of
from viewer.http.typed_times import typed_moment
from viewer.pages.sign_in import words_for
from viewer.pages.township_case import opened, series_of
from viewer.views import referrals
from viewer.views.report_sheet import examination_with_side, patient_name, sheet_of, zone_of
from viewer.words.catalogue import Language

router = APIRouter(prefix="/referrals")

COUNTED: Final = dt.timedelta(days=90)
MOST: Final = 12
"""Thumbnails of each series; the desk shows every image."""
Refusal = Invalid | NotAllowed | Stale | MoveNotAllowed
Line = Annotated[str, Form(max_length=200)]
Why = Annotated[str, Form(max_length=1000)]
Done = Annotated[Literal["sent", "moved", ""], Query()]
EMPTY: Final = {"to": "", "urgency": Priority.ROUTINE, "reason": "", "contact": "", "place": "", "expected_at": ""}


@router.get("")
def show_own(request: Request, staff: Looking, done: Done = "") -> Response:
    language = language_of(request)
    with in_snapshot(office_of(request), staff) as ctx:
        found = sending.own(ctx)
        lines = _lines(ctx, found, language)
        tallies = [referrals.tally(one, language) for one in counts.counts(ctx, ctx.now - COUNTED)]
    with acting(office_of(request), staff) as ctx:
        sending.listed(ctx, found)
    waiting = [one for one in lines if one["awaits_me"]]
    others = [one for one in lines if not one["awaits_me"]]
    return _page(request, staff, "referrals.html", done=done, waiting=waiting, others=others, tallies=tallies)


@router.get("/new/{case_id}")
def show_form(request: Request, staff: Looking, case_id: str) -> Response:
    return _form(request, staff, case_id)


@router.post("/new/{case_id}")
def send(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    case_id: str,
    to: Annotated[str, Form(max_length=40)] = "",
    urgency: Annotated[Priority, Form()] = Priority.ROUTINE,
    reason: Annotated[str, Form(max_length=2000)] = "",
    contact: Line = "",
) -> Response:
    try:
        with going_in(office_of(request), staff, Action.REFERRAL_SEND, "case", case_id) as ctx:
            if not to:
                raise Invalid("to", "empty")  # noqa: TRY301 -- the form shows it as any other
            made = sending.send(ctx, case_id, Sent(to_code=to, urgency=urgency, reason=reason, contact=contact))
    except (Invalid, NotAllowed) as refused:
        typed = {"to": to, "urgency": urgency, "reason": reason, "contact": contact}
        return _form(request, staff, case_id, typed=typed, refused=refused)
    return RedirectResponse(f"/referrals/{made.id}?done=sent", status_code=303)


@router.get("/{referral_id}")
def show(request: Request, staff: Looking, referral_id: str, done: Done = "") -> Response:
    return _one(request, staff, referral_id, done=done)


@router.post("/{referral_id}/{move}")
def move(  # noqa: PLR0917 -- the fields of the forms
    request: Request,
    staff: Submitting,
    referral_id: str,
    move: Move,
    revision: Annotated[int, Form(ge=0, lt=1 << 31)],
    why: Why = "",
    place_kind: Annotated[str, Form(max_length=8)] = "",
    place: Line = "",
    expected_at: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """The receiver answers and says what became of it; the sender withdraws, or takes the patient back."""
    try:
        with going_in(office_of(request), staff, Action.REFERRAL_MOVE, "referral", referral_id) as ctx:
            acceptance = None
            if move is Move.ACCEPT:
                found = sending.show(ctx, referral_id).referral
                zone = ZoneInfo(_zone(ctx, found.case_id))
                expected = typed_moment("expected_at", expected_at, zone)
                if expected is None:
                    raise Invalid("expected_at", "empty")  # noqa: TRY301 -- the form shows it as any other
                acceptance = Acceptance(kind=place_kind, place=place, expected_at=expected)
            moved = sending.move(ctx, referral_id, move, seen=revision, why=why, acceptance=acceptance)
    except (Invalid, NotAllowed, Stale, MoveNotAllowed) as refused:
        typed = {"place": place, "expected_at": expected_at}
        return _one(request, staff, referral_id, typed=typed, refused=refused)
    where = "/referrals" if moved.state in ENDS else f"/referrals/{referral_id}"
    return RedirectResponse(f"{where}?done=moved", status_code=303)


@router.get("/{referral_id}/slip")
def slip(request: Request, staff: Looking, referral_id: str) -> Response:
    """The slip for the patient (双向转诊单), to be printed."""
    language = language_of(request)
    with going_in(office_of(request), staff, Action.REFERRAL_OPEN, "referral", referral_id) as ctx:
        found = sending.show(ctx, referral_id)
        sections, broken = _report(ctx, found, language)
        one = _line(ctx, found, language)
    return _page(request, staff, "referral_slip.html", one=one, sections=sections, broken=broken)


def _one(
    request: Request,
    staff: Staff,
    referral_id: str,
    *,
    done: str = "",
    typed: dict[str, str] | None = None,
    refused: Refusal | None = None,
) -> Response:
    language = language_of(request)
    with going_in(office_of(request), staff, Action.REFERRAL_OPEN, "referral", referral_id) as ctx:
        found = sending.show(ctx, referral_id)
        sections, broken = _report(ctx, found, language)
        series = [
            each
            for uid in cases.study_uids(ctx.tx, found.referral.case_id)
            for each in series_of(ctx, uid, language, most=MOST)
        ]
        one = _line(ctx, found, language)
    return _page(
        request,
        staff,
        "referral.html",
        refused=refused,
        typed=typed,
        done=done,
        one=one,
        sections=sections,
        broken=broken,
        series=series,
        reasoned=REASONED,
        ends=[each for each in found.may if after(found.referral.state, each) in ENDS],
    )


def _form(
    request: Request,
    staff: Staff,
    case_id: str,
    *,
    typed: dict[str, str] | None = None,
    refused: Refusal | None = None,
) -> Response:
    language = language_of(request)
    with going_in(office_of(request), staff, Action.REFERRAL_SEND, "case", case_id) as ctx:
        entry = opened(ctx, case_id)
        sending.sender_of(ctx, entry.case)
        places = [(one.code, one.name) for one in sending.receivers(ctx)]
        case = {
            "id": case_id,
            "patient": patient_name(entry, language),
            "examination": examination_with_side(entry.case, language),
        }
    return _page(
        request, staff, "referral_new.html", refused=refused, typed=typed, case=case, places=places, urgencies=Priority
    )


def _report(ctx: Context[Staff], found: Shown, language: Language) -> tuple[list[tuple[str, str]], bool]:
    """The sections of the newest version that they may see, and whether it is not what was signed."""
    detail = desk.detail(ctx, found.referral.case_id)
    newest = max((one.version for one in detail.versions), key=lambda one: one.number, default=None)
    if newest is None:
        return [], False
    return list(sheet_of(ctx.tx, detail.entry, newest, language).sections), newest.broken


def _line(ctx: Context[Staff], found: Shown, language: Language) -> dict[str, Any]:
    return _lines(ctx, [found], language)[0]


def _lines(ctx: Context[Staff], found: Sequence[Shown], language: Language) -> list[dict[str, Any]]:
    of_cases = cases.by_ids(ctx.tx, {one.referral.case_id for one in found})
    entries = {one.case.id: one for one in entries_of(ctx.tx, ctx.who, list(of_cases.values()), ctx.now)}
    zones = {one.site.id: zone_of(ctx.tx, one) for one in {each.site.id: each for each in entries.values()}.values()}
    return [
        referrals.shown(one, entry, zones[entry.site.id], language, ctx.now)
        for one in found
        if (entry := entries[one.referral.case_id])
    ]


def _zone(ctx: Context[Staff], case_id: str) -> str:
    return zone_of(ctx.tx, entries_of(ctx.tx, ctx.who, [cases.by_id(ctx.tx, case_id)], ctx.now)[0])


def _page(
    request: Request,
    staff: Staff,
    template: str,
    *,
    refused: Refusal | None = None,
    typed: dict[str, str] | None = None,
    **values: Any,
) -> Response:
    return staff_page(
        request,
        staff,
        template,
        status=200 if refused is None else problem_of(refused).status,
        at_a_site=any(staff.holds(role) for role in AT_THEIR_SITE),
        problem="" if refused is None else words_for(request, refused),
        typed={**EMPTY, **(typed or {})},
        **values,
    )
