"""/consultations: one's own, a question about a case, and the thread in which it is answered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.actions import Action
from reading.cases import cases
from reading.consultation import asking, colleagues, opinions, thread
from reading.consultation.asking import LONGEST, Question
from reading.consultation.thread import Thread
from reading.context import Context
from reading.desk import desk
from reading.desk.entries import Entry, entries_of
from reading.errors import Invalid, MoveNotAllowed, NotAllowed, Stale
from reading.viewers import Staff
from viewer.http.callers import Looking, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import acting, going_in
from viewer.http.page import language_of, staff_page
from viewer.http.plain_fields import Plain
from viewer.http.problems import problem_of
from viewer.http.typed_times import typed_day
from viewer.pages.sign_in import words_for
from viewer.pages.township_case import opened, series_of
from viewer.views import consultations
from viewer.views.report_sheet import (
    examination_with_side,
    examined_at,
    patient_age,
    patient_name,
    patient_sex,
    sheet_of,
    zone_of,
)
from viewer.words.catalogue import Language

router = APIRouter(prefix="/consultations")

USUAL: Final = dt.timedelta(days=3)
"""How long colleagues see the case if nobody says otherwise."""
MOST: Final = 24
"""Pictures of a series that can be ticked; others are named by their numbers."""
Refusal = Invalid | NotAllowed | Stale | MoveNotAllowed
Text = Annotated[str, Form(max_length=4000)]
Why = Annotated[str, Form(max_length=1000)]
Numbers = Annotated[Why, Plain]
Ids = Annotated[tuple[str, ...], Form(max_length=20)]
Seen = Annotated[int, Form(ge=0, lt=1 << 31)]
Done = Annotated[Literal["asked", "said", "declined", "concluded", "withdrawn", "invited", "removed", ""], Query()]


@dataclass(frozen=True, kw_only=True)
class Typed:
    """What somebody typed into a form that was refused, and why it was."""

    refused: Refusal | None = None
    values: Mapping[str, str] = field(default_factory=dict[str, str])
    chosen: Sequence[str] = ()


NOTHING: Final = Typed()
EMPTY: Final = {"question": "", "words": "", "numbers": "", "conclusion": ""}


@router.get("")
def show_own(request: Request, staff: Looking, done: Done = "") -> Response:
    language = language_of(request)
    with acting(office_of(request), staff) as ctx:
        found = thread.own(ctx)
        known = cases.by_ids(ctx.tx, {one.consultation.case_id for one in found})
        entries = {one.case.id: one for one in entries_of(ctx.tx, staff, list(known.values()), ctx.now)}
        lines = [_line(ctx, one, entries[one.consultation.case_id], language) for one in found]
    return _page(request, staff, "consultations.html", done=done, lines=lines)


@router.get("/new/{case_id}")
def show_form(
    request: Request, staff: Looking, case_id: str, at: Annotated[str, Query(max_length=40)] = ""
) -> Response:
    return _form(request, staff, case_id, at)


@router.post("/new/{case_id}")
def ask(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    case_id: str,
    question: Text = "",
    until: Annotated[Annotated[str, Form(max_length=10)], Plain] = "",
    at: Annotated[str, Form(max_length=40)] = "",
    people: Ids = (),
    priors: Ids = (),
) -> Response:
    """Ask colleagues until the end of a day, as the clock of the case's site counts days."""
    try:
        with going_in(office_of(request), staff, Action.CONSULTATION_ASK, "case", case_id) as ctx:
            zone = ZoneInfo(zone_of(ctx.tx, opened(ctx, case_id)))
            wanted = Question(words=question, people=people, until=_end_of(until, zone), priors=priors)
            made = asking.ask(ctx, case_id, wanted)
    except (Invalid, NotAllowed) as refused:
        typed = {"question": question, "until": until}
        return _form(request, staff, case_id, at, Typed(refused=refused, values=typed, chosen=[*people, *priors]))
    return RedirectResponse(f"/consultations/{made.id}?done=asked", status_code=303)


@router.get("/{consultation_id}")
def show(request: Request, staff: Looking, consultation_id: str, done: Done = "") -> Response:
    return _thread(request, staff, consultation_id, done=done)


@router.post("/{consultation_id}/say")
def say(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    consultation_id: str,
    words: Text = "",
    image: Ids = (),
    numbers: Annotated[Why, Plain] = "",
) -> Response:
    try:
        with going_in(office_of(request), staff, Action.CONSULTATION_SPEAK, "consultation", consultation_id) as ctx:
            studies = _studies(ctx, thread.thread(ctx, consultation_id))
            named = [(uid, 1) for uid in image] + consultations.numbered_images(ctx, studies, numbers)
            opinions.speak(ctx, consultation_id, words=words, key_images=named)
    except (Invalid, NotAllowed, MoveNotAllowed) as refused:
        typed = Typed(refused=refused, values={"words": words, "numbers": numbers}, chosen=image)
        return _thread(request, staff, consultation_id, typed=typed)
    return RedirectResponse(f"/consultations/{consultation_id}?done=said", status_code=303)


@router.post("/{consultation_id}/decline")
def decline(request: Request, staff: Submitting, consultation_id: str, why: Why = "") -> Response:
    try:
        with going_in(office_of(request), staff, Action.CONSULTATION_DECLINE, "consultation", consultation_id) as ctx:
            opinions.decline(ctx, consultation_id, why=why)
    except (Invalid, MoveNotAllowed) as refused:
        return _thread(request, staff, consultation_id, typed=Typed(refused=refused))
    return RedirectResponse("/consultations?done=declined", status_code=303)


@router.post("/{consultation_id}/conclude")
def conclude(
    request: Request, staff: Submitting, consultation_id: str, revision: Seen, conclusion: Text = ""
) -> Response:
    try:
        with going_in(office_of(request), staff, Action.CONSULTATION_CONCLUDE, "consultation", consultation_id) as ctx:
            asking.conclude(ctx, consultation_id, conclusion=conclusion, seen=revision)
    except (Invalid, NotAllowed, MoveNotAllowed, Stale) as refused:
        typed = Typed(refused=refused, values={"conclusion": conclusion})
        return _thread(request, staff, consultation_id, typed=typed)
    return RedirectResponse(f"/consultations/{consultation_id}?done=concluded", status_code=303)


@router.post("/{consultation_id}/withdraw")
def withdraw(request: Request, staff: Submitting, consultation_id: str, revision: Seen, why: Why = "") -> Response:
    try:
        with going_in(office_of(request), staff, Action.CONSULTATION_WITHDRAW, "consultation", consultation_id) as ctx:
            asking.withdraw(ctx, consultation_id, why=why, seen=revision)
    except (Invalid, NotAllowed, MoveNotAllowed, Stale) as refused:
        return _thread(request, staff, consultation_id, typed=Typed(refused=refused))
    return RedirectResponse(f"/consultations/{consultation_id}?done=withdrawn", status_code=303)


@router.post("/{consultation_id}/invite")
def invite(request: Request, staff: Submitting, consultation_id: str, revision: Seen, people: Ids = ()) -> Response:
    try:
        with going_in(office_of(request), staff, Action.CONSULTATION_INVITE, "consultation", consultation_id) as ctx:
            asking.invite(ctx, consultation_id, people, seen=revision)
    except (Invalid, NotAllowed, MoveNotAllowed, Stale) as refused:
        return _thread(request, staff, consultation_id, typed=Typed(refused=refused, chosen=people))
    return RedirectResponse(f"/consultations/{consultation_id}?done=invited", status_code=303)


@router.post("/{consultation_id}/remove")
def remove(
    request: Request,
    staff: Submitting,
    consultation_id: str,
    revision: Seen,
    person: Annotated[str, Form(max_length=26)],
) -> Response:
    try:
        with going_in(office_of(request), staff, Action.CONSULTATION_REMOVE, "consultation", consultation_id) as ctx:
            asking.remove(ctx, consultation_id, person, seen=revision)
    except (NotAllowed, MoveNotAllowed, Stale) as refused:
        return _thread(request, staff, consultation_id, typed=Typed(refused=refused))
    return RedirectResponse(f"/consultations/{consultation_id}?done=removed", status_code=303)


def _thread(
    request: Request, staff: Staff, consultation_id: str, *, done: str = "", typed: Typed = NOTHING
) -> Response:
    language = language_of(request)
    with going_in(office_of(request), staff, Action.CONSULTATION_OPEN, "consultation", consultation_id) as ctx:
        found = thread.thread(ctx, consultation_id)
        detail = desk.detail(ctx, found.consultation.case_id)
        zone = zone_of(ctx.tx, detail.entry)
        newest = max((one.version for one in detail.versions), key=lambda one: one.number, default=None)
        values: dict[str, Any] = {
            "one": consultations.shown(found, zone, language, ctx.now),
            "case": _facts(detail.entry, zone, language),
            "asked": detail.request,
            "broken": newest is not None and newest.broken,
            "sections": [] if newest is None else sheet_of(ctx.tx, detail.entry, newest, language).sections,
            "series": [each for uid in _studies(ctx, found) for each in series_of(ctx, uid, language, most=MOST)],
            "candidates": [],
        }
        if values["one"]["may_end"]:
            known = {one.colleague.person_id for one in found.invitations}
            others = colleagues.candidates(ctx, found.consultation.case_id)
            values["candidates"] = [one for one in others if one.person_id not in known]
    return _page(request, staff, "consultation.html", typed=typed, done=done, **values)


def _form(request: Request, staff: Staff, case_id: str, at: str, typed: Typed = NOTHING) -> Response:
    language = language_of(request)
    with going_in(office_of(request), staff, Action.CONSULTATION_ASK, "case", case_id) as ctx:
        candidates = colleagues.candidates(ctx, case_id)
        detail = desk.detail(ctx, case_id)
        zone = zone_of(ctx.tx, detail.entry)
        today = ctx.now.astimezone(ZoneInfo(zone)).date()
        earlier = [(one.case.id, _examined(one.case, zone, language)) for one in detail.priors]
        facts = _facts(detail.entry, zone, language)
    places = dict(sorted({one.organisation_code: one.organisation_name for one in candidates}.items()))
    here = at if at in places else next(iter(places), "")
    return _page(
        request,
        staff,
        "consultation_new.html",
        typed=typed,
        case=facts,
        places=places,
        at=here,
        candidates=[one for one in candidates if one.organisation_code == here],
        priors=earlier,
        until=typed.values.get("until") or (today + USUAL).isoformat(),
        earliest=today.isoformat(),
        latest=(today + LONGEST - dt.timedelta(days=1)).isoformat(),
    )


def _page(request: Request, staff: Staff, template: str, *, typed: Typed = NOTHING, **values: Any) -> Response:
    refused = typed.refused
    return staff_page(
        request,
        staff,
        template,
        status=200 if refused is None else problem_of(refused).status,
        problem="" if refused is None else words_for(request, refused),
        typed={**EMPTY, **typed.values},
        chosen=frozenset(typed.chosen),
        **values,
    )


def _line(ctx: Context[Staff], one: Thread, entry: Entry, language: Language) -> dict[str, Any]:
    zone = zone_of(ctx.tx, entry)
    return {**consultations.shown(one, zone, language, ctx.now), "case": _facts(entry, zone, language)}


def _facts(entry: Entry, zone: str, language: Language) -> dict[str, str]:
    return {
        "id": entry.case.id,
        "patient": patient_name(entry, language),
        "detail": " · ".join(filter(None, (patient_sex(entry, language), patient_age(entry, zone, language)))),
        "examination": examination_with_side(entry.case, language),
        "site": entry.site.name,
        "at": examined_at(entry, zone, language),
        "identity": entry.case.identity,
    }


def _examined(case: cases.Case, zone: str, language: Language) -> str:
    return f"{case.examined_at.astimezone(ZoneInfo(zone)):%Y-%m-%d} {examination_with_side(case, language)}"


def _studies(ctx: Context[Staff], found: Thread) -> list[str]:
    """Of the case, then of the earlier ones that the question names."""
    shown = [found.consultation.case_id, *found.priors]
    return [uid for case_id in shown for uid in cases.study_uids(ctx.tx, case_id)]


def _end_of(day: str, zone: ZoneInfo) -> dt.datetime:
    """The midnight that ends a day."""
    chosen = typed_day("until", day)
    if chosen is None:
        raise Invalid("until", "date")
    return dt.datetime.combine(chosen + dt.timedelta(days=1), dt.time(), zone)
