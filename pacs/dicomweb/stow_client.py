"""Sends instances to a STOW-RS server (PS3.18 10.5), one a request; redirects are not followed."""

from __future__ import annotations

import http.client
import json
import secrets
import ssl
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from types import TracebackType
from typing import IO, Any, Final, Self
from urllib.parse import urlsplit

import structlog

from pacs.dimse.fragments import do_nothing
from pacs.dimse.storage_scu import AWAY, FAILED, SUCCESS
from pacs.errors import PeerAway
from pacs.leaving.corrections import Correction
from pacs.leaving.outgoing_file import default_syntax, outgoing_file
from pacs.pixels.memory import Busy, TooLarge
from pacs.pixels.opened import StoredInstance, Unreadable
from pacs.pixels.transcode import NotDecodable
from storage.nodes.reader import BytesMissing, HolderAway
from storage.objects.store import StoreAway
from storage.open_transactions import outside_transaction

TIMEOUT_SECONDS: Final = 60.0
MOST_ANSWER_BYTES: Final = 1 << 20
_PIECE_BYTES: Final = 256 << 10
_IN_MEMORY: Final = 32 << 20
"""Bytes of a made file that are held in memory; a longer one goes to a temporary file."""
_FAILED_SOP_SEQUENCE: Final = "00081198"

_log: Final = structlog.get_logger()


class ServerAway(PeerAway):
    """No server answers, or it answers that it cannot serve now; try again later."""


class StowTarget:
    """One connection to a server; ``meanwhile`` is called before each piece is sent."""

    def __init__(self, url: str, token: str, meanwhile: Callable[[], None] = do_nothing) -> None:
        parts = urlsplit(url)
        self._path = parts.path.rstrip("/") + "/studies"
        self._token = token
        self._meanwhile = meanwhile
        host = parts.hostname or ""
        self._connection = (
            http.client.HTTPSConnection(host, parts.port, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context())
            if parts.scheme == "https"
            else http.client.HTTPConnection(host, parts.port, timeout=TIMEOUT_SECONDS)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def send(self, opened: StoredInstance, correction: Correction | None) -> int:
        """`SUCCESS`, or why not, in the words of `pacs.dimse.storage_scu.StorageScu.send`.

        Raises:
            ServerAway: the server may or may not have stored the instance.

        """
        outside_transaction("calling a server")
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as spooled:
            try:
                pieces, size = _file(opened, correction, spooled)
            except (Unreadable, NotDecodable, TooLarge) as error:
                _log.warning("instance_not_sent", reason=error.reason)
                return FAILED
            except (HolderAway, BytesMissing, Busy) as error:
                _log.warning("instance_not_sent", reason=type(error).__name__)
                return AWAY
            return self._send(pieces, size, default_syntax(opened))

    def _send(self, pieces: Iterator[bytes], size: int, syntax: str) -> int:
        boundary = secrets.token_hex(16)
        head = (
            f"--{boundary}\r\nContent-Type: application/dicom; transfer-syntax={syntax}\r\n"
            f"Content-Length: {size}\r\n\r\n"
        ).encode()
        tail = f"\r\n--{boundary}--\r\n".encode()
        headers = {
            "Content-Type": f'multipart/related; type="application/dicom"; boundary={boundary}',
            "Content-Length": str(len(head) + size + len(tail)),
            "Accept": "application/dicom+json",
        }
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        try:
            self._connection.request("POST", self._path, body=self._body(head, pieces, tail), headers=headers)
            response = self._connection.getresponse()
            body = response.read(MOST_ANSWER_BYTES)
        except (
            HolderAway,
            BytesMissing,
            StoreAway,
        ) as error:  # a broken request, which the server drops
            self._connection.close()
            _log.error("instance_broken_off", reason=type(error).__name__)
            return AWAY
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise ServerAway from error
        return self._status(response.status, body)

    def _body(self, head: bytes, pieces: Iterator[bytes], tail: bytes) -> Iterator[bytes]:
        yield head
        for piece in pieces:
            self._meanwhile()
            yield piece
        yield tail

    def _status(self, status: int, body: bytes) -> int:
        if status in (429, 502, 503, 504):
            raise ServerAway
        if status not in (200, 202):  # redirects are refused too: their target was not approved
            self._connection.close()
            _log.warning("instance_refused", http_status=status)
            return FAILED
        try:
            answer: Any = json.loads(body or b"{}")
        except ValueError:
            return FAILED
        failed = isinstance(answer, dict) and (answer.get(_FAILED_SOP_SEQUENCE) or {}).get("Value")
        return FAILED if failed else SUCCESS


def _file(opened: StoredInstance, correction: Correction | None, spooled: IO[bytes]) -> tuple[Iterator[bytes], int]:
    """The outgoing file and its size, which the request says before it; ``spooled`` holds one that is made for it."""
    syntax = default_syntax(opened)
    if correction is None and syntax == opened.syntax:
        return opened.stream(), opened.instance.size
    for piece in outgoing_file(opened, correction, None if syntax == opened.syntax else syntax):
        spooled.write(piece)
    size = spooled.tell()
    spooled.seek(0)
    return iter(partial(spooled.read, _PIECE_BYTES), b""), size
