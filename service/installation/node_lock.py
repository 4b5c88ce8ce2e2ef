"""A lock for work that one process of a node does at a time, whichever that is."""

from __future__ import annotations

import fcntl
import os
import time

from service.installation.installation import Folders


class Claim:
    """The lock ``what`` of this data folder, taken when it is free and then held until the process ends.

    It waits ``after_seconds`` before it asks, so that a process that is made for this work comes first.
    """

    def __init__(self, folders: Folders, what: str, *, after_seconds: float = 0) -> None:
        self._path = folders.run / f"{what}.lock"
        self._not_before = time.monotonic() + after_seconds
        self._fd: int | None = None

    def held(self) -> bool:
        """Whether this process holds the lock; tries to take it while it does not."""
        if self._fd is not None:
            return True
        if time.monotonic() < self._not_before:
            return False
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return False
        self._fd = fd
        return True

    def release(self) -> None:
        if self._fd is not None:
            fd, self._fd = self._fd, None
            os.close(fd)
