"""Months of statements: their bounds on the region's clock, those that are closed, and which one is next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.errors import Invalid
from reading.numbers.periods import EARLIEST
from reading.numbers.rollup import next_month
from reading.register import region_clock
from reading.tables import case, organisation, statement_month

_LOCK: Final = 7221909
LATEST: Final = date(2199, 12, 1)


@dataclass(frozen=True, kw_only=True)
class Month:
    """From `starts_at` (included) to `ends_at` (excluded), aware UTC."""

    first: date
    starts_at: datetime
    ends_at: datetime
    zone: ZoneInfo


@dataclass(frozen=True, kw_only=True)
class ClosedMonth:
    id: str
    month: Month
    closed_at: datetime
    closed_by: str | None


def month_of(first: date, zone: ZoneInfo) -> Month:
    """The month that begins on a day, on a clock."""
    starts, ends = (datetime.combine(day, time(), zone).astimezone(UTC) for day in (first, next_month(first)))
    return Month(first=first, starts_at=starts, ends_at=ends, zone=zone)


def first_of(said: str) -> date:
    """The first day of a month in the form ``2026-11``.

    Raises:
        Invalid: it is none, or of a year that nobody means.

    """
    try:
        found = date.fromisoformat(f"{said.strip()}-01")
    except ValueError as wrong:
        raise Invalid("month", "date") from wrong
    if found.isoformat()[:7] != said.strip() or not EARLIEST <= found <= LATEST:
        raise Invalid("month", "date")
    return found


def before(first: date) -> date:
    """The first day of the month before."""
    return first.replace(year=first.year - 1, month=12) if first.month == 1 else first.replace(month=first.month - 1)


def closed(tx: Connection) -> list[ClosedMonth]:
    """The closed months, the earliest first; they follow each other without a gap."""
    return [
        ClosedMonth(
            id=row.id,
            month=Month(first=row.first, starts_at=row.starts_at, ends_at=row.ends_at, zone=ZoneInfo(row.time_zone)),
            closed_at=row.closed_at,
            closed_by=row.closed_by,
        )
        for row in tx.execute(sa.select(statement_month).order_by(statement_month.c.first))
    ]


def begins(tx: Connection) -> date | None:
    """The month in which the first case was received; None where there is no case yet."""
    # Of each site its first by the index: the first of all would be looked for among all cases.
    of_site = sa.select(sa.func.min(case.c.received_at)).where(case.c.site_id == organisation.c.id)
    firsts = sa.select(of_site.correlate(organisation).scalar_subquery()).select_from(organisation)
    received = [at for at in tx.scalars(firsts) if at is not None]
    return min(received).astimezone(region_clock.zone(tx)).date().replace(day=1) if received else None


def next_open(done: list[ClosedMonth]) -> date | None:
    """The month that takes up what changed in closed ones; None where none is closed."""
    return next_month(done[-1].month.first) if done else None


def one_at_a_time(tx: Connection) -> None:
    """Let no other act change prices, disputes or months until this one ends; SQLite has one writer anyway."""
    if tx.dialect.name == "postgresql":
        tx.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
