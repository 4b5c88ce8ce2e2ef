"""What may be decided about each kind of concern: the table of moves."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from reading.quality.kinds import GROUP_OF, GROUPS, Group, Kind


class Move(StrEnum):
    KEEP = "keep"
    """What is stored stays; the newcomer stays out."""
    SHOW = "show"
    """The newcomer is shown instead; what was shown is kept."""
    ADMIT = "admit"
    """It belongs to the study that it names after all."""
    DISMISS = "dismiss"
    """Nothing of it is needed."""
    AGAIN = "again"
    """Received once more, since the program has learnt to read it."""
    NOTED = "noted"
    """Somebody has seen to it."""
    UNDO = "undo"
    """The decision before is taken back."""


_OF_ANOTHER: Final = (Move.KEEP, Move.ADMIT)
_REFUSED: Final = (Move.AGAIN, Move.DISMISS)
MOVES: Final[Mapping[Kind, tuple[Move, ...]]] = {
    Kind.COMPARING: (),
    Kind.SAME_UID: (Move.KEEP, Move.SHOW),
    Kind.OTHER_PATIENT: _OF_ANOTHER,
    Kind.OTHER_ISSUER: _OF_ANOTHER,
    Kind.OTHER_SITE: _OF_ANOTHER,
    Kind.OTHER_SERIES: (Move.KEEP,),
    Kind.TORN: (Move.DISMISS,),
    Kind.DAMAGED: (Move.DISMISS,),
    **{kind: _REFUSED for kind in GROUPS[Group.UNREADABLE] if kind not in {Kind.TORN, Kind.DAMAGED}},
    **{kind: (Move.NOTED,) for kind, group in GROUP_OF.items() if group in {Group.PATIENT, Group.CLOCK}},
}
"""What may be decided about each kind; whether the bytes allow it is asked of the storage."""
KEPT_OUT: Final = frozenset({Move.KEEP, Move.DISMISS})
SHOWS: Final = frozenset({Move.SHOW, Move.ADMIT})
"""Moves that change what is shown."""
FOR_GOOD: Final = frozenset({Move.AGAIN})
"""What was received is an image like any other: it is withheld on its case, not taken back here."""
