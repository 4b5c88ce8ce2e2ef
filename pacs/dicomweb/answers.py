"""HTTP responses with validators, byte ranges and caching rules (RFC 9110, RFC 9111)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Final

from starlette.concurrency import iterate_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from storage.files import Pieces

REVALIDATE: Final = "private, no-cache"
SHIFT_SECONDS: Final = 12 * 60 * 60
IMMUTABLE: Final = f"private, max-age={SHIFT_SECONDS}, immutable"
"""Caching of a resource whose address holds its digest: for a shift, or until signing out clears it."""
VARY: Final = "Accept, Cookie"
PIECES: Final = "tierread.response.pieces"
"""Extension of ASGI: a message with ``pieces``, an iterator of `Piece`, which the server sends one after the other."""

Piece = bytes | Pieces
"""Bytes, or a range of a file that need not be read to be sent."""


def etag(*parts: str | bytes | int) -> str:
    """A strong validator (ETag) of a body that depends on these parts alone."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part if isinstance(part, bytes) else str(part).encode())
        digest.update(b"\0")
    return f'"{digest.hexdigest()[:32]}"'


class PiecesResponse(Response):
    """A body in pieces, of which ``size`` is the length where it is known.

    Where the server offers `PIECES`, ranges of files go from the disk to the network by the kernel alone.
    """

    def __init__(self, pieces: Iterator[Piece], size: int | None, headers: dict[str, str]) -> None:
        super().__init__(headers=headers)
        del self.headers["content-length"]
        if size is not None:
            self.headers["content-length"] = str(size)
        self._pieces = pieces
        self._size = size

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        if self._size is not None and PIECES in scope.get("extensions", {}):
            await send({"type": PIECES, "pieces": self._pieces})
        else:
            async for piece in iterate_in_threadpool(gathered(self._pieces)):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def gathered(pieces: Iterable[Piece], least: int = 1 << 20) -> Iterator[bytes]:
    """The same bytes in pieces of at least ``least``: each one sent costs a change of threads, however small it is."""
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        for read in (piece,) if isinstance(piece, bytes) else piece:
            held.append(read)
            size += len(read)
            if size >= least:
                yield b"".join(held)
                held, size = [], 0
    if held:
        yield b"".join(held)


def caching_of(request: Request, digest: bytes) -> str:
    """For a shift where the address names the digest of what is stored (``?digest=``), else asked about each time."""
    return IMMUTABLE if request.query_params.get("digest") == digest.hex() else REVALIDATE


def not_modified(request: Request, tag: str, caching: str = REVALIDATE) -> Response | None:
    """304 where If-None-Match names the current validator (RFC 9110 13.1.2), else None."""
    asked = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    if tag not in asked and asked != ["*"]:
        return None
    return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers(tag, caching))


def headers(tag: str, caching: str = REVALIDATE) -> dict[str, str]:
    return {"ETag": tag, "Cache-Control": caching, "Vary": VARY, "X-Content-Type-Options": "nosniff"}


def whole_or_range(request: Request, body: bytes, media: str, tag: str, caching: str = REVALIDATE) -> Response:
    """The body, or its byte range where Range names a single one (RFC 9110 14)."""
    fields = headers(tag, caching) | {"Accept-Ranges": "bytes", "Content-Type": media}
    asked = request.headers.get("range")
    if asked is None or request.headers.get("if-range", tag) != tag:
        return Response(body, headers=fields)
    match _range(asked, len(body)):
        case None:
            return Response(body, headers=fields)
        case (start, end) if start < end:
            fields["Content-Range"] = f"bytes {start}-{end - 1}/{len(body)}"
            return Response(body[start:end], status_code=HTTPStatus.PARTIAL_CONTENT, headers=fields)
        case _:
            fields["Content-Range"] = f"bytes */{len(body)}"
            return Response(status_code=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=fields)


def warning_headers(response: Response, warnings: Iterable[str]) -> None:
    for warning in warnings:
        response.headers.append("Warning", warning)


def _range(asked: str, size: int) -> tuple[int, int] | None:
    """The half-open byte range; empty where it lies outside the body; None where Range is not a single byte range."""
    found = re.fullmatch(r"bytes=(\d{0,18})-(\d{0,18})", asked.replace(" ", ""), re.ASCII)
    if found is None or found[0] == "bytes=-":
        return None
    first, last = found[1], found[2]
    if not first:
        return max(0, size - int(last)), size
    end = min(size, int(last) + 1) if last else size
    if last and int(last) < int(first):
        return None
    return int(first), max(int(first), end) if int(first) < size else int(first)
