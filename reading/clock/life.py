"""The clocks in the moves of a case: its pauses, and when its present step began."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol

from reading.cases.moves import STEP_OF, Move, State, Step
from reading.clock.clock import Pause, Reason

REASON_OF: Final[dict[State, Reason]] = {
    State.RETURNED: Reason.RETURNED,
    State.WITHHELD: Reason.WITHHELD,
    State.EMPTIED: Reason.EMPTIED,
    State.AWAITING_PRIORS: Reason.PRIORS,
}
"""The states in which the clocks of a case stand still, and why."""


class Moved(Protocol):
    """A move of a case; its row is one."""

    @property
    def number(self) -> int: ...
    @property
    def move(self) -> Move: ...
    @property
    def from_state(self) -> State: ...
    @property
    def to_state(self) -> State: ...
    @property
    def at(self) -> datetime: ...


@dataclass(frozen=True, kw_only=True)
class StepBegan:
    """The move with which the present step of a case began; a step that is done again begins again."""

    step: Step
    number: int
    at: datetime


def pauses(moves: Sequence[Moved]) -> tuple[Pause, ...]:
    """The pauses of a case, from its moves in their order; the last one may still be open."""
    found: list[Pause] = []
    since: datetime | None = None
    reason: Reason | None = None
    for one in moves:
        now_for = REASON_OF.get(one.to_state)
        if now_for is reason:
            continue
        if reason is not None and since is not None:
            found.append(Pause(reason=reason, since=since, until=one.at))
        since, reason = one.at, now_for
    if reason is not None and since is not None:
        found.append(Pause(reason=reason, since=since, until=None))
    return tuple(found)


def stops(moves: Sequence[Moved]) -> tuple[Pause, ...]:
    """The stretches in which the clocks of a case stood still; pauses that follow on each other are one.

    Each has the reason for which it began; the last one may still be open.
    """
    found: list[Pause] = []
    for one in moves:
        reason = REASON_OF.get(one.to_state)
        stands = bool(found) and found[-1].until is None
        if stands and reason is None:
            found[-1] = replace(found[-1], until=one.at)
        elif reason is not None and not stands:
            found.append(Pause(reason=reason, since=one.at, until=None))
    return tuple(found)


def step_began(moves: Sequence[Moved]) -> StepBegan | None:
    """When the step began that a case stands in; None in a state that belongs to no step.

    Claims, pauses, escalations and re-routes do not begin a step anew.
    """
    began: StepBegan | None = None
    for one in moves:
        step = STEP_OF.get(one.to_state)
        if step is None:
            if one.to_state not in REASON_OF:
                began = None  # final or withdrawn; what follows begins anew
        elif began is None or began.step is not step:
            began = StepBegan(step=step, number=one.number, at=one.at)
    return began if moves and STEP_OF.get(moves[-1].to_state) is not None else None
