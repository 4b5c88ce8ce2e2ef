"""Holding a case for earlier images: what a document says of it, which cases are held, and how a wait ends; pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from pydantic import Field

from reading.cases.moves import Move
from reading.kinds import Priority
from reading.rules.clock_document import Part
from reading.rules.rule import HoldForPriors

LONGEST: Final = 24 * 60
"""Minutes of the longest wait: what has not come within a day has to be asked for."""


class HoldPart(Part):
    """For how long a case waits for earlier images that are on their way."""

    minutes: Annotated[int, Field(gt=0, le=LONGEST)]
    urgent_too: bool = False


def hold_of(part: HoldPart | None) -> HoldForPriors | None:
    return None if part is None else HoldForPriors(minutes=part.minutes, urgent_too=part.urgent_too)


def hold_part(hold: HoldForPriors) -> dict[str, Any]:
    """The fields of a hold, without what is as it would be anyway."""
    return {"minutes": hold.minutes} | ({"urgent_too": True} if hold.urgent_too else {})


def may_wait(hold: HoldForPriors | None, priority: Priority, *, critical: bool) -> bool:
    """Whether a rule lets such a case wait: an emergency never, what is urgent or critical where the rule says so."""
    if hold is None or priority is Priority.EMERGENCY:
        return False
    return hold.urgent_too or (priority is Priority.ROUTINE and not critical)


def ends_by(
    hold: HoldForPriors | None, priority: Priority, *, critical: bool, expected: bool, since: datetime, now: datetime
) -> Move | None:
    """The move by which a wait that began at ``since`` ends now; None while it goes on.

    ``expected``: images are still on their way.
    """
    if hold is None or not may_wait(hold, priority, critical=critical):
        return Move.END_HOLD
    if not expected:
        return Move.PRIORS_CAME
    return Move.PRIORS_LATE if now >= since + timedelta(minutes=hold.minutes) else None
