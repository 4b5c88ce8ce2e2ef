"""Reads an association's socket in large pieces through one buffer; plain and TLS sockets alike."""

from __future__ import annotations

import socket

_CAPACITY = 256 * 1024


class HungUp(ConnectionError):
    """The peer closed the connection in the middle of something."""


class Wire:
    """A buffered reader. What it returns as a memoryview is valid until the next call."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._view = memoryview(bytearray(_CAPACITY))
        self._low = 0
        self._high = 0

    @property
    def pending(self) -> int:
        """Bytes that were read from the socket and not asked for yet."""
        return self._high - self._low

    def exactly(self, count: int) -> bytes:
        """The next ``count`` bytes.

        Raises:
            HungUp: fewer come.
            TimeoutError: none come for the time that the socket allows.

        """
        if self._high - self._low >= count:
            low = self._low
            self._low += count
            return bytes(self._view[low : self._low])
        parts = bytearray()
        while len(parts) < count:
            parts += self.some(count - len(parts))
        return bytes(parts)

    def some(self, limit: int) -> memoryview:
        """Between 1 and ``limit`` of the next bytes, as many as are here by now.

        Raises:
            HungUp, TimeoutError: as `exactly`.

        """
        if self._low == self._high:
            self._low = 0
            self._high = self._sock.recv_into(self._view)
            if not self._high:
                raise HungUp
        low = self._low
        self._low = min(self._high, low + limit)
        return self._view[low : self._low]
