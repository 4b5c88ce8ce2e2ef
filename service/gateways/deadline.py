"""One deadline for all that a call does: connecting, TLS, sending, and every piece of the answer."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress

from service.gateways.gateway import Failure, NotTaken


class Late(NotTaken):
    """It was called, and did not answer in time."""

    def __init__(self) -> None:
        super().__init__(Failure.AWAY)


class Deadline:
    """It runs from when it is made."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self._has_ended = False

    def left_seconds(self) -> float:
        """More than nothing.

        Raises:
            Late: it is over.

        """
        left = self._until - time.monotonic()
        if self._has_ended or left <= 0:
            raise Late
        return left

    @contextmanager
    def ending(self, connection: socket.socket) -> Generator[None]:
        """End a connection when time is over: whoever reads or writes there at that moment fails at once.

        A time limit of the socket would begin anew with each byte.
        """
        twin = connection.dup()  # TLS takes the socket itself away

        def end() -> None:
            self._has_ended = True
            with suppress(OSError):
                twin.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(max(0.0, self._until - time.monotonic()), end)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()
            twin.close()
