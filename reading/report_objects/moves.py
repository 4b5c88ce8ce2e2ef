"""What may happen to the DICOM object of a version: its states and its moves."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from reading.cases.move_table import MoveTable


class State(StrEnum):
    WAITING = "waiting"
    """The version is final; the worker makes the object."""
    STORED = "stored"
    """It lies in the study. Whether it is seen follows the version (`reading.report_objects.standing`)."""
    LEFT_OUT = "left_out"
    """The version ceased to be final, or the images were erased, before it was made."""


class Move(StrEnum):
    STORE = "store"
    LEAVE_OUT = "leave_out"
    NEED = "need"
    """The version is final again."""


# Two workers may have the same object, where one of them was slower than its hold: what lies in the study stays stored.
MOVES: Final = MoveTable(
    {
        (State.WAITING, Move.STORE): State.STORED,
        (State.WAITING, Move.LEAVE_OUT): State.LEFT_OUT,
        (State.WAITING, Move.NEED): State.WAITING,
        (State.LEFT_OUT, Move.STORE): State.STORED,
        (State.LEFT_OUT, Move.LEAVE_OUT): State.LEFT_OUT,
        (State.LEFT_OUT, Move.NEED): State.WAITING,
        (State.STORED, Move.STORE): State.STORED,
        (State.STORED, Move.LEAVE_OUT): State.STORED,
        (State.STORED, Move.NEED): State.STORED,
    }
)
after: Final = MOVES.after
