"""/office/policy/calendar: holidays, and weekends that are worked instead."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.errors import Invalid
from reading.rules import policy_acts, policy_rights
from reading.rules.calendar import DayKind, read_days
from reading.viewers import Staff
from viewer.http.callers import Looking, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import acting
from viewer.http.page import language_of, staff_page
from viewer.http.problems import problem_of
from viewer.http.typed_times import typed_day
from viewer.pages.person_form import one_of
from viewer.pages.sign_in import words_for
from viewer.words.catalogue import text

router = APIRouter(prefix="/office/policy/calendar")

Year = Annotated[int, Query(ge=2000, le=2100)]


@router.get("")
def show(request: Request, staff: Looking, year: Year | None = None, done: bool = False) -> Response:  # noqa: FBT001, FBT002
    return _page(request, staff, year, done=done)


@router.post("")
def set_day(
    request: Request,
    staff: Submitting,
    day: Annotated[str, Form(max_length=10)],
    kind: Annotated[str, Form(max_length=10)],
    name: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    try:
        meant = one_of(DayKind, "kind", kind)
        on = _required(typed_day("day", day))
        with acting(office_of(request), staff) as ctx:
            policy_acts.set_days(ctx, [(on, meant, name)])
    except Invalid as wrong:
        return _page(request, staff, None, wrong=wrong)
    return RedirectResponse(f"/office/policy/calendar?year={on.year}&done=true", status_code=303)


@router.post("/import")
def import_days(request: Request, staff: Submitting, lines: Annotated[str, Form(max_length=40_000)]) -> Response:
    try:
        said = read_days(lines)
        with acting(office_of(request), staff) as ctx:
            policy_acts.set_days(ctx, said)
    except Invalid as wrong:
        return _page(request, staff, None, wrong=wrong, lines=lines)
    return RedirectResponse(f"/office/policy/calendar?year={said[0][0].year}&done=true", status_code=303)


def _page(
    request: Request,
    staff: Staff,
    year: int | None,
    *,
    done: bool = False,
    wrong: Invalid | None = None,
    lines: str = "",
) -> Response:
    zone = office_of(request).zone()
    office, language = office_of(request), language_of(request)
    shown = year or office.clock().astimezone(zone).year
    with acting(office, staff) as ctx:
        found = policy_acts.days(ctx, date(shown, 1, 1), date(shown, 12, 31))
        may_write = policy_rights.writes(ctx)
    return staff_page(
        request,
        staff,
        "policy_calendar.html",
        status=problem_of(wrong).status if wrong else 200,
        year=shown,
        days=[
            {
                "day": one.day.isoformat(),
                "weekday": text(language, f"calendar.weekday.{one.day.weekday()}"),
                "holiday": one.kind is DayKind.HOLIDAY,
                "kind": text(language, f"calendar.kind.{one.kind}"),
                "name": one.name,
            }
            for one in found
        ],
        may_write=may_write,
        done=done,
        lines=lines,
        problem=words_for(request, wrong) if wrong else "",
    )


def _required(day: date | None) -> date:
    if day is None:
        raise Invalid("day", "date")
    return day
