"""Whose password is hashed next: a hash takes a core and 64 MiB for a tenth of a second, and devices need both."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from reading.errors import Busy
from storage.open_transactions import outside_transaction

RETRY_AFTER: Final = timedelta(seconds=5)


class PasswordTurns:
    """One password after the other; so many may wait, and more are sent away."""

    def __init__(self, waiting: int) -> None:
        self._places = threading.BoundedSemaphore(1 + waiting)
        self._turn = threading.Lock()

    @contextmanager
    def turn(self) -> Generator[None]:
        """Wait for the turn, and have it until the block ends.

        Raises:
            Busy: too many wait already.

        """
        outside_transaction("hashing a password")
        if not self._places.acquire(blocking=False):
            raise Busy(RETRY_AFTER)
        try:
            with self._turn:
                yield
        finally:
            self._places.release()


STRANGERS: Final = PasswordTurns(waiting=8)
"""Attempts from where the account was never proved."""
KNOWN: Final = PasswordTurns(waiting=20)
"""Everybody else: strangers, however many, never take their turn. Both queues leave threads for other requests."""


def turns(*, known: bool) -> PasswordTurns:
    return KNOWN if known else STRANGERS
