"""Sends a response's pieces into its socket, ranges of files by sendfile; never waits for the caller."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from enum import Enum
from typing import Final

from storage.files import Pieces

_GONE: Final = frozenset(
    {
        errno.EPIPE,
        errno.ECONNRESET,
        errno.ECONNABORTED,
        errno.ENOTCONN,
        errno.ETIMEDOUT,
        errno.EHOSTUNREACH,
        errno.ENETUNREACH,
        errno.ENETDOWN,
    }
)
"""How a socket says that nobody is there any longer; no file says so."""
_BURST_BYTES: Final = 32 << 20
"""Most bytes of one call, after which others have the thread."""


class After(Enum):
    """What is to be done after a burst."""

    ANOTHER = "another"
    WAIT = "wait"
    """The socket is full: the caller has to take some of it first."""
    END = "end"
    GONE = "gone"
    """The connection is broken."""


class PieceSender:
    """Sends pieces into a socket that does not block."""

    def __init__(self, pieces: Iterator[bytes | Pieces], into: socket.socket) -> None:
        self._pieces = pieces
        self._into = into
        self._now: memoryview | Pieces | None = None
        self.sent = 0
        """Bytes."""

    def burst(self) -> After:
        """Send until the socket is full; reading a file or finding the next piece may wait for a disk.

        Raises:
            EOFError: a file ends before its range; and whatever the pieces raise.

        """
        until = self.sent + _BURST_BYTES
        try:
            while self.sent < until:
                if self._now is None:
                    piece = next(self._pieces, None)
                    if piece is None:
                        return After.END
                    self._now = memoryview(piece) if isinstance(piece, bytes) else piece
                self._send(self._now)
        except BlockingIOError:
            return After.WAIT
        except OSError as error:
            if error.errno in _GONE:
                return After.GONE
            raise  # a file's
        return After.ANOTHER

    def close(self) -> None:
        """Give up what was not sent."""
        if isinstance(self._now, Pieces):
            self._now.close()

    def _send(self, piece: memoryview | Pieces) -> None:
        if isinstance(piece, Pieces):
            sent = piece.send(self._into.fileno(), _BURST_BYTES)
            self._now = piece if sent else None
        else:
            sent = self._into.send(piece) if piece else 0
            self._now = piece[sent:] if sent < len(piece) else None
        self.sent += sent
