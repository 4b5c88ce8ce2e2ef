"""What may happen to a follow-up: its states and its moves."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from reading.cases.move_table import MoveTable


class State(StrEnum):
    """Of those that are closed, the word is the outcome."""

    OPEN = "open"
    HELD = "held"
    """A reader has taken it; somebody else may take it once their time is over."""
    ADDENDUM = "addendum"
    """A version with other words was released."""
    NO_CHANGE = "no_change"
    """A reader has looked at all images, and the words stand."""
    VOID = "void"
    """The case was entered in error."""


class Move(StrEnum):
    CLAIM = "claim"
    PUT_BACK = "put_back"
    CONFIRM = "confirm"
    """Its holder says that the report stands as it is."""
    RELEASE_SAME = "release_same"
    """A version with the same words is released that was read from all images."""
    RELEASE_OTHER = "release_other"
    """A version with other words is released that was read from all images."""
    ENTER_IN_ERROR = "enter_in_error"


UNANSWERED: Final = frozenset({State.OPEN, State.HELD})
"""The states in which the case waits for a reader's word; `follow_ups.unanswered` is their SQL."""

CLOSED: Final = frozenset(State) - UNANSWERED

MOVES: Final = MoveTable(
    {
        (State.OPEN, Move.CLAIM): State.HELD,
        (State.HELD, Move.CLAIM): State.HELD,
        (State.HELD, Move.PUT_BACK): State.OPEN,
        (State.HELD, Move.CONFIRM): State.NO_CHANGE,
        **{(state, Move.RELEASE_SAME): State.NO_CHANGE for state in UNANSWERED},
        **{(state, Move.RELEASE_OTHER): State.ADDENDUM for state in UNANSWERED},
        **{(state, Move.ENTER_IN_ERROR): State.VOID for state in UNANSWERED},
    }
)
after: Final = MOVES.after
