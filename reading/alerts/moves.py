"""What may happen to an alert: its states and its moves."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from reading.errors import MoveNotAllowed


class State(StrEnum):
    RAISED = "raised"
    CLIMBING = "climbing"
    """Nobody answered in time: higher levels have been notified."""
    ACKNOWLEDGED = "acknowledged"
    """Somebody at the site, or responsible for it, read the finding back."""
    WITHDRAWN = "withdrawn"
    """The flag was set by mistake."""


class Move(StrEnum):
    CLIMB = "climb"
    ACKNOWLEDGE = "acknowledge"
    WITHDRAW = "withdraw"


MOVES: Final[dict[tuple[State, Move], State]] = {
    (State.RAISED, Move.CLIMB): State.CLIMBING,
    (State.RAISED, Move.ACKNOWLEDGE): State.ACKNOWLEDGED,
    (State.RAISED, Move.WITHDRAW): State.WITHDRAWN,
    (State.CLIMBING, Move.CLIMB): State.CLIMBING,
    (State.CLIMBING, Move.ACKNOWLEDGE): State.ACKNOWLEDGED,
    (State.CLIMBING, Move.WITHDRAW): State.WITHDRAWN,
    (State.ACKNOWLEDGED, Move.WITHDRAW): State.WITHDRAWN,
}

UNANSWERED: Final = frozenset({State.RAISED, State.CLIMBING})
"""The states in which the alert climbs and the site's page shows it; `critical.unanswered` is their SQL."""

STANDING: Final = frozenset({State.RAISED, State.CLIMBING, State.ACKNOWLEDGED})
"""The states in which the case counts as critical; `critical.standing` is their SQL."""


def after(state: State, move: Move) -> State:
    """The state that a move leads to.

    Raises:
        MoveNotAllowed: the table does not have it.

    """
    try:
        return MOVES[state, move]
    except KeyError:
        raise MoveNotAllowed(state, move) from None
