"""What may happen to a segment: its states and its moves."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from storage.errors import MoveNotAllowed


class SegmentState(StrEnum):
    OPEN = "open"
    """Instances are appended to it in the spool of one node."""
    SEALED = "sealed"
    """Complete, and still in the spool of one node only."""
    WRITING = "writing"
    """Members of other segments are being written into it; no row leads to it yet."""
    STORED = "stored"
    """The object store has it."""
    RETIRED = "retired"
    """Replaced by another segment, or given up. Its object is deleted at ``delete_at``: requests may still read it."""
    GONE = "gone"
    """Deleted, or never had an instance."""


class SegmentMove(StrEnum):
    OPEN = "open"
    """A node begins a segment for a study."""
    SEAL = "seal"
    """Nothing more is appended: the segment has its manifest."""
    DISCARD = "discard"
    """The segment has no instance, and its file is removed."""
    REWRITE = "rewrite"
    """A segment is begun that replaces others."""
    STORE = "store"
    """Its object was put and read back."""
    FIND_STORED = "find_stored"
    """Rebuilding finds its object in the store, whatever the row says."""
    REPLACE = "replace"
    """The rows lead to another segment from now on."""
    FIND_REPLACED = "find_replaced"
    """Rebuilding finds another segment that replaces it, whatever the row says."""
    GIVE_UP = "give_up"
    """No row will ever lead to what was being written."""
    DELETE = "delete"
    """Its object was deleted."""


MOVES: Final[dict[tuple[SegmentState | None, SegmentMove], SegmentState]] = {
    (None, SegmentMove.OPEN): SegmentState.OPEN,
    (None, SegmentMove.REWRITE): SegmentState.WRITING,
    (SegmentState.OPEN, SegmentMove.SEAL): SegmentState.SEALED,
    (SegmentState.OPEN, SegmentMove.DISCARD): SegmentState.GONE,
    (SegmentState.SEALED, SegmentMove.STORE): SegmentState.STORED,
    (SegmentState.WRITING, SegmentMove.STORE): SegmentState.STORED,
    (SegmentState.WRITING, SegmentMove.GIVE_UP): SegmentState.RETIRED,
    (SegmentState.STORED, SegmentMove.REPLACE): SegmentState.RETIRED,
    (SegmentState.RETIRED, SegmentMove.DELETE): SegmentState.GONE,
    # The row was lost with the database, or is older than the file or the object that is found.
    (None, SegmentMove.SEAL): SegmentState.SEALED,
    (None, SegmentMove.DISCARD): SegmentState.GONE,
    (None, SegmentMove.FIND_STORED): SegmentState.STORED,
    (SegmentState.OPEN, SegmentMove.FIND_STORED): SegmentState.STORED,
    (SegmentState.SEALED, SegmentMove.FIND_STORED): SegmentState.STORED,
    (SegmentState.WRITING, SegmentMove.FIND_STORED): SegmentState.STORED,
    (None, SegmentMove.FIND_REPLACED): SegmentState.RETIRED,
    (SegmentState.OPEN, SegmentMove.FIND_REPLACED): SegmentState.RETIRED,
    (SegmentState.SEALED, SegmentMove.FIND_REPLACED): SegmentState.RETIRED,
    (SegmentState.WRITING, SegmentMove.FIND_REPLACED): SegmentState.RETIRED,
    (SegmentState.STORED, SegmentMove.FIND_REPLACED): SegmentState.RETIRED,
}
"""(state, None where there is no row; move) to the state that follows. A move leads to the same state from wherever."""

UNSTORED: Final = frozenset({SegmentState.OPEN, SegmentState.SEALED})
"""In the spool of one node, and nowhere else."""

NOT_YET_STORED: Final = UNSTORED | {SegmentState.WRITING}

READABLE: Final = UNSTORED | {SegmentState.STORED}
"""Rows may lead there: in the other states nothing leads to the segment, yet or any more."""

ENDED: Final = frozenset({SegmentState.RETIRED, SegmentState.GONE})
"""Replaced or given up."""

SOURCES: Final[dict[SegmentMove, frozenset[SegmentState]]] = {
    move: frozenset(state for state, made in MOVES if made is move and state is not None) for move in SegmentMove
}
"""The states from which a move can be made in a row that exists."""

TARGET: Final[dict[SegmentMove, SegmentState]] = {move: state for (_, move), state in MOVES.items()}


def after(state: SegmentState | None, move: SegmentMove) -> SegmentState:
    """The state that a move leads to.

    Raises:
        MoveNotAllowed: the table does not have it.

    """
    try:
        return MOVES[state, move]
    except KeyError:
        raise MoveNotAllowed(state, move) from None
