"""The memory that decoding pixels may take: a share for each request, and a limit for the whole process."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from pacs.errors import AskForLess, TryAgain

DEFAULT_BYTES: Final = 768 << 20
MOST_BODY_BYTES: Final = 256 << 20
"""Longest body that is answered from memory, such as several frames; whole instances are streamed."""
WAIT_SECONDS: Final = 20.0
MOST_WAITING: Final = 8
"""Requests that may wait for memory; each holds a thread of the server, which others need."""
_LARGE_SHARE: Final = 8
"""What takes more than this part of the memory is large; large ones leave a quarter to the others."""


class TooLarge(AskForLess):
    """The pixels need more memory than one request may have."""

    reason: Final = "too large"


class Busy(TryAgain):
    """The memory for pixels is in use by other requests."""

    reason: Final = "memory in use"


class PixelMemory:
    """Counts the bytes that requests hold for pixels; whoever would exceed ``max_bytes`` waits for the others.

    A small request passes large ones that wait, so that a few huge images never stop the reading of usual ones.
    """

    def __init__(
        self, max_bytes: int = DEFAULT_BYTES, *, wait_seconds: float = WAIT_SECONDS, most_waiting: int = MOST_WAITING
    ) -> None:
        self._max_bytes = max_bytes
        self._wait_seconds = wait_seconds
        self._most_waiting = most_waiting
        self._held = 0
        self._held_by_large = 0
        self._waiting = 0
        self._changed = threading.Condition()

    @property
    def held(self) -> int:
        """Bytes that requests hold now."""
        return self._held

    @property
    def most_for_one(self) -> int:
        """Most bytes of one request."""
        return self._max_bytes - self._max_bytes // 4

    def limit(self, max_bytes: int) -> None:
        """Set the limit of this process, in bytes, before it serves requests."""
        self._max_bytes = max_bytes

    @contextmanager
    def hold(self, size: int) -> Generator[Hold]:
        """Hold ``size`` bytes inside the block; `Hold.keep` gives a part of them back before its end.

        Raises:
            TooLarge: more than one request may have.
            Busy: others hold the memory for too long, or too many wait for it.

        """
        self._take(size)
        held = Hold(self, size)
        try:
            yield held
        finally:
            self.give_back(held.size)

    def _take(self, size: int) -> None:
        with self._changed:
            if size > self.most_for_one:
                raise TooLarge
            if not self._fits(size):
                self._wait_for(size)
            self._held += size
            if self._is_large(size):
                self._held_by_large += size

    def _wait_for(self, size: int) -> None:
        if self._waiting >= self._most_waiting:
            raise Busy
        self._waiting += 1
        until = time.monotonic() + self._wait_seconds
        try:
            while not self._fits(size):
                left = until - time.monotonic()
                if left <= 0:
                    raise Busy
                self._changed.wait(left)
        finally:
            self._waiting -= 1

    def give_back(self, size: int, *, kept: int = 0) -> None:
        """End a hold of ``size`` bytes, but for ``kept`` of them."""
        with self._changed:
            self._held -= size - kept
            for change, one in ((-1, size), (1, kept)):
                if self._is_large(one):
                    self._held_by_large += change * one
            self._changed.notify_all()

    def _is_large(self, size: int) -> bool:
        return size > self._max_bytes // _LARGE_SHARE

    def _fits(self, size: int) -> bool:
        if self._is_large(size) and self._held_by_large + size > self.most_for_one:
            return False
        return self._held + size <= self._max_bytes


class Hold:
    """The bytes that one request holds."""

    def __init__(self, memory: PixelMemory, size: int) -> None:
        self._memory = memory
        self.size = size

    def keep(self, size: int) -> None:
        """Give back what exceeds ``size`` bytes."""
        if size < self.size:
            self._memory.give_back(self.size, kept=size)
            self.size = size


MEMORY: Final = PixelMemory()
"""The one of this process: its requests share its memory, whatever protocol they come by."""
