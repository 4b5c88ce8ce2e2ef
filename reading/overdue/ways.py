"""When a case waits too long where it stands, and the ways that its rule then names, in their order; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from reading.cases.moves import Step
from reading.clock.clock import Clock, Pause
from reading.clock.hours import Hours
from reading.kinds import Tier
from reading.rules.rule import Goal, Overdue

TIERS: Final = {Goal.NEXT_TIER: Tier.CITY, Goal.NEIGHBOUR: Tier.NEIGHBOUR}
"""The tier to which a goal sends a case; those on duty are told where it stands."""
_FURTHER: Final = {(Goal.NEXT_TIER, Tier.NEIGHBOUR)}
"""The goals that a tier other than the county's has still before it."""
_OF_THE_CITY: Final = frozenset({Step.REVIEW, Step.ARBITRATE})


def step_clock(minutes: int, began_at: datetime, hours: Hours, *, pauses: Sequence[Pause] = ()) -> Clock:
    """The clock of a step for which a rule gives so many minutes."""
    return Clock(start=began_at, target=timedelta(minutes=minutes), hours=hours, pauses=pauses)


def due(step: Clock | None, case_due_at: datetime, *, released: bool) -> datetime | None:
    """When a case is overdue where it stands: by the step's clock, and by its own until it is released."""
    ends = (None if step is None else step.due(), None if released else case_due_at)
    return min((one for one in ends if one is not None), default=None)


def goals(overdue: Overdue, step: Step, tier: Tier, *, stays: bool = False) -> Iterator[tuple[Goal, Tier]]:
    """The ways that a case at a tier still has before it, each with the tier where it waits afterwards.

    ``stays``: it waits for the attendings of one organisation, so that those on duty there are told at most.
    """
    for goal in overdue.to:
        if goal is Goal.DUTY:
            yield goal, tier
        elif not stays and step not in _OF_THE_CITY and (tier is Tier.COUNTY or (goal, tier) in _FURTHER):
            yield goal, TIERS[goal]


def room(readers: int, open_cases: int, *, open_per_reader: int) -> int:
    """How many more cases so many available readers can take; none or less where it is full."""
    return readers * open_per_reader - open_cases
