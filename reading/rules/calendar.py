"""The calendar of working days: Monday to Friday, but for holidays and for weekends that are worked instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.errors import Invalid
from reading.tables import calendar_entry
from storage.ids import new_id


class DayKind(StrEnum):
    """What a day is, beside what its weekday says."""

    HOLIDAY = "holiday"
    WORKING = "working"
    """A Saturday or Sunday that is worked for a holiday."""
    USUAL = "usual"
    """As its weekday says; takes an entry back."""


@dataclass(frozen=True, kw_only=True)
class Day:
    """What the calendar says of a day."""

    day: date
    kind: DayKind
    name: str
    made_at: datetime
    made_by: str | None


@dataclass(frozen=True)
class Calendar:
    """The days that are not as their weekday says."""

    kinds: Mapping[date, DayKind]

    def is_working(self, day: date) -> bool:
        kind = self.kinds.get(day, DayKind.USUAL)
        return day.weekday() < 5 if kind is DayKind.USUAL else kind is DayKind.WORKING


def read(tx: Connection, since: date, until: date) -> Calendar:
    """The calendar from a day to a day, both included."""
    return Calendar({one.day: one.kind for one in days(tx, since, until)})


def days(tx: Connection, since: date, until: date) -> list[Day]:
    """The days of a period that are not as their weekday says, in order."""
    rows = tx.execute(
        sa.select(calendar_entry)
        .where(calendar_entry.c.day >= since, calendar_entry.c.day <= until)
        .order_by(calendar_entry.c.day, calendar_entry.c.made_at, calendar_entry.c.id)
    )
    last = {row.day: _day(row) for row in rows}
    return [one for one in last.values() if one.kind is not DayKind.USUAL]


def put(tx: Connection, day: date, kind: DayKind, name: str, *, made_by: str | None, now: datetime) -> None:
    """Say what a day is; what was said of it before stays in the table."""
    tx.execute(
        sa.insert(calendar_entry),
        {"id": new_id(), "day": day, "kind": kind, "name": name, "made_at": now, "made_by": made_by},
    )


def read_days(text: str) -> list[tuple[date, DayKind, str]]:
    """The days of a text with lines of ``day,kind,name``; empty lines and those that begin with # say nothing.

    Raises:
        Invalid: a line names no day, or no kind that there is.

    """
    found: list[tuple[date, DayKind, str]] = []
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        day, _, rest = line.partition(",")
        kind, _, name = rest.partition(",")
        try:
            found.append((date.fromisoformat(day.strip()), DayKind(kind.strip()), name.strip()))
        except ValueError as wrong:
            raise Invalid("days", "form") from wrong
    return found


def _day(row: sa.Row[Any]) -> Day:
    return Day(day=row.day, kind=DayKind(row.kind), name=row.name, made_at=row.made_at, made_by=row.made_by)
