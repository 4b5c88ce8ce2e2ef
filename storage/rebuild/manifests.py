"""Reads the manifests of all segments: each segment once, at its tail, several at a time."""

from __future__ import annotations

import hashlib
import heapq
import os
import re
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from storage.ids import made_at
from storage.objects.store import NoSuchObject, ObjectStore
from storage.segments import members
from storage.segments.members import Entry, Manifest
from storage.segments.pax import HEADER_BYTES, decode
from storage.segments.segment_rows import segment_key

FOLDER: Final = "segments"
_NAME: Final = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
_TAIL: Final = 256 << 10
"""Bytes that are read first: the footer, and the manifest of all but large segments."""
_AT_ONCE: Final = 8
_AHEAD: Final = 32
_SLACK: Final = timedelta(minutes=10)
"""An instance may be this much older than its segment, differing clocks of nodes included."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A segment: in the object store, in this node's spool, or in both."""

    segment_id: str
    stored_size: int | None = None
    path: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Tail:
    """The end of a segment; no manifest where neither the end nor a member can be read."""

    source: Source
    manifest: Manifest | None
    size: int
    stored: bool
    """Whether it was read in the object store; else it is in the spool alone."""
    sealed: bool
    """Whether its manifest is intact; else its members' headers were read, up to the first damaged one."""


def sources(store: ObjectStore, spool_dir: Path) -> Iterator[Source]:
    """Every segment, in the order of ids, in which they were begun. The store is listed a day at a time."""
    there = ((key, size) for day in store.folders(f"{FOLDER}/") for key, size in store.sizes(f"{FOLDER}/{day}/"))
    stored = ((Path(key).stem, size, None) for key, size in there if _NAME.fullmatch(Path(key).stem))
    here = sorted((spool_dir / FOLDER).glob("*/*.tar"), key=lambda path: path.stem)
    spooled = ((path.stem, None, path) for path in here)
    last: Source | None = None
    for segment_id, size, path in heapq.merge(stored, spooled, key=lambda one: one[0]):
        if last is not None and last.segment_id == segment_id:
            last = Source(segment_id=segment_id, stored_size=last.stored_size or size, path=last.path or path)
            continue
        if last is not None:
            yield last
        last = Source(segment_id=segment_id, stored_size=size, path=path)
    if last is not None:
        yield last


def read(store: ObjectStore, found: Iterator[Source]) -> Iterator[Tail]:
    """The tails of these, in their order; some are read ahead.

    Raises:
        StoreAway, StoreRefuses: of the store.

    """
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="tails") as readers:
        ahead: deque[Future[Tail]] = deque()
        for source in found:
            ahead.append(readers.submit(_tail, store, source))
            if len(ahead) == _AHEAD:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


class ReceivedOrder:
    """Sorts the entries of tails, which come by id, in the order in which they were received; few wait meanwhile."""

    def __init__(self) -> None:
        self._waiting: list[tuple[float, str, int, Entry]] = []

    def add(self, tail: Tail, entries: list[Entry]) -> Iterator[Entry]:
        """Add entries; answers the waiting entries that no later tail can precede."""
        until = (made_at(tail.source.segment_id) - _SLACK).timestamp()
        while self._waiting and self._waiting[0][0] < until:
            yield heapq.heappop(self._waiting)[3]
        for one in entries:
            at = one.provenance.received_at.timestamp()
            heapq.heappush(self._waiting, (at, one.place.segment_id, one.place.offset, one))

    def rest(self) -> Iterator[Entry]:
        while self._waiting:
            yield heapq.heappop(self._waiting)[3]


class ReplacedSegments:
    """The segments that an earlier one replaced; segments come by id, and only those that may follow are kept."""

    def __init__(self) -> None:
        self._following: list[str] = []

    def __contains__(self, segment_id: str) -> bool:
        while self._following and self._following[0] < segment_id:
            heapq.heappop(self._following)
        return bool(self._following) and self._following[0] == segment_id

    def add(self, segment_ids: Iterable[str]) -> None:
        for segment_id in segment_ids:
            heapq.heappush(self._following, segment_id)


def _tail(store: ObjectStore, source: Source) -> Tail:
    """Read the stored copy, or the spool's where that cannot be read."""
    if source.stored_size is not None:
        stored = _Stored(store, segment_key(source.segment_id))
        sealed = _manifest(stored, source.segment_id, source.stored_size)
        if sealed is not None or source.path is None:
            manifest = sealed or _by_headers(stored, source.segment_id, source.stored_size)
            return Tail(
                source=source, manifest=manifest, size=source.stored_size, stored=True, sealed=sealed is not None
            )
    if source.path is None:
        return Tail(source=source, manifest=None, size=0, stored=False, sealed=False)
    try:
        size = source.path.stat().st_size
        sealed = _manifest(_File(source.path), source.segment_id, size)
        manifest = sealed or _by_headers(_File(source.path), source.segment_id, size)
    except OSError:
        size, sealed, manifest = 0, None, None
    return Tail(source=source, manifest=manifest, size=size, stored=False, sealed=sealed is not None)


class _Stored:
    def __init__(self, store: ObjectStore, key: str) -> None:
        self._store, self._key = store, key

    def at(self, offset: int, length: int) -> bytes:
        try:
            return self._store.open_range(self._key, offset, length)
        except (NoSuchObject, EOFError):
            return b""


class _File:
    def __init__(self, path: Path) -> None:
        self._path = path

    def at(self, offset: int, length: int) -> bytes:
        with self._path.open("rb") as file:
            return os.pread(file.fileno(), length, offset)


def _manifest(of: _Stored | _File, segment_id: str, size: int) -> Manifest | None:
    start = max(0, size - _TAIL)
    tail = of.at(start, size - start)
    footer = members.read_footer(tail, segment_id) if len(tail) >= members.TAIL_BYTES else None
    if footer is not None:
        at = footer.manifest_offset - start
        body = tail[at : at + footer.manifest_size] if at >= 0 else of.at(footer.manifest_offset, footer.manifest_size)
        if hashlib.sha256(body).digest() == footer.manifest_digest:
            return members.parse_manifest(body, segment_id)
    return None


def _by_headers(of: _Stored | _File, segment_id: str, size: int) -> Manifest | None:
    """A manifest made from the members' headers, where the end is damaged or was never written."""
    entries: list[Entry] = []
    offset = 0
    while offset < size:
        header = decode(of.at(offset, HEADER_BYTES))
        if header is None or header.segment_id != segment_id or header.offset != offset:
            break
        entry = members.entry_of(header)
        if entry is not None and header.body_offset + header.size <= size:
            entries.append(entry)
        offset = header.end
    return Manifest(entries=entries) if entries else None
