"""What may happen to a discrepancy that a clinician raised: its states and moves."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from reading.cases.move_table import MoveTable
from reading.review.scores import Score


class Reason(StrEnum):
    """What disagrees with the report."""

    OPERATION = "operation"
    PATHOLOGY = "pathology"
    COURSE = "course"
    """The clinical course."""
    IMAGING = "imaging"
    """A later examination, here or elsewhere."""
    OTHER = "other"


class State(StrEnum):
    OPEN = "open"
    """It waits for a third person of the reading group."""
    CONFIRMED = "confirmed"
    """The report missed or misjudged something."""
    UNFOUNDED = "unfounded"
    """The report says what the images show."""
    WITHDRAWN = "withdrawn"
    """Whoever raised it, or their colleagues at the site, took it back."""


class Move(StrEnum):
    CONFIRM = "confirm"
    REJECT = "reject"
    WITHDRAW = "withdraw"


MOVES: Final = MoveTable(
    {
        (State.OPEN, Move.CONFIRM): State.CONFIRMED,
        (State.OPEN, Move.REJECT): State.UNFOUNDED,
        (State.OPEN, Move.WITHDRAW): State.WITHDRAWN,
    }
)
after: Final = MOVES.after

JUDGED: Final = frozenset({State.CONFIRMED, State.UNFOUNDED})
"""The states in which a third person has said what they think: the author reads it from then on."""


def move_of(score: Score) -> Move:
    """What a score says of the report: 1 agrees with it."""
    return Move.REJECT if score is Score.CONCUR else Move.CONFIRM
