"""A clock: start, target and hours, less the pauses; it says when something is due and how much time has gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from reading.clock.hours import Hours


class Reason(StrEnum):
    """Why a clock stands still."""

    RETURNED = "returned"
    """The case is back at the township."""
    WITHHELD = "withheld"
    """Hidden until somebody has corrected it."""
    EMPTIED = "emptied"
    """All its images were moved away."""
    PRIORS = "priors"
    """Its rule waits for earlier images that are on their way."""


@dataclass(frozen=True, kw_only=True)
class Pause:
    """A stretch in which a clock stands still."""

    reason: Reason
    since: datetime
    until: datetime | None
    """None while it still does."""


@dataclass(frozen=True, kw_only=True)
class Clock:
    """Counted time from a start towards a target."""

    start: datetime
    target: timedelta
    hours: Hours
    pauses: Sequence[Pause] = ()

    def due(self) -> datetime | None:
        """When the target is reached; None where the clock stands still before that, with no end in sight."""
        left = self.target
        for since, until in self._running():
            if until is None:
                return self.hours.after(since, left)
            counted = self.hours.between(since, until)
            if counted >= left:
                return self.hours.after(since, left)
            left -= counted
        return None

    def elapsed(self, at: datetime) -> timedelta:
        """The counted time until a moment, without the pauses."""
        total = timedelta()
        for since, until in self._running():
            if since >= at:
                break
            total += self.hours.between(since, at if until is None else min(until, at))
        return total

    def remaining(self, at: datetime) -> timedelta:
        """What is left of the target; negative by as much as it is overdue."""
        return self.target - self.elapsed(at)

    def _running(self) -> Iterator[tuple[datetime, datetime | None]]:
        """The stretches in which the clock runs, in order; the last one has no end unless it stands still there."""
        since = self.start
        for pause in sorted(self.pauses, key=lambda one: one.since):
            if pause.since > since:
                yield since, pause.since
            if pause.until is None:
                return
            since = max(since, pause.until)
        yield since, None


def moved_by(due: datetime, pause: Pause, hours: Hours) -> datetime:
    """A due time after a pause that has ended: what was left when it began is left when it ends.

    What was overdue when the pause began stays due when it was.
    """
    if pause.until is None or due <= pause.since:
        return due
    return hours.after(pause.until, hours.between(pause.since, due))
