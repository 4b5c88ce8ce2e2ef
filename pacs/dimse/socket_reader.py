"""An association's socket, plain or TLS: read in large pieces through one buffer."""

from __future__ import annotations

import contextlib
import mmap
import queue
import select
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from pynetdicom.transport import AssociationSocket

from pacs.errors import PeerAway

if TYPE_CHECKING:
    from pynetdicom.association import Association

CLOSED: Final = "Evt17"
"""Transport connection closed, an event of the state machine (PS3.8 9.2.3)."""
_CAPACITY: Final = 1 << 20
"""Most bytes that are hashed and written in one go: a CT slice of 512 by 512 pixels lies in it whole."""
_TIMEVAL: Final = struct.Struct("ll")
_STREAM: Final = 1 << 16
"""Bytes of a read behind which more is on its way: what is acknowledged is seen to by the kernel."""
_RECORD: Final = 1 << 14
"""The same over TLS, where no read has more than one record (RFC 8446 5.1). In plain a PDU of that size may be all that
a sender could send before we acknowledge it.
"""
_QUICKACK: Final[int | None] = getattr(socket, "TCP_QUICKACK", None)
"""None where the platform has no such option."""


class ConnectionClosed(PeerAway, ConnectionError):
    """The peer closed the connection in the middle of a PDU."""


class SocketReader:
    """A buffered reader; a memoryview that it returns is valid until the next call.

    Bytes may also be gathered: each call that releases Python's lock costs some 10 µs where several associations
    receive at once, so the pieces of an instance are laid side by side in the buffer and handed over together.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        # Takes memory only once something is read into it, and gives it back in `rest`.
        self._buffer = mmap.mmap(-1, _CAPACITY, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self._view = memoryview(self._buffer)
        self._low = 0
        self._high = 0
        self._gathered = (0, 0)
        self._stream = _RECORD if isinstance(sock, ssl.SSLSocket) else _STREAM
        self._came = self._stream
        """Bytes of the last read."""
        self.take: Callable[[memoryview], None] | None = None
        """Is given the gathered bytes when the buffer has no room for more."""

    @property
    def pending(self) -> int:
        """Bytes in the buffer that were not returned yet."""
        return self._high - self._low

    def unpack(self, layout: struct.Struct) -> tuple[Any, ...]:
        """The next bytes, as the layout reads them. Raises as `exactly`."""
        low = self._low
        if self._high - low < layout.size:
            return layout.unpack(self.exactly(layout.size))
        self._low = low + layout.size
        return layout.unpack_from(self._view, low)

    def exactly(self, count: int) -> bytes:
        """The next ``count`` bytes.

        Raises:
            ConnectionClosed: fewer come.
            TimeoutError: none come for the time that the socket allows.

        """
        low = self._low
        if self._high - low >= count:
            self._low = low + count
            return bytes(self._view[low : self._low])
        parts = bytearray()
        while len(parts) < count:
            self._fill()
            low = self._low
            self._low = min(self._high, low + count - len(parts))
            parts += self._view[low : self._low]
        return bytes(parts)

    def gather(self, limit: int) -> int:
        """Add between 1 and ``limit`` of the next bytes to the gathered ones; returns how many.

        Raises:
            ConnectionClosed, TimeoutError: as `exactly`.

        """
        self._fill()
        start, end = self._gathered
        low = self._low
        self._low = min(self._high, low + limit)
        count = self._low - low
        if start == end:
            start = end = low
        elif end != low:
            self._view[end : end + count] = self._view[low : self._low]
        self._gathered = (start, end + count)
        return count

    def gathered(self) -> memoryview:
        """The gathered bytes, which are no longer gathered from now on."""
        start, end = self._gathered
        self._gathered = (0, 0)
        return self._view[start:end]

    def rest(self) -> None:
        """Give back the buffer's memory while nothing is in it."""
        if self._low == self._high and self._gathered == (0, 0):
            self._buffer.madvise(mmap.MADV_DONTNEED)

    def answer(self, data: bytes) -> None:
        """Write all of ``data`` to the socket.

        Raises:
            OSError: the connection is closed, or the peer takes nothing for the time that the socket allows.

        """
        self._sock.sendall(data)

    def _fill(self) -> None:
        """Have at least one byte in the buffer, behind the gathered ones while there is room."""
        if self._low < self._high:
            return
        if self._gathered != (0, 0) and self._high == _CAPACITY:
            piece = self.gathered()
            if self.take is not None:
                self.take(piece)
        if self._gathered == (0, 0):
            self._low = self._high = 0
        if _QUICKACK is not None and self._came < self._stream:
            # Most devices and toolkits leave Nagle's algorithm on (RFC 1122 4.2.3.4): the data set waits in the sender
            # until the command before it is acknowledged, which the kernel would put off for 40 ms.
            self._sock.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
        try:
            count = self._came = self._sock.recv_into(self._view[self._high :])
        except BlockingIOError as error:  # nothing came in the time that the kernel was to wait
            raise TimeoutError from error
        if not count:
            raise ConnectionClosed
        self._high += count


class SignallingQueue(queue.Queue[Any]):
    """A queue that sets an event when something is put into it."""

    def __init__(self, signal: threading.Event) -> None:
        super().__init__()
        self._signal = signal

    def _put(self, item: Any) -> None:
        super()._put(item)
        self._signal.set()


class BufferedSocket(AssociationSocket):
    """pynetdicom's socket, read through a `SocketReader`."""

    def __init__(self, assoc: Association, client_socket: socket.socket) -> None:
        super().__init__(assoc, client_socket=client_socket)
        self.reader = SocketReader(client_socket)

    @property
    def ready(self) -> bool:
        """Whether something can be read without waiting."""
        if self.reader.pending:
            return True
        sock = self.socket
        if sock is None or not self._is_connected:
            return False
        if sock.fileno() < 0:
            self.event_queue.put(CLOSED)
            return False
        if isinstance(sock, ssl.SSLSocket) and sock.pending():
            return True
        return bool(poller(sock.fileno()).poll(0))

    def replace(self, sock: socket.socket) -> None:
        """Continue over a TLS socket on the same connection; only before anything was read."""
        self.socket = sock
        self.reader = SocketReader(sock)

    def limit_waiting(self, seconds: float | None) -> None:
        """Let each read and each write wait so long; without TLS in the kernel, which spares a poll before each."""
        sock = self.socket
        if sock is None:
            return
        if isinstance(sock, ssl.SSLSocket) or seconds is None:
            sock.settimeout(seconds)
            return
        sock.settimeout(None)
        limit = _TIMEVAL.pack(int(seconds), int(seconds % 1 * 1e6))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)

    def hang_up(self) -> None:
        """Close the connection, if it is still open; no event follows."""
        self._shutdown_socket()

    def _shutdown_socket(self) -> None:
        # pynetdicom leaves the socket open where the peer has reset it, since shutdown() fails then.
        sock = self.socket
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()


def poller(fd: int) -> select.poll:
    """Waits for bytes; select() fails beyond 1,023 open files, which a busy node has."""
    made = select.poll()
    made.register(fd, select.POLLIN)
    return made
