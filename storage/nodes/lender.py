"""Serves ranges of this node's spool over HTTP to the other nodes of the installation, each request proved once."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from storage.nodes.request_proof import Proofs
from storage.segments.segment_rows import segment_key
from storage.shares import NoRoom, Shares

_PATH: Final = re.compile(r"/segments/([0-7][0-9A-HJKMNP-TV-Z]{25})\?offset=([0-9]{1,15})&length=([0-9]{1,15})")
_REQUEST_SECONDS: Final = 5.0
"""The head of a connection's first request must have arrived within this time."""
_IDLE_SECONDS: Final = 30.0
"""Between requests, the next one's head included; and within an answer that nobody reads."""
_MOST: Final = 64
"""Connections at once: each holds a thread."""
_MOST_OF_ONE: Final = 32
"""Of one address; the longest idle one gives way."""
_TURN_SECONDS: Final = 0.2


class Lender:
    """Serves until it is closed, as the node ``name``; the port is taken when it is made.

    Raises:
        OSError: the port is taken, or not ours to take.

    """

    def __init__(self, spool_dir: Path, key: bytes, name: str, address: tuple[str, int]) -> None:
        self._server = _Server(address, _Answer)
        self._server.spool_dir = spool_dir
        self._server.proofs = Proofs(key, name, time.time())
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_TURN_SECONDS,), name="lending", daemon=True
        )
        self._thread.start()

    @property
    def address(self) -> tuple[str, int]:
        return self._server.server_address[0], self._server.server_address[1]  # type: ignore[return-value]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    spool_dir: Path
    proofs: Proofs

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._waits: dict[socket.socket, tuple[float, float]] = {}
        """Connections that owe us a request: since when, and until when we wait."""
        self._shares = Shares[socket.socket](
            most=_MOST, most_of_one=lambda _address: _MOST_OF_ONE, idle_seconds=self._idle_seconds
        )
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.await_request(request, _REQUEST_SECONDS)
        try:
            leaving = self._shares.enter(request, str(client_address[0]))
        except NoRoom:
            self.shutdown_request(request)
            return
        if leaving is not None:
            _cut(leaving)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._shares.leave(request)
        self._waits.pop(request, None)
        super().shutdown_request(request)

    def service_actions(self) -> None:
        """End the connections whose request has not come in time."""
        now = time.monotonic()
        for connection, (_, until) in list(self._waits.items()):
            if now > until:
                _cut(connection)

    def await_request(self, connection: socket.socket, seconds: float) -> None:
        now = time.monotonic()
        self._waits[connection] = (now, now + seconds)

    def begin_answer(self, connection: socket.socket) -> None:
        self._waits.pop(connection, None)

    def _idle_seconds(self, connection: socket.socket) -> float | None:
        since, _ = self._waits.get(connection, (None, None))
        return None if since is None else time.monotonic() - since

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log nothing: a node that hangs up reads the bytes elsewhere."""


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    # The head leaves before the range, which would wait for the other node to acknowledge it: 44 ms a range, not 0.2.
    disable_nagle_algorithm = True

    @property
    def _lender(self) -> _Server:
        assert isinstance(self.server, _Server)  # noqa: S101 # which made it
        return self.server

    def do_GET(self) -> None:  # as the library calls it
        self._lender.begin_answer(self.connection)
        try:
            self._lend()
        finally:
            self._lender.await_request(self.connection, _IDLE_SECONDS)

    def _lend(self) -> None:
        asked = _PATH.fullmatch(self.path)
        if not self._lender.proofs.holds(self.headers, "GET", self.path, time.time()):
            self._refuse(HTTPStatus.UNAUTHORIZED)
            return
        if asked is None:
            self._refuse(HTTPStatus.NOT_FOUND)
            return
        offset, length = int(asked[2]), int(asked[3])
        try:
            segment = (self._lender.spool_dir / segment_key(asked[1])).open("rb")
        except FileNotFoundError:
            self._refuse(HTTPStatus.NOT_FOUND)
            return
        with segment:
            if offset + length > os.fstat(segment.fileno()).st_size:
                self._refuse(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
                return
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", "application/octet-stream")
            self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.flush()
            if length and self.connection.sendfile(segment, offset, length) < length:
                raise EOFError

    def _refuse(self, status: HTTPStatus) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 # as the library calls it
        """Log nothing: these are no requests of people."""


def _cut(connection: socket.socket) -> None:
    """End a connection, whose thread then ends; it may have ended meanwhile."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
