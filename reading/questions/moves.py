"""What may happen to a question about a case: its states and its moves."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from reading.errors import MoveNotAllowed


class State(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


class Move(StrEnum):
    ANSWER = "answer"
    WITHDRAW = "withdraw"


MOVES: Final[dict[tuple[State, Move], State]] = {
    (State.OPEN, Move.ANSWER): State.ANSWERED,
    (State.OPEN, Move.WITHDRAW): State.WITHDRAWN,
}


def after(state: State, move: Move) -> State:
    """The state that a move leads to.

    Raises:
        MoveNotAllowed: the table does not have it.

    """
    try:
        return MOVES[state, move]
    except KeyError:
        raise MoveNotAllowed(state, move) from None
