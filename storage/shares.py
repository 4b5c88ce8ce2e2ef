"""Shares of a port: how much of it one caller may hold, and whose longest idle hold gives way when it is full."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from storage.errors import StorageError

Hold = TypeVar("Hold", bound=Hashable)


class NoRoom(StorageError):
    """All is held and busy: the newcomer may come again later."""


class Shares(Generic[Hold]):
    """Holds by their owner: connections by address, or associations by device. Any thread may call.

    ``idle_seconds`` says for how long a hold has been idle, None for one that is busy and never gives way. An owner
    whose own share is full, or who has as much as whoever has most, gets the room of a hold that was idle for
    ``patience_seconds``: so a crowd of one owner's does not drive out what the same owner began a moment ago.
    """

    def __init__(
        self,
        *,
        most: int,
        most_of_one: Callable[[str], int],
        idle_seconds: Callable[[Hold], float | None],
        patience_seconds: float = 0,
    ) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._idle_seconds = idle_seconds
        self._patience_seconds = patience_seconds
        self._lock = threading.Lock()
        self._by_owner: dict[str, dict[Hold, None]] = {}
        self._owner_of: dict[Hold, str] = {}

    def __len__(self) -> int:
        return len(self._owner_of)

    def all(self) -> list[Hold]:
        with self._lock:
            return list(self._owner_of)

    def enter(self, newcomer: Hold, owner: str, *, elsewhere: int = 0) -> Hold | None:
        """Give the newcomer its share; answers the hold that gives way, which is counted out already.

        ``elsewhere`` is how much other processes hold of what is shared.

        Raises:
            NoRoom: nothing that would have to give way is idle.

        """
        with self._lock:
            leaving = None
            if len(self._by_owner.get(owner, ())) >= self._most_of_one(owner):
                leaving = self._longest_idle(owner, self._patience_seconds)
                if leaving is None:
                    raise NoRoom
            elif len(self._owner_of) + elsewhere >= self._most:
                leaving = self._of_whoever_has_most(owner)
                if leaving is None:
                    raise NoRoom
            if leaving is not None:
                self._remove(leaving)
            self._owner_of[newcomer] = owner
            self._by_owner.setdefault(owner, {})[newcomer] = None
            return leaving

    def leave(self, hold: Hold) -> None:
        """Give the share back, also where it gave way already."""
        with self._lock:
            if hold in self._owner_of:
                self._remove(hold)

    def give_one(self) -> Hold | None:
        """What gives way for a caller of another process: patiently idle, of whoever has most."""
        with self._lock:
            leaving = self._of_whoever_has_most("")
            if leaving is not None and (self._idle_seconds(leaving) or 0) < self._patience_seconds:
                return None
            if leaving is not None:
                self._remove(leaving)
            return leaving

    def _of_whoever_has_most(self, newcomer: str) -> Hold | None:
        own = len(self._by_owner.get(newcomer, ()))
        for owner in sorted(self._by_owner, key=lambda one: -len(self._by_owner[one])):
            has = len(self._by_owner[owner])
            if has < own:
                break
            found = self._longest_idle(owner, 0 if has > own + 1 else self._patience_seconds)
            if found is not None:
                return found
        return None

    def _longest_idle(self, owner: str, least: float) -> Hold | None:
        longest, found = least, None
        for hold in self._by_owner.get(owner, ()):
            idle = self._idle_seconds(hold)
            if idle is not None and idle >= longest:
                longest, found = idle, hold
        return found

    def _remove(self, hold: Hold) -> None:
        owner = self._owner_of.pop(hold)
        held = self._by_owner[owner]
        del held[hold]
        if not held:
            del self._by_owner[owner]
