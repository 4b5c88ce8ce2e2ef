"""The life of a request to erase: asked by one, decided by another, done by the worker; the table of its moves."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from reading.cases.move_table import MoveTable


class State(StrEnum):
    """Where a request stands."""

    ASKED = "asked"
    CONFIRMED = "confirmed"
    """A worker begins within seconds."""
    RUNNING = "running"
    """No image of it is found any more; bytes are being written out."""
    DONE = "done"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Move(StrEnum):
    """What happens to a request."""

    CONFIRM = "confirm"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    BEGIN = "begin"
    FINISH = "finish"


MOVES: Final = MoveTable(
    {
        (State.ASKED, Move.CONFIRM): State.CONFIRMED,
        (State.ASKED, Move.REFUSE): State.REFUSED,
        (State.ASKED, Move.WITHDRAW): State.WITHDRAWN,
        (State.CONFIRMED, Move.BEGIN): State.RUNNING,
        (State.RUNNING, Move.FINISH): State.DONE,
    }
)
"""What is not in it cannot happen: nothing that was confirmed is taken back, and nothing is confirmed twice."""
after: Final = MOVES.after
OPEN: Final = frozenset({State.ASKED, State.CONFIRMED, State.RUNNING})
BY_ANOTHER: Final = frozenset({Move.CONFIRM, Move.REFUSE})
"""Moves that whoever asked cannot make; taking back is theirs alone."""


def may_make(move: Move, person_id: str | None, asked_by: str | None) -> bool:
    """Whether somebody may make a move of those who decide; the operator (None) asks and confirms at once."""
    if person_id is None:
        return True
    return (person_id != asked_by) if move in BY_ANOTHER else person_id == asked_by
