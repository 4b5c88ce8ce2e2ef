"""The life of a claim that two records are one person's: proposed, decided, taken back."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class MergeState(StrEnum):
    PROPOSED = "proposed"
    MERGED = "merged"
    DECLINED = "declined"
    UNDONE = "undone"


class Move(StrEnum):
    PROPOSE = "propose"
    MERGE = "merge"
    DECLINE = "decline"
    UNDO = "undo"


MOVES: Final[Mapping[tuple[MergeState | None, Move], MergeState]] = {
    (None, Move.PROPOSE): MergeState.PROPOSED,
    (MergeState.PROPOSED, Move.MERGE): MergeState.MERGED,
    (MergeState.PROPOSED, Move.DECLINE): MergeState.DECLINED,
    (MergeState.MERGED, Move.UNDO): MergeState.UNDONE,
}
"""What is not in it cannot happen; two records of one person are proposed anew after they were parted."""
STANDING: Final = frozenset({MergeState.PROPOSED, MergeState.MERGED})
"""Claims that nobody took back."""


def after(state: MergeState | None, move: Move) -> MergeState | None:
    """The state after a move, None where there is no such move."""
    return MOVES.get((state, move))
