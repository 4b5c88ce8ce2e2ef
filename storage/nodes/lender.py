"""Serves ranges of this node's spool over HTTP to the other nodes of the installation, which prove it by a token."""

from __future__ import annotations

import hmac
import os
import re
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from storage.nodes.other_nodes import TIME_HEADER, TOKEN_HEADER, token
from storage.segments.segment_rows import segment_key

_PATH: Final = re.compile(r"/segments/([0-7][0-9A-HJKMNP-TV-Z]{25})\?offset=([0-9]{1,15})&length=([0-9]{1,15})")
_VALID_SECONDS: Final = 60
"""A token is valid so long; clocks of nodes may differ by as much."""
_IDLE_SECONDS: Final = 30


class Lender:
    """Serves until it is closed; the port is taken when it is made.

    Raises:
        OSError: the port is taken, or not ours to take.

    """

    def __init__(self, spool_dir: Path, key: bytes, address: tuple[str, int]) -> None:
        self._server = _Server(address, _Answer)
        self._server.spool_dir = spool_dir
        self._server.key = key
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.2,), name="lending", daemon=True)
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
    spool_dir: Path
    key: bytes

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log nothing: a node that hangs up reads the bytes elsewhere."""


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS

    @property
    def _lender(self) -> _Server:
        assert isinstance(self.server, _Server)  # noqa: S101 # which made it
        return self.server

    def do_GET(self) -> None:  # as the library calls it
        asked = _PATH.fullmatch(self.path)
        if not self._is_one_of_us():
            self._refuse(HTTPStatus.UNAUTHORIZED)
            return
        if asked is None:
            self._refuse(HTTPStatus.NOT_FOUND)
            return
        offset, length = int(asked[2]), int(asked[3])
        try:
            fd = os.open(self._lender.spool_dir / segment_key(asked[1]), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            self._refuse(HTTPStatus.NOT_FOUND)
            return
        try:
            if offset + length > os.fstat(fd).st_size:
                self._refuse(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
                return
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", "application/octet-stream")
            self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.flush()
            while length:
                sent = os.sendfile(self.connection.fileno(), fd, offset, length)
                if not sent:
                    raise EOFError
                offset += sent
                length -= sent
        finally:
            os.close(fd)

    def _is_one_of_us(self) -> bool:
        said, at = self.headers.get(TOKEN_HEADER, ""), self.headers.get(TIME_HEADER, "")
        if not at.isascii() or not at.isdigit() or len(at) > 12 or abs(time.time() - int(at)) > _VALID_SECONDS:
            return False
        right = token(self._lender.key, self.path, int(at))
        return hmac.compare_digest(said.encode("latin-1", "replace"), right.encode())

    def _refuse(self, status: HTTPStatus) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 # as the library calls it
        """Log nothing: these are no requests of people."""
