"""/office/roster: a week of a reading group to look at and to move about, its people, and the import of a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.cases.moves import Step
from reading.context import Context
from reading.errors import Invalid, NotAllowed, NotThere
from reading.queue import choosing
from reading.register import organisations
from reading.register.organisations import Organisation
from reading.roster import absences, limits, rights, skills, slot_import, slots
from reading.roster.absences import AbsenceKind
from reading.roster.groups import GROUPS
from reading.roster.members import places_with_members
from reading.roster.skills import SkillKind
from reading.viewers import Staff
from viewer.http.callers import Looking, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import acting, in_snapshot
from viewer.http.page import language_of, staff_page
from viewer.http.plain_fields import Plain
from viewer.http.problems import problem_of
from viewer.http.typed_times import typed_day, typed_moment
from viewer.pages.person_form import one_of
from viewer.pages.sign_in import words_for
from viewer.views import roster as view
from viewer.words.catalogue import text

router = APIRouter(prefix="/office/roster")

Code = Annotated[str, Form(max_length=40)]
Typed = Annotated[str, Form(max_length=60)]
Number = Annotated[Typed, Plain]
Asked = Annotated[str, Query(max_length=40)]


@router.get("")
def show(request: Request, staff: Looking, org: Asked = "", day: Asked = "", done: bool = False) -> Response:  # noqa: FBT001, FBT002
    return _page(request, staff, org, day, done=done)


@router.post("")
def add(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    org: Code,
    who: Typed,
    step: Code,
    day: Typed,
    begins: Number,
    ends: Number,
) -> Response:
    def act(ctx: Context[Staff]) -> None:
        since, until = _times(ctx, org, day, begins, ends)
        slots.add(ctx, organisation_code=org, username=who, step=one_of(Step, "step", step), since=since, until=until)

    typed = {"who": who, "step": step, "day": day, "begins": begins, "ends": ends}
    return _done(request, staff, org, day, act, typed=typed)


@router.post("/move")
def move(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    org: Code,
    slot_id: Code,
    who: Typed,
    day: Typed,
    begins: Number,
    ends: Number,
) -> Response:
    """Give a slot another day, other times, or another person: by its form, or by dragging it there."""

    def act(ctx: Context[Staff]) -> None:
        since, until = _times(ctx, org, day, begins, ends)
        slots.move(ctx, slot_id, username=who, since=since, until=until)

    return _done(request, staff, org, day, act)


@router.post("/end")
def end(request: Request, staff: Submitting, org: Code, slot_id: Code, day: Typed = "") -> Response:
    return _done(request, staff, org, day, lambda ctx: slots.end(ctx, slot_id))


@router.post("/import")
def import_table(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    org: Code,
    lines: Annotated[str, Form(max_length=60_000)],
    act: Code,
    day: Typed = "",
) -> Response:
    """``act``: ``preview`` says what each line would add or what is wrong with it; ``save`` adds all or none."""
    try:
        saves = act == "save"
        with (acting if saves else in_snapshot)(office_of(request), staff) as ctx:
            read = slot_import.read(ctx, org, lines, to_add=saves)
            wrong = any(one.planned is None for one in read)
            if saves and not wrong:
                slot_import.add(ctx, read)
    except (Invalid, NotAllowed) as refused:
        return _page(request, staff, org, day, refused=refused, lines=lines)
    if act == "save" and not wrong:
        return _back(org, day)
    preview = [
        {
            "number": one.number,
            "cells": " · ".join(one.cells),
            "problem": _line_problem(request, one.problem),
        }
        for one in read
    ]
    return _page(request, staff, org, day, lines=lines, preview=preview, wrong=wrong)


@router.post("/skill")
def add_skill(  # noqa: PLR0917 -- the fields of the form
    request: Request, staff: Submitting, org: Code, who: Typed, kind: Code, skill: Typed, day: Typed = ""
) -> Response:
    def act(ctx: Context[Staff]) -> None:
        skills.add(ctx, username=who, kind=one_of(SkillKind, "kind", kind), code=skill)

    return _done(request, staff, org, day, act)


@router.post("/skill/end")
def end_skill(request: Request, staff: Submitting, org: Code, skill_id: Code, day: Typed = "") -> Response:
    return _done(request, staff, org, day, lambda ctx: skills.end(ctx, skill_id))


@router.post("/absence")
def add_absence(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    org: Code,
    who: Typed,
    kind: Code,
    since: Number = "",
    until: Number = "",
    day: Typed = "",
) -> Response:
    def act(ctx: Context[Staff]) -> None:
        zone = ZoneInfo(organisations.in_force(ctx.tx, org).time_zone)
        absences.add(
            ctx,
            username=who,
            kind=one_of(AbsenceKind, "kind", kind),
            since=typed_moment("since", since, zone),
            until=typed_moment("until", until, zone),
        )

    return _done(request, staff, org, day, act)


@router.post("/absence/end")
def end_absence(request: Request, staff: Submitting, org: Code, absence_id: Code, day: Typed = "") -> Response:
    return _done(request, staff, org, day, lambda ctx: absences.end(ctx, absence_id))


@router.post("/limit")
def set_limit(  # noqa: PLR0917 -- the fields of the form
    request: Request, staff: Submitting, org: Code, who: Typed, most: Annotated[Code, Plain] = "", day: Typed = ""
) -> Response:
    """``most`` empty: there is no limit."""

    def act(ctx: Context[Staff]) -> None:
        if most.strip() and not (most.isascii() and most.strip().isdigit()):
            raise Invalid("most", "range")
        limits.say(ctx, username=who, most=int(most) if most.strip() else None)

    return _done(request, staff, org, day, act)


def _line_problem(request: Request, problem: Invalid | NotThere | None) -> str:
    if isinstance(problem, NotThere):
        return text(language_of(request), "roster.no-person")
    return "" if problem is None else words_for(request, problem)


def _done(
    request: Request,
    staff: Staff,
    org: str,
    day: str,
    act: Callable[[Context[Staff]], object],
    *,
    typed: Mapping[str, str] | None = None,
) -> Response:
    """``typed`` stands in the form of a new slot again where it is refused."""
    try:
        with acting(office_of(request), staff) as ctx:
            act(ctx)
    except (Invalid, NotAllowed) as refused:
        return _page(request, staff, org, day, refused=refused, typed=typed)
    return _back(org, day)


def _back(org: str, day: str) -> Response:
    asked = urlencode({"org": org, "day": day, "done": "true"})
    return RedirectResponse(f"/office/roster?{asked}", status_code=303)


def _page(
    request: Request,
    staff: Staff,
    org: str,
    day: str,
    *,
    done: bool = False,
    refused: Invalid | NotAllowed | None = None,
    typed: Mapping[str, str] | None = None,
    lines: str = "",
    preview: list[dict[str, Any]] | None = None,
    wrong: bool = False,
) -> Response:
    language = language_of(request)
    with in_snapshot(office_of(request), staff) as ctx:
        places, kept = _places(ctx)
        place = next((one for one in places if one.code == org), places[0] if places and not org else None)
        if place is None:
            raise NotThere
        zone = ZoneInfo(place.time_zone)
        week = view.week_of(_shown_day(day) or ctx.now.astimezone(zone).date(), zone)
        shown = view.page_of(ctx, place, week, language)
        manages = choosing.may_see(ctx, place.id)
        taken = view.choosing(choosing.numbers(ctx, place.id, *week.month)) if manages else None
    return staff_page(
        request,
        staff,
        "roster.html",
        status=problem_of(refused).status if refused else 422 if wrong else 200,
        org=place.code,
        place=place.name,
        places=[(one.code, one.name) for one in places],
        may=place.id in kept,
        own=staff.username,
        monday=week.monday.isoformat(),
        month=week.monday.strftime("%Y-%m"),
        taken=taken,
        sunday=week.days[-1].isoformat(),
        before=(week.monday - timedelta(days=7)).isoformat(),
        after=(week.monday + timedelta(days=7)).isoformat(),
        kinds=[(kind.value, f"roster.absence.{kind}") for kind in AbsenceKind],
        skill_kinds=[(kind.value, f"roster.skill.{kind}") for kind in SkillKind],
        done=done,
        problem=words_for(request, refused) if refused else "",
        typed=typed or {"who": "", "step": "", "day": week.monday.isoformat(), "begins": "08:00", "ends": "17:00"},
        lines=lines,
        preview=preview,
        wrong=wrong,
        **shown,
    )


def _places(ctx: Context[Staff]) -> tuple[list[Organisation], set[str]]:
    """The organisations whose roster they may see, by name, and those whose roster they keep."""
    kept = rights.kept(ctx)
    theirs = {grant.organisation_id for grant in ctx.who.grants if grant.role in GROUPS}
    reading = places_with_members(ctx.tx, kept | theirs, ctx.now)
    found = organisations.by_ids(ctx.tx, reading)
    return sorted((one for one in found.values() if one.until is None), key=lambda one: one.code), kept


def _shown_day(day: str) -> date | None:
    """The day whose week is shown; one that is none shows this week."""
    try:
        found = typed_day("day", day)
    except Invalid:
        return None
    return found


def _times(ctx: Context[Staff], org: str, day: str, begins: str, ends: str) -> tuple[datetime, datetime]:
    """The times of a slot on the clock of the organisation; an end before the beginning is of the next day."""
    zone = ZoneInfo(organisations.in_force(ctx.tx, org).time_zone)
    since, until = (typed_moment("day", f"{day.strip()}T{clock.strip()}", zone) for clock in (begins, ends))
    if since is None or until is None:
        raise Invalid("day", "date")
    return since, until if until > since else until + timedelta(days=1)
