"""What may happen to a question about a case: its states and its moves."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from reading.cases.move_table import MoveTable


class State(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


class Move(StrEnum):
    ANSWER = "answer"
    WITHDRAW = "withdraw"


MOVES: Final = MoveTable(
    {
        (State.OPEN, Move.ANSWER): State.ANSWERED,
        (State.OPEN, Move.WITHDRAW): State.WITHDRAWN,
    }
)
after: Final = MOVES.after
