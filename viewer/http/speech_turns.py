"""Whose recording is written down now: each holds a thread of this process until its words are here."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

from viewer.http.errors import SpeechBusy, Unheard

AT_ONCE: Final = 8
"""Of the forty threads that answer everybody else."""


class SpeechTurns:
    """One recording of each person, and so many of all; nobody waits for a turn."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._at_once = at_once
        self._lock = threading.Lock()
        self._people = set[str]()

    @contextmanager
    def turn(self, person_id: str) -> Generator[None]:
        """Have a turn until the block ends.

        Raises:
            SpeechBusy: theirs is being written down, or that of too many others.

        """
        with self._lock:
            if person_id in self._people:
                raise SpeechBusy(Unheard.STILL)
            if len(self._people) >= self._at_once:
                raise SpeechBusy(Unheard.BUSY)
            self._people.add(person_id)
        try:
            yield
        finally:
            with self._lock:
                self._people.discard(person_id)
