"""Turns: how many searches and long requests a process computes at once, so that one caller's hold up nobody else."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Generator, Hashable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from pacs.errors import TryAgain

COMPUTE_SECONDS: Final = 10.0
"""Processor time that one search may take, whatever it asks; the caller has to narrow it then."""


class TooManySearches(TryAgain):
    """The caller's earlier searches are still computed."""


@dataclass(kw_only=True)
class Turns:
    """A search holds a turn while it computes, never while its answers are sent: a caller may read them slowly."""

    at_once: int = 2
    of_one: int = 1
    """Of these at most so many of one caller: there is always a turn for another."""
    waiting_of_one: int = 32
    """More than these are refused at once: a search that waits holds a thread."""
    wait_seconds: float = 30
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _computing: Counter[Hashable] = field(default_factory=Counter[Hashable])
    _waiting: Counter[Hashable] = field(default_factory=Counter[Hashable])

    @contextmanager
    def of(self, caller: Hashable) -> Generator[None]:
        """Wait for a turn and hold it.

        Raises:
            TooManySearches: there was none in time, or too many searches of this caller wait already.

        """
        self._take(caller)
        try:
            yield
        finally:
            with self._changed:
                _less(self._computing, caller)
                self._changed.notify_all()

    def _take(self, caller: Hashable) -> None:
        with self._changed:
            if self._waiting[caller] >= self.waiting_of_one:
                raise TooManySearches
            self._waiting[caller] += 1
            try:
                if not self._changed.wait_for(lambda: self._free(caller), self.wait_seconds):
                    raise TooManySearches
            finally:
                _less(self._waiting, caller)
            self._computing[caller] += 1

    def _free(self, caller: Hashable) -> bool:
        return self._computing.total() < self.at_once and self._computing[caller] < self.of_one


class Budget:
    """The processor time of one search, in the thread that computes it; waiting costs nothing."""

    def __init__(self, seconds: float = COMPUTE_SECONDS) -> None:
        self._end = time.thread_time() + seconds

    @property
    def spent(self) -> bool:
        return time.thread_time() >= self._end


def _less(counts: Counter[Hashable], caller: Hashable) -> None:
    counts[caller] -= 1
    if not counts[caller]:
        del counts[caller]
