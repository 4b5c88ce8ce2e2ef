"""Hours in which a clock runs: round the clock, or between two times of working days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

_DAY: Final = timedelta(days=1)


class Days(Protocol):
    """Says which days are worked."""

    def is_working(self, day: date) -> bool: ...


class Hours(Protocol):
    """Says how much of a stretch of time counts."""

    def between(self, since: datetime, until: datetime) -> timedelta:
        """The counted time from ``since`` to ``until``; none where ``until`` is not later."""
        ...

    def after(self, since: datetime, counted: timedelta) -> datetime:
        """The first moment, not before ``since``, by which so much has counted."""
        ...


@dataclass(frozen=True)
class RoundTheClock:
    """Every minute counts."""

    def between(self, since: datetime, until: datetime) -> timedelta:
        return max(until - since, timedelta())

    def after(self, since: datetime, counted: timedelta) -> datetime:
        return since + max(counted, timedelta())


@dataclass(frozen=True, kw_only=True)
class WorkingHours:
    """Only minutes between two times of working days count, by the clock of the site."""

    begins: time
    ends: time
    """Later than ``begins``."""
    zone: ZoneInfo
    days: Days

    def between(self, since: datetime, until: datetime) -> timedelta:
        total = timedelta()
        for begins, ends in self._spans(since):
            if begins >= until:
                break
            total += min(ends, until) - begins
        return total

    def after(self, since: datetime, counted: timedelta) -> datetime:
        if counted <= timedelta():
            return since
        left = counted
        for begins, ends in self._spans(since):
            if ends - begins >= left:
                return begins + left
            left -= ends - begins
        raise AssertionError  # the days of a calendar that are no working days have an end

    def _spans(self, since: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The counted stretches from ``since`` on, in order."""
        day = since.astimezone(self.zone).date()
        while True:
            if self.days.is_working(day):
                begins = datetime.combine(day, self.begins, self.zone).astimezone(UTC)
                ends = datetime.combine(day, self.ends, self.zone).astimezone(UTC)
                if ends > since:
                    yield max(begins, since), ends
            day += _DAY


ROUND_THE_CLOCK: Final = RoundTheClock()
