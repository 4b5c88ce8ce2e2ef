"""Periods: days, weeks, months and years, and the period before one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from reading.errors import Invalid

_DAY: Final = timedelta(days=1)
EARLIEST: Final = date(2000, 1, 1)


class Unit(StrEnum):
    """In what pieces a period is shown."""

    DAY = "day"
    WEEK = "week"
    """From Monday on (ISO 8601)."""
    MONTH = "month"
    YEAR = "year"


LONGEST: Final = {Unit.DAY: 92, Unit.WEEK: 371, Unit.MONTH: 5 * 366, Unit.YEAR: 20 * 366}
"""Days that are shown at most in such pieces."""


@dataclass(frozen=True, kw_only=True)
class Period:
    """From a day to a day, both included."""

    since: date
    until: date
    unit: Unit

    def __post_init__(self) -> None:
        if not EARLIEST <= self.since <= self.until:
            raise Invalid("since", "range")
        if self.days > LONGEST[self.unit]:
            raise Invalid("since", f"longest_{self.unit}")

    @property
    def days(self) -> int:
        return (self.until - self.since).days + 1

    def before(self) -> Period:
        """The period of the same length that ends the day before; whole months before whole months."""
        if self.since.day == 1 and (self.until + _DAY).day == 1:
            months = (self.until.year - self.since.year) * 12 + self.until.month - self.since.month + 1
            first = self.since
            for _ in range(months):
                first = (first - _DAY).replace(day=1)
        else:
            first = self.since - timedelta(days=self.days)
        return Period(since=max(first, EARLIEST), until=max(self.since - _DAY, EARLIEST), unit=self.unit)

    def pieces(self) -> Iterator[date]:
        """The first day of each piece, in order; the first piece may have begun before the period."""
        at = piece_of(self.since, self.unit)
        while at <= self.until:
            yield at
            at = _next(at, self.unit)


def piece_of(day: date, unit: Unit) -> date:
    """The first day of the piece to which a day belongs."""
    match unit:
        case Unit.DAY:
            return day
        case Unit.WEEK:
            return day - timedelta(days=day.weekday())
        case Unit.MONTH:
            return day.replace(day=1)
        case Unit.YEAR:
            return day.replace(month=1, day=1)


def _next(first: date, unit: Unit) -> date:
    match unit:
        case Unit.DAY:
            return first + _DAY
        case Unit.WEEK:
            return first + 7 * _DAY
        case Unit.MONTH:
            return (first + 32 * _DAY).replace(day=1)
        case Unit.YEAR:
            return first.replace(year=first.year + 1)
