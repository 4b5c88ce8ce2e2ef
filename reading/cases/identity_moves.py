"""Whether the images of a case are its person's: what comparing them says, and what may become of the question."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from reading.cases.move_table import MoveTable


class Identity(StrEnum):
    """What comparing name, sex and birth date of the images with the registered person says of a case."""

    UNCHECKED = "unchecked"
    """Nobody has compared them yet."""
    SILENT = "silent"
    """Nothing contradicts, and no name agrees; or nobody knows yet whose the case is."""
    AGREES = "agrees"
    DIFFERS = "differs"
    """It is held: as if nobody were linked, until a person decides."""
    CONFIRMED = "confirmed"
    """A person decided that it is one person all the same."""


OPEN_TO_THE_PATIENT: Final = frozenset({Identity.AGREES, Identity.CONFIRMED})
"""Only what is known to be a person's is shown to them: a number alone joins nothing."""


class QuestionState(StrEnum):
    """How far the question of a case whose images contradict has come."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    """One person all the same."""
    PARTED = "parted"
    """Another person: parted from the order and the patient."""
    SETTLED = "settled"
    """A correction or moved images have taken the contradiction away."""


class QuestionMove(StrEnum):
    ASK = "ask"
    """The images contradict (again)."""
    CONFIRM = "confirm"
    PART = "part"
    SETTLE = "settle"
    RESUME = "resume"
    """What was confirmed is again as it was when somebody saw it: what had changed was taken back."""
    UNDO = "undo"
    """The decision before is taken back."""


MOVES: Final = MoveTable(
    {
        (QuestionState.OPEN, QuestionMove.ASK): QuestionState.OPEN,
        (QuestionState.OPEN, QuestionMove.CONFIRM): QuestionState.CONFIRMED,
        (QuestionState.OPEN, QuestionMove.RESUME): QuestionState.CONFIRMED,
        (QuestionState.OPEN, QuestionMove.PART): QuestionState.PARTED,
        (QuestionState.OPEN, QuestionMove.SETTLE): QuestionState.SETTLED,
        (QuestionState.CONFIRMED, QuestionMove.PART): QuestionState.PARTED,
        (QuestionState.CONFIRMED, QuestionMove.ASK): QuestionState.OPEN,
        (QuestionState.PARTED, QuestionMove.ASK): QuestionState.OPEN,
        (QuestionState.SETTLED, QuestionMove.ASK): QuestionState.OPEN,
        (QuestionState.CONFIRMED, QuestionMove.UNDO): QuestionState.OPEN,
        (QuestionState.PARTED, QuestionMove.UNDO): QuestionState.OPEN,
    }
)
after: Final = MOVES.after

CONFIRMABLE: Final = frozenset({QuestionState.OPEN, QuestionState.CONFIRMED})
"""What was confirmed counts, also while the system asks again because something has changed."""
DECIDED: Final = frozenset({QuestionState.CONFIRMED, QuestionState.PARTED})
"""A person has decided, and may take it back."""
