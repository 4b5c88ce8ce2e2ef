"""What may happen to a question before an examination: its states and its moves."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from reading.cases.move_table import MoveTable


class State(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    """With the protocol by which the examination is to be made."""
    REFUSED = "refused"
    """With the reason, or what to do instead. The order stands: the site decides."""
    WITHDRAWN = "withdrawn"
    CORRECTED = "corrected"
    """Answered, and answered anew by whoever answered it: a row of its own, beside which this one stays as it was."""


class Move(StrEnum):
    ACCEPT = "accept"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    CORRECT = "correct"


MOVES: Final = MoveTable(
    {
        (State.OPEN, Move.ACCEPT): State.ACCEPTED,
        (State.OPEN, Move.REFUSE): State.REFUSED,
        (State.OPEN, Move.WITHDRAW): State.WITHDRAWN,
        (State.ACCEPTED, Move.CORRECT): State.CORRECTED,
        (State.REFUSED, Move.CORRECT): State.CORRECTED,
    }
)
after: Final = MOVES.after
