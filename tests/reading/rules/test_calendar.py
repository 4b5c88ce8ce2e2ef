"""Working days: the weekday says, unless the calendar does; the last word on a day counts."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from reading.errors import Invalid
from reading.rules import calendar
from reading.rules.calendar import Calendar, DayKind, read_days
from storage.database import transaction

FRIDAY, SATURDAY, SUNDAY = date(2026, 10, 9), date(2026, 10, 10), date(2026, 10, 11)
CHINA = Path(__file__).parents[3] / "docs" / "calendars" / "china-2026.csv"


@pytest.mark.parametrize(
    ("kinds", "working"),
    [
        ({}, [True, False, False]),
        ({FRIDAY: DayKind.HOLIDAY, SATURDAY: DayKind.WORKING}, [False, True, False]),
        ({FRIDAY: DayKind.USUAL, SUNDAY: DayKind.USUAL}, [True, False, False]),
    ],
)
def test_a_day_is_as_the_calendar_says_or_else_its_weekday(kinds: dict[date, DayKind], working: list[bool]) -> None:
    assert [Calendar(kinds).is_working(day) for day in (FRIDAY, SATURDAY, SUNDAY)] == working


def test_the_last_word_on_a_day_counts_and_what_was_taken_back_is_not_listed(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        for number, (day, kind) in enumerate(
            [
                (FRIDAY, DayKind.WORKING),
                (FRIDAY, DayKind.HOLIDAY),
                (SATURDAY, DayKind.WORKING),
                (SATURDAY, DayKind.USUAL),
            ]
        ):
            calendar.put(tx, day, kind, "国庆节", made_by=None, now=now + timedelta(minutes=number))
        found = calendar.days(tx, date(2026, 1, 1), date(2026, 12, 31))
        read = calendar.read(tx, FRIDAY, SUNDAY)

    assert [(one.day, one.kind, one.name) for one in found] == [(FRIDAY, DayKind.HOLIDAY, "国庆节")]
    assert [read.is_working(day) for day in (FRIDAY, SATURDAY, SUNDAY)] == [False, False, False]


def test_the_holidays_of_china_are_days_of_the_calendar() -> None:
    said = read_days(CHINA.read_text(encoding="utf-8"))

    assert (date(2026, 10, 1), DayKind.HOLIDAY, "国庆节") in said
    assert {day.weekday() >= 5 for day, kind, _ in said if kind is DayKind.WORKING} == {True}
    assert len({day for day, _, _ in said}) == len(said)


@pytest.mark.parametrize("line", ["2026-13-01,holiday,x", "2026-10-01,feast,x", "2026-10-01", "x"])
def test_a_line_that_names_no_day_or_kind_is_refused(line: str) -> None:
    with pytest.raises(Invalid):
        read_days(line)
