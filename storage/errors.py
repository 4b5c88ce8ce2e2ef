"""The base of storage's errors, and those that several rooms raise."""

from __future__ import annotations


class StorageError(Exception):
    """The base of every error of this package; each class names the remedy."""


class Overtaken(StorageError):
    """The rows have changed since they were looked at, and nothing has happened: look again."""


class MoveNotAllowed(StorageError):
    """The table of moves has no such move from this state; ``state`` is None where nothing is known yet."""

    def __init__(self, state: str | None, move: str) -> None:
        super().__init__(state, move)
        self.state = state
        self.move = move
