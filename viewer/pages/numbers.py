"""/office/numbers: indicators of a period, each set apart by site, time, examination and person, with its cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from reading.actions import Action
from reading.errors import Invalid
from reading.numbers import figures, opened
from reading.numbers.figures import Asked, Part
from reading.numbers.indicators import INDICATORS, Indicator
from reading.numbers.periods import Period, Unit
from reading.numbers.rollup import next_month
from reading.numbers.scope import manages, sees, works
from reading.numbers.sums import By
from reading.viewers import Staff
from viewer.http.callers import Looking
from viewer.http.office import office_of
from viewer.http.on_record import acting, in_snapshot, looks_through
from viewer.http.page import language_of, staff_page
from viewer.http.plain_fields import Plain
from viewer.http.typed_times import typed_day
from viewer.views import numbers as view
from viewer.views import numbers_files as files
from viewer.views import numbers_pdf
from viewer.views.quality import FALLBACK_ZONE
from viewer.words.catalogue import text

router = APIRouter(prefix="/office/numbers")

Word = Annotated[str, Query(max_length=64)]
Id = Annotated[str, Query(max_length=26)]
Day = Annotated[str, Plain, Query(max_length=10)]
APART: Final = (By.PERIOD, By.SITE, By.MODALITY, By.BODY_PART, By.ORGANISATION)
"""How each indicator is set apart for everybody; people come after these, for managers."""


@dataclass(frozen=True, kw_only=True)
class Typed:
    """The query of an address; what is wrong with it is said on the page, and the present month shown."""

    asked: Asked
    problem: str


def typed(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    since: Day = "",
    until: Day = "",
    unit: Word = "",
    org: Id = "",
    modality: Word = "",
    part: Word = "",
    reader: Id = "",
) -> Typed:
    today = office_of(request).clock().astimezone(ZoneInfo(FALLBACK_ZONE)).date()
    problem = ""
    try:
        last = typed_day("until", until) or today
        first = typed_day("since", since) or last.replace(day=1)
        period = Period(since=first, until=last, unit=_unit(unit, first, last))
    except Invalid as wrong:
        period = Period(since=today.replace(day=1), until=today, unit=Unit.DAY)
        problem = text(language_of(request), f"numbers.invalid.{wrong.problem}")
    asked = Asked(period=period, organisation_id=org, modality=modality, body_part=part, reader_id=reader)
    return Typed(asked=asked, problem=problem)


def _unit(typed: str, first: date, last: date) -> Unit:
    if typed in set(Unit):
        return Unit(typed)
    days = (last - first).days
    return next(
        (unit for unit, most in ((Unit.DAY, 62), (Unit.WEEK, 200), (Unit.MONTH, 1500)) if days <= most), Unit.YEAR
    )


Asking = Annotated[Typed, Depends(typed)]


@router.get("")
def show(request: Request, staff: Looking, typed: Asking) -> Response:
    language = language_of(request)
    with in_snapshot(office_of(request), staff) as ctx:
        found = figures.overview(ctx, typed.asked)
        choices = figures.choices(ctx, typed.asked.period)
    return numbers_page(
        request,
        staff,
        "numbers.html",
        typed,
        here_is="overview",
        filters=view.filters(typed.asked, choices, language),
        groups=view.overview(found, typed.asked, language),
        open_late=found.open_late,
        empty=not any(line.now.of for each in found.groups.values() for line in each),
    )


@router.get(".csv")
def csv(request: Request, staff: Looking, typed: Asking) -> Response:
    return files.as_csv(_overview_sheets(request, staff, typed), f"numbers-{typed.asked.period.since}")


@router.get(".xlsx")
def workbook(request: Request, staff: Looking, typed: Asking) -> Response:
    return files.as_workbook(_overview_sheets(request, staff, typed), f"numbers-{typed.asked.period.since}")


@router.get("/bulletin.pdf")
def bulletin(request: Request, staff: Looking, asking: Asking) -> Response:
    """The bulletin of the month in which the period begins."""
    office, first = office_of(request), asking.asked.period.since.replace(day=1)
    last = next_month(first) - timedelta(days=1)
    asked = replace(asking.asked, period=Period(since=first, until=last, unit=Unit.MONTH))
    with in_snapshot(office, staff) as ctx:
        found = figures.overview(ctx, asked)
        named = dict(figures.choices(ctx, asked.period).organisations).get(asked.organisation_id, "")
    return numbers_pdf.bulletin(found, asked, named, language_of(request), office.clock())


@router.get("/of/{name}.csv")
def csv_of(request: Request, staff: Looking, typed: Asking, name: str) -> Response:
    indicator, tables = _apart(request, staff, typed, name, people=False)
    sheets = files.parts_sheets(indicator, tables, typed.asked, language_of(request))
    return files.as_csv(sheets, f"numbers-{name}")


@router.get("/of/{name}.xlsx")
def workbook_of(request: Request, staff: Looking, typed: Asking, name: str) -> Response:
    indicator, tables = _apart(request, staff, typed, name, people=False)
    sheets = files.parts_sheets(indicator, tables, typed.asked, language_of(request))
    return files.as_workbook(sheets, f"numbers-{name}")


@router.get("/of/{name}")
def show_one(request: Request, staff: Looking, typed: Asking, name: str) -> Response:
    language = language_of(request)
    indicator, tables = _apart(request, staff, typed, name, people=True)
    with in_snapshot(office_of(request), staff) as ctx:
        choices = figures.choices(ctx, typed.asked.period)
    return numbers_page(
        request,
        staff,
        "numbers_one.html",
        typed,
        here_is="overview",
        filters=view.filters(typed.asked, choices, language),
        name=name,
        title=view.title(indicator, language),
        tables=[view.table(indicator, parts, typed.asked, by, language) for by, parts in tables],
    )


@router.get("/national")
def show_national(request: Request, staff: Looking, typed: Asking) -> Response:
    language = language_of(request)
    with in_snapshot(office_of(request), staff) as ctx:
        found = figures.national(ctx, typed.asked)
        choices = figures.choices(ctx, typed.asked.period)
    return numbers_page(
        request,
        staff,
        "numbers_national.html",
        typed,
        here_is="national",
        filters=view.filters(typed.asked, choices, language),
        indicators=[view.national(one, now, typed.asked, language) for one, now in found],
    )


@router.get("/mine")
def show_mine(request: Request, staff: Looking, typed: Asking) -> Response:
    language = language_of(request)
    with in_snapshot(office_of(request), staff) as ctx:
        found = figures.own(ctx, typed.asked.period)
    return numbers_page(
        request,
        staff,
        "numbers_mine.html",
        typed,
        here_is="mine",
        filters={
            "since": typed.asked.period.since.isoformat(),
            "until": typed.asked.period.until.isoformat(),
        },
        groups=view.own(found, language),
    )


@router.get("/cases")
def show_cases(  # noqa: PLR0917 -- the fields of the address
    request: Request,
    staff: Looking,
    typed: Asking,
    measure: Word,
    person: Id = "",
    ratio: Id = "",
    skip: Annotated[int, Query(ge=0, le=100_000)] = 0,
) -> Response:
    language = language_of(request)
    with acting(office_of(request), staff) as ctx:
        found = opened.cases_of(ctx, typed.asked, measure, ratio_id=ratio, person_id=person, skip=skip)
    more = {"measure": measure, "person": person, "ratio": ratio, "skip": str(skip + opened.AT_ONCE)}
    return numbers_page(
        request,
        staff,
        "numbers_cases.html",
        typed,
        here_is="overview",
        title=text(language, f"numbers.measure.{measure}"),
        cases=view.cases(found, language),
        more=f"/office/numbers/cases?{view.query(typed.asked, **more)}" if found.more else "",
        back=f"/office/numbers?{view.query(typed.asked)}",
        at_the_desk=not manages(staff),
    )


def _apart(
    request: Request, staff: Staff, typed: Typed, name: str, *, people: bool
) -> tuple[Indicator, Sequence[tuple[By, Sequence[Part]]]]:
    """An indicator, set apart in every way; a look at numbers of people is on record."""
    office = office_of(request)
    ways: list[By] = list(APART)
    if people and manages(staff) and name in INDICATORS and INDICATORS[name].of_people:
        ways.append(By.PERSON)
        looks_through(office, staff, Action.NUMBERS_PEOPLE)
    with in_snapshot(office, staff) as ctx:
        tables = [(by, figures.parts(ctx, typed.asked, name, by)) for by in ways]
    return INDICATORS[name], tables


def _overview_sheets(request: Request, staff: Staff, typed: Typed) -> list[files.Sheet]:
    with in_snapshot(office_of(request), staff) as ctx:
        found = figures.overview(ctx, typed.asked)
    return files.overview_sheets(found, typed.asked, language_of(request))


def numbers_page(
    request: Request, staff: Staff, template: str, typed: Typed, *, here_is: str, **values: Any
) -> Response:
    """A page of the numbers, with the ways to the others."""
    return staff_page(
        request,
        staff,
        template,
        here_is=here_is,
        problem=typed.problem,
        query=view.query(typed.asked),
        sees=sees(staff),
        works=works(staff),
        **values,
    )
