"""What may happen to a message on its way to one receiver: its states and its moves."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from reading.cases.move_table import MoveTable


class State(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    """A gateway took it."""
    FAILED = "failed"
    """It was refused for good, or tried until it was too late; a person looks."""
    SPARED = "spared"
    """Nobody needs it any longer, and it did not go out."""
    GIVEN_UP = "given_up"
    """A person looked, and it does not go out."""


class Move(StrEnum):
    SEND = "send"
    FAIL = "fail"
    SPARE = "spare"
    RETRY = "retry"
    GIVE_UP = "give_up"


MOVES: Final = MoveTable(
    {
        (State.WAITING, Move.SEND): State.SENT,
        (State.WAITING, Move.FAIL): State.FAILED,
        (State.WAITING, Move.SPARE): State.SPARED,
        (State.WAITING, Move.RETRY): State.WAITING,
        (State.WAITING, Move.GIVE_UP): State.GIVEN_UP,
        (State.FAILED, Move.RETRY): State.WAITING,
        (State.FAILED, Move.GIVE_UP): State.GIVEN_UP,
    }
)
after: Final = MOVES.after

OPEN: Final = frozenset({State.WAITING, State.FAILED})
"""The states in which something is still to be done."""
