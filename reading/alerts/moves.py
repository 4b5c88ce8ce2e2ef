"""What may happen to an alert: its states and its moves."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from reading.cases.move_table import MoveTable


class State(StrEnum):
    RAISED = "raised"
    CLIMBING = "climbing"
    """Nobody answered in time: higher levels have been notified."""
    ACKNOWLEDGED = "acknowledged"
    """Somebody at the site, or responsible for it, read the finding back; what was done with the patient is open."""
    DIFFERING = "differing"
    """It was read back otherwise than it was told, and nobody who reads answered that; what was done is open."""
    DISPOSED = "disposed"
    """The township said what was done with the patient (处置)."""
    UNCLEAR = "unclear"
    """The township said what was done; that it was read back otherwise nobody has answered, so it is not settled."""
    WITHDRAWN = "withdrawn"
    """The flag was set by mistake."""
    LIFTED = "lifted"
    """A corrected report names no critical result any longer."""
    RESET = "reset"
    """A corrected report names another class, which has an alert of its own."""


class Move(StrEnum):
    CLIMB = "climb"
    ACKNOWLEDGE = "acknowledge"
    ACKNOWLEDGE_OTHERWISE = "acknowledge_otherwise"
    """Read back in words that differ from what was told, and said to have been read back so."""
    ASK = "ask"
    """Nobody has answered the difference: somebody is told again."""
    CLARIFY = "clarify"
    """Whoever found it, or somebody for them, answered the difference."""
    REMIND = "remind"
    DISPOSE = "dispose"
    WITHDRAW = "withdraw"
    LIFT = "lift"
    RESET = "reset"
    CARRY = "carry"
    """Its images were moved to another case of the same person: it goes on there, as it stands."""


ENDS: Final = {Move.WITHDRAW: State.WITHDRAWN, Move.LIFT: State.LIFTED, Move.RESET: State.RESET}
"""The moves that take an alert back, whatever was answered, and the states that they leave."""

UNANSWERED: Final = frozenset({State.RAISED, State.CLIMBING})
"""The states in which the alert climbs and the bar shows it; `alert_rows.unanswered` is their SQL."""

DIFFERING: Final = frozenset({State.DIFFERING, State.UNCLEAR})
"""The states in which the bar of whoever found it shows that it was read back otherwise; `alert_rows.differing`."""

UNDISPOSED: Final = frozenset({State.ACKNOWLEDGED, State.DIFFERING})
"""The states in which the township is asked what was done with the patient; `alert_rows.undisposed` is their SQL."""

STANDING: Final = UNANSWERED | DIFFERING | {State.ACKNOWLEDGED, State.DISPOSED}
"""The states in which the case counts as critical; `alert_rows.standing` is their SQL."""

MOVES: Final = MoveTable(
    {
        (State.RAISED, Move.CLIMB): State.CLIMBING,
        (State.RAISED, Move.ACKNOWLEDGE): State.ACKNOWLEDGED,
        (State.RAISED, Move.ACKNOWLEDGE_OTHERWISE): State.DIFFERING,
        (State.CLIMBING, Move.CLIMB): State.CLIMBING,
        (State.CLIMBING, Move.ACKNOWLEDGE): State.ACKNOWLEDGED,
        (State.CLIMBING, Move.ACKNOWLEDGE_OTHERWISE): State.DIFFERING,
        (State.ACKNOWLEDGED, Move.REMIND): State.ACKNOWLEDGED,
        (State.ACKNOWLEDGED, Move.DISPOSE): State.DISPOSED,
        (State.DIFFERING, Move.REMIND): State.DIFFERING,
        (State.DIFFERING, Move.DISPOSE): State.UNCLEAR,
        (State.DIFFERING, Move.CLARIFY): State.ACKNOWLEDGED,
        (State.UNCLEAR, Move.CLARIFY): State.DISPOSED,
        **{(state, Move.ASK): state for state in DIFFERING},
        **{(state, Move.CARRY): state for state in STANDING},
        **{(state, move): end for state in STANDING for move, end in ENDS.items()},
    }
)
after: Final = MOVES.after
