"""A table of moves: from which state each one leads to which; what it does not have cannot happen."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from reading.errors import MoveNotAllowed

S = TypeVar("S", bound=StrEnum)
M = TypeVar("M", bound=StrEnum)


class MoveTable(dict[tuple[S, M], S]):
    """State and move lead to a state."""

    def after(self, state: S, move: M) -> S:
        """The state that a move leads to.

        Raises:
            MoveNotAllowed: the table does not have it.

        """
        if (state, move) not in self:
            raise MoveNotAllowed(state, move)
        return self[state, move]
