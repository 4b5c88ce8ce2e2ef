"""What may happen to a dispute: its states and its moves, and who makes each."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from reading.cases.move_table import MoveTable


class Side(StrEnum):
    """For whom somebody speaks."""

    SITE = "site"
    """That asked for the reading."""
    READER = "reader"

    @property
    def other(self) -> Side:
        return Side.READER if self is Side.SITE else Side.SITE


class State(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Move(StrEnum):
    ACCEPT = "accept"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    POSTPONE = "postpone"
    """Settled in the next month: this one can be closed."""


class Remedy(StrEnum):
    """What follows from an accepted dispute."""

    LEFT_OUT = "left_out"
    """The case, or every case that is in the line now, counts no longer."""
    CORRECTED = "corrected"
    """The mistake is put right where it was made, in the examination or the price list; the statement follows."""


MOVES: Final = MoveTable(
    {
        (State.OPEN, Move.ACCEPT): State.ACCEPTED,
        (State.OPEN, Move.REJECT): State.REJECTED,
        (State.OPEN, Move.WITHDRAW): State.WITHDRAWN,
        (State.OPEN, Move.POSTPONE): State.OPEN,
    }
)
after: Final = MOVES.after
