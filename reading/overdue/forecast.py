"""What will be late: each waiting case by its place in the queue, at the rate at which cases came and left lately."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A case that waits for a step, or is in somebody's hands."""

    case_id: str
    rank: int
    """0 is taken first."""
    due_at: datetime
    held: bool = False


@dataclass(frozen=True, kw_only=True)
class Rates:
    """How many cases came to a queue and left it in a stretch of time."""

    over: timedelta
    left: int = 0
    came: Mapping[int, int] = field(default_factory=dict[int, int])
    """By rank."""


@dataclass(frozen=True, kw_only=True)
class Expected:
    """When a case is expected to leave the queue."""

    waiting: Waiting
    at: datetime | None
    """None: not at the present rate."""

    @property
    def late(self) -> bool:
        return self.at is None or self.at > self.waiting.due_at


def expected(found: Sequence[Waiting], rates: Rates, now: datetime) -> list[Expected]:
    """When each case of a queue leaves it if cases go on coming and leaving as they did, in the order of leaving.

    Those in somebody's hands leave first, the others by rank and due time; whoever comes with a lower rank in the
    meantime goes before those who wait. With k cases up to and including this one, m that leave and a that overtake
    in an hour, it takes k / (m - a) hours.
    """
    return [
        Expected(waiting=one, at=_leaves(place, -1 if one.held else one.rank, rates, now))
        for place, one in enumerate(sorted(found, key=lambda one: (not one.held, one.rank, one.due_at, one.case_id)), 1)
    ]


def empty_at(found: Sequence[Waiting], rates: Rates, now: datetime) -> datetime | None:
    """When the queue is empty at the present rates; None where it never is."""
    if not found:
        return now
    gain = rates.left - sum(rates.came.values())
    return now + len(found) * rates.over / gain if gain > 0 else None


def _leaves(place: int, rank: int, rates: Rates, now: datetime) -> datetime | None:
    overtake = sum(number for other, number in rates.came.items() if other < rank)
    gain = rates.left - overtake
    return now + place * rates.over / gain if gain > 0 else None
