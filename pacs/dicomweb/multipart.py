"""multipart/related (RFC 2387): parts to write, and a reader of a stream in bounded memory."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from pacs.errors import InvalidInput

MAX_PART_HEADER_BYTES: Final = 8 * 1024
MAX_PARTS: Final = 100_000
MAX_BOUNDARY_BYTES: Final = 70
"""RFC 2046 5.1.1."""


class BadMultipart(InvalidInput):
    """The body is not the multipart that its Content-Type announces."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, kw_only=True)
class MediaType:
    """A media type with its parameters, names in lower case: ``multipart/related; type="application/dicom"``."""

    name: str
    parameters: Mapping[str, str]


def media_type(text: str) -> MediaType:
    """Parse a Content-Type or one element of Accept (RFC 9110 8.3.1); malformed parameters are ignored."""
    pieces = split_quoted(text, ";")
    parameters: dict[str, str] = {}
    for piece in pieces[1:]:
        name, _, value = piece.partition("=")
        if name.strip():
            parameters.setdefault(name.strip().lower(), value.strip().strip('"'))
    return MediaType(name=pieces[0].strip().lower(), parameters=parameters)


def split_quoted(text: str, separator: str) -> list[str]:
    """Split at a separator that does not stand inside a quoted string."""
    pieces: list[str] = []
    quoted, start = False, 0
    for at, character in enumerate(text):
        if character == '"':
            quoted = not quoted
        elif character == separator and not quoted:
            pieces.append(text[start:at])
            start = at + 1
    return [*pieces, text[start:]]


def boundary_for(*parts: str | bytes | int) -> str:
    """A boundary that depends on the object alone, so that byte ranges of two responses fit together."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part if isinstance(part, bytes) else str(part).encode())
        digest.update(b"\0")
    return f"tierread-{digest.hexdigest()[:40]}"


def part_header(boundary: str, content_type: str, *, first: bool) -> bytes:
    start = "" if first else "\r\n"
    return f"{start}--{boundary}\r\nContent-Type: {content_type}\r\n\r\n".encode()


def closing(boundary: str) -> bytes:
    return f"\r\n--{boundary}--\r\n".encode()


def body_of(boundary: str, parts: Iterable[tuple[str, bytes]]) -> bytes:
    """A whole body in memory: (content type, content) of each part."""
    pieces: list[bytes] = []
    for content_type, content in parts:
        pieces += [part_header(boundary, content_type, first=not pieces), content]
    return b"".join([*pieces, closing(boundary)])


class Part(Protocol):
    """Takes the content of one part."""

    def write(self, chunk: memoryview) -> None: ...

    def end(self) -> None: ...

    def abandon(self) -> None: ...


class Reader:
    """Reads a multipart body in chunks of any size, and holds only as much as a delimiter is long.

    ``begin`` is called with the header fields (names in lower case) of each part.
    """

    def __init__(self, boundary: str, begin: Callable[[Mapping[str, str]], Part]) -> None:
        if not 0 < len(boundary.encode()) <= MAX_BOUNDARY_BYTES:
            raise BadMultipart("boundary")
        self._delimiter = b"\r\n--" + boundary.encode()
        self._begin = begin
        self._part: Part | None = None
        # The first delimiter may stand without a line break; with this one, all delimiters are alike.
        self._held = bytearray(b"\r\n")
        self._step = self._preamble
        self.parts = 0
        self.complete = False

    def feed(self, chunk: bytes) -> None:
        """Raises: BadMultipart."""
        self._held += chunk
        while self._step():
            pass

    def close(self) -> None:
        """The body has ended.

        Raises:
            BadMultipart: it ended before its closing delimiter; the open part is abandoned.

        """
        if not self.complete:
            self.abandon()
            raise BadMultipart("the body stops before its closing delimiter")

    def abandon(self) -> None:
        """Abandon the open part: the caller is gone."""
        part, self._part = self._part, None
        if part is not None:
            part.abandon()

    def _preamble(self) -> bool:
        at = self._held.find(self._delimiter)
        if at < 0:
            del self._held[: -len(self._delimiter)]
            return False
        del self._held[: at + len(self._delimiter)]
        self._step = self._after_delimiter
        return True

    def _after_delimiter(self) -> bool:
        if len(self._held) < 2:
            return False
        if self._held.startswith(b"--"):
            self.complete = True
            self._step = self._epilogue
            return True
        end = self._held.find(b"\r\n")
        if end < 0 and len(self._held) <= MAX_PART_HEADER_BYTES:
            return False
        if end < 0 or bytes(self._held[:end]).strip(b" \t"):
            raise BadMultipart("delimiter")
        # The line break stays: a part without header fields begins with an empty line.
        del self._held[:end]
        self._step = self._header
        return True

    def _header(self) -> bool:
        end = self._held.find(b"\r\n\r\n")
        if end < 0:
            if len(self._held) > MAX_PART_HEADER_BYTES:
                raise BadMultipart("part header")
            return False
        fields: dict[str, str] = {}
        for line in bytes(self._held[:end]).decode("latin-1").split("\r\n"):
            name, colon, value = line.partition(":")
            if colon:
                fields[name.strip().lower()] = value.strip()
        del self._held[: end + 4]
        self.parts += 1
        if self.parts > MAX_PARTS:
            raise BadMultipart("too many parts")
        self._part = self._begin(fields)
        self._step = self._content
        return True

    def _content(self) -> bool:
        assert self._part is not None  # noqa: S101 - set by the step before
        at = self._held.find(self._delimiter)
        end = at if at >= 0 else max(0, len(self._held) - len(self._delimiter) + 1)
        if end:
            with memoryview(self._held) as held, held[:end] as content:
                self._part.write(content)
            del self._held[:end]
        if at < 0:
            return False
        del self._held[: len(self._delimiter)]
        part, self._part = self._part, None
        part.end()
        self._step = self._after_delimiter
        return True

    def _epilogue(self) -> bool:
        self._held.clear()
        return False
