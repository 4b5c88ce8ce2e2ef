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


class Move(StrEnum):
    ACCEPT = "accept"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


MOVES: Final = MoveTable(
    {
        (State.OPEN, Move.ACCEPT): State.ACCEPTED,
        (State.OPEN, Move.REFUSE): State.REFUSED,
        (State.OPEN, Move.WITHDRAW): State.WITHDRAWN,
    }
)
after: Final = MOVES.after
