"""What may be decided about each kind of concern: the table of moves."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from reading.quality.kinds import GROUP_OF, GROUPS, Group, Kind


class Move(StrEnum):
    KEEP = "keep"
    """The stored image stays; the newcomer stays in quarantine."""
    SHOW = "show"
    """The newcomer is shown instead; the image that was shown is kept."""
    ADMIT = "admit"
    """The newcomer belongs to the study that it names after all."""
    DISMISS = "dismiss"
    """The bytes are not needed."""
    AGAIN = "again"
    """The bytes are received once more, since the program has learnt to read them."""
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
"""What may be decided about each kind; storage says besides whether the bytes allow it."""
KEPT_OUT: Final = frozenset({Move.KEEP, Move.DISMISS})
SHOWS: Final = frozenset({Move.SHOW, Move.ADMIT})
"""Moves that change what is shown."""
FOR_GOOD: Final = frozenset({Move.AGAIN})
"""Cannot be taken back: what was received again is an image like any other, and is hidden on its case."""
