"""Reads a segment from front to back, and compares it with the digests of what came."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from storage.files import Pieces
from storage.objects.store import CHUNK_BYTES, ObjectStore
from storage.segments import members
from storage.segments.members import Footer, ManifestLine
from storage.segments.pax import HEADER_BYTES, decode, padded

_NEAR: Final = 1 << 20
"""Two instances with so few bytes between them are read in one request."""


class Finding(StrEnum):
    """What is wrong with a segment."""

    CHANGED = "changed"
    """The bytes of an instance do not have their digest."""
    MISSING = "missing"
    """The segment is not where the index says."""
    AWAY = "away"
    """The node or the store that has the segment does not answer, so nobody knows whether it is whole."""
    ASTRAY = "astray"
    """The index leads to a place of the segment where no such instance begins."""
    LABEL = "label"
    """A header or the table of contents cannot be read; the images can."""
    SPOOL_COPY = "spool_copy"
    """The copy in this node's spool is damaged; the stored object is whole."""
    SECOND_COPY = "second_copy"
    """The second copy is damaged or missing; the stored object is whole."""


@dataclass(frozen=True, kw_only=True)
class IndexedInstance:
    """An instance as its row in the index describes it; ``offset`` counts from the start of the segment."""

    sop_instance_uid: str
    study_uid: str
    offset: int
    size: int
    dataset_offset: int
    stored_digest: bytes
    damaged: bool


class Source(Protocol):
    """A place where a segment can be read; ``size`` is None where only ranges of instances can be read.

    Raises:
        NoSuchObject, FileNotFoundError: by any of these; the segment is not there.

    """

    @property
    def size(self) -> int | None: ...

    def stream(self, offset: int, length: int) -> Iterator[bytes]: ...


class InStore:
    """A segment in an object store. Raises NoSuchObject when it is made."""

    def __init__(self, store: ObjectStore, key: str) -> None:
        self._store, self._key = store, key
        self.size: int | None = store.size(key)

    def stream(self, offset: int, length: int) -> Iterator[bytes]:
        return self._store.stream(self._key, offset, length)


class InFile:
    """A segment's file; ``growing``: it is being written, and has no table of contents yet."""

    def __init__(self, path: Path, *, growing: bool = False) -> None:
        size = path.stat().st_size
        self._path = path
        self.size: int | None = None if growing else size

    def stream(self, offset: int, length: int) -> Iterator[bytes]:
        return Pieces(self._path, offset, length, CHUNK_BYTES)


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """What one reading of a segment found."""

    changed: frozenset[int] = frozenset()
    """Offsets of damaged instances, whether the index leads to them or not."""
    astray: frozenset[int] = frozenset()
    labels: frozenset[int] = frozenset()
    """Offsets where a header or the table of contents cannot be read."""

    @property
    def sound(self) -> bool:
        return not self.changed and not self.astray and not self.labels

    @property
    def intact(self) -> bool:
        """Whether the bytes are as they were sealed, whatever the index says."""
        return not self.changed and not self.labels


@dataclass(frozen=True, kw_only=True)
class _Piece:
    """A range of bytes that must have a digest, or must be a member's header."""

    start: int
    end: int
    member: int
    """The offset of the instance to which it belongs."""
    digest: bytes | None = None
    of_instance: bool = False
    """Whether it is part of an instance; else it is part of a header, of padding or of the end."""


Tell = Callable[[int], None]


def inspect(source: Source, segment_id: str, rows: Sequence[IndexedInstance], tell: Tell, *, whole: bool) -> Inspection:
    """Compare the bytes of ``rows`` with their digests; with ``whole`` also all else that a sealed segment contains.

    ``tell`` is called with the size of each chunk that was read; an exception that it raises ends the reading.
    """
    pieces = [
        _Piece(
            start=one.offset + one.dataset_offset,
            end=one.offset + one.size,
            member=one.offset,
            digest=one.stored_digest,
            of_instance=True,
        )
        for one in rows
    ]
    labels: set[int] = set()
    astray: frozenset[int] = frozenset()
    if whole and source.size is not None:
        listed = _contents(source, segment_id)
        if listed is None:
            labels.add(source.size)
        else:
            footer, members_ = listed
            known = {(one.offset, one.size) for one in members_}
            astray = frozenset(one.offset for one in rows if (one.offset, one.size) not in known)
            hashed = {(piece.start, piece.end, piece.digest) for piece in pieces}  # none is hashed twice
            pieces += (one for one in _of_members(members_) if (one.start, one.end, one.digest) not in hashed)
            pieces += _of_the_end(footer, source.size)
        runs = [(0, source.size)]
    else:
        runs = _runs(pieces)
    changed: set[int] = set()
    pieces = [piece for piece in pieces if piece.end > piece.start]
    waiting = deque(sorted(pieces, key=lambda piece: piece.start))
    for start, end in runs:
        within = _take(waiting, end)
        for piece in _wrong_pieces(
            _reported(partial(source.stream, start, end - start), tell), start, within, segment_id
        ):
            (changed if piece.of_instance else labels).add(piece.member)
    for piece in waiting:  # beyond the end of the file
        (changed if piece.of_instance else labels).add(piece.member)
    return Inspection(changed=frozenset(changed), astray=astray, labels=frozenset(labels))


def _contents(source: Source, segment_id: str) -> tuple[Footer, list[ManifestLine]] | None:
    """The footer and the table of contents of a sealed segment; None when they cannot be read."""
    size = source.size or 0
    footer = _footer(source, size, segment_id)
    if footer is None or footer.manifest_offset + footer.manifest_size > size:
        return None
    manifest = _range(source, footer.manifest_offset, footer.manifest_size)
    if hashlib.sha256(manifest).digest() != footer.manifest_digest:
        return None
    return footer, list(members.read_listing(manifest))


def _footer(source: Source, size: int, segment_id: str) -> Footer | None:
    if size < members.TAIL_BYTES:
        return None
    return members.read_footer(_range(source, size - members.TAIL_BYTES, members.TAIL_BYTES), segment_id)


def _range(source: Source, offset: int, length: int) -> bytes:
    """The bytes of a range; none where the segment was cut short meanwhile."""
    try:
        return b"".join(source.stream(offset, length))
    except EOFError:
        return b""


def _of_members(listed: Iterable[ManifestLine]) -> Iterator[_Piece]:
    for one in listed:
        data, end = one.offset + one.head_size, one.offset + one.size
        yield _Piece(start=one.offset - HEADER_BYTES, end=one.offset, member=one.offset)
        yield _Piece(start=one.offset, end=data, member=one.offset, digest=one.head_digest, of_instance=True)
        yield _Piece(start=data, end=end, member=one.offset, digest=one.data_digest, of_instance=True)
        yield _zeros(end, one.offset + padded(one.size))


def _of_the_end(footer: Footer, size: int) -> Iterator[_Piece]:
    """Header and padding around the table of contents, and the end of the archive; the rest was read before."""
    at, end = footer.manifest_offset, footer.manifest_offset + footer.manifest_size
    yield _Piece(start=at - HEADER_BYTES, end=at, member=at)
    yield _zeros(end, at + padded(footer.manifest_size))
    yield _zeros(size - members.END_BYTES, size)


def _zeros(start: int, end: int) -> _Piece:
    return _Piece(start=start, end=end, member=start, digest=hashlib.sha256(bytes(end - start)).digest())


def _runs(pieces: Sequence[_Piece]) -> list[tuple[int, int]]:
    """The ranges to read: neighbours together."""
    runs: list[tuple[int, int]] = []
    for piece in sorted(pieces, key=lambda piece: piece.start):
        if runs and piece.start <= runs[-1][1] + _NEAR:
            runs[-1] = (runs[-1][0], max(runs[-1][1], piece.end))
        else:
            runs.append((piece.start, piece.end))
    return runs


def _take(waiting: deque[_Piece], end: int) -> deque[_Piece]:
    taken: deque[_Piece] = deque()
    while waiting and waiting[0].start < end:
        taken.append(waiting.popleft())
    return taken


def _reported(ask: Callable[[], Iterator[bytes]], tell: Tell) -> Iterator[bytes]:
    """The chunks, each reported to ``tell``; an object that was cut short ends early."""
    try:
        for chunk in ask():
            yield chunk
            tell(len(chunk))
    except EOFError:
        return


class _Reading:
    """One piece while its bytes pass by."""

    def __init__(self, piece: _Piece) -> None:
        self.piece = piece
        self._digest = hashlib.sha256()
        self._header = bytearray()

    def take(self, chunk: memoryview) -> None:
        if self.piece.digest is None:
            self._header += chunk
        else:
            self._digest.update(chunk)

    def is_right(self, segment_id: str) -> bool:
        if self.piece.digest is not None:
            return self._digest.digest() == self.piece.digest
        header = decode(bytes(self._header))
        return header is not None and (header.segment_id, header.offset) == (segment_id, self.piece.start)


def _wrong_pieces(chunks: Iterator[bytes], at: int, waiting: deque[_Piece], segment_id: str) -> Iterator[_Piece]:
    """The pieces that are not right, in a stream whose first byte has the offset ``at``."""
    passing: list[_Reading] = []
    for chunk in chunks:
        end = at + len(chunk)
        while waiting and waiting[0].start < end:
            passing.append(_Reading(waiting.popleft()))
        view = memoryview(chunk)
        going_on: list[_Reading] = []
        for one in passing:
            one.take(view[max(0, one.piece.start - at) : max(0, one.piece.end - at)])
            if one.piece.end > end:
                going_on.append(one)
            elif not one.is_right(segment_id):
                yield one.piece
        passing, at = going_on, end
    yield from (one.piece for one in passing)
    yield from waiting
