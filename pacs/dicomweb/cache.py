"""A cache in memory of bounded size, which drops the least recently used entry."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Cache(Generic[T]):
    """``size_of`` answers the bytes of an entry; entries larger than a quarter of ``max_bytes`` are not kept."""

    def __init__(self, max_bytes: int, size_of: Callable[[T], int]) -> None:
        self._max_bytes = max_bytes
        self._size_of = size_of
        self._entries: OrderedDict[Hashable, T] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The entry, made where it is missing; two callers at once may both make it, which costs only time."""
        with self._lock:
            if key in self._entries:
                self._entries.move_to_end(key)
                return self._entries[key]
        made = make()
        size = self._size_of(made)
        with self._lock:
            if key not in self._entries and size <= self._max_bytes // 4:
                self._entries[key] = made
                self._bytes += size
                while self._bytes > self._max_bytes:
                    _, gone = self._entries.popitem(last=False)
                    self._bytes -= self._size_of(gone)
        return made
