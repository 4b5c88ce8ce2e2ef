"""Puts sealed segments into the object store, and removes them from the spool when they are safe there."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from storage import tables
from storage.database import snapshot, transaction
from storage.errors import StorageError
from storage.files import lock
from storage.index import journal
from storage.index.entry_batch import Batch, Entered, Raced
from storage.index.known_studies import Known
from storage.objects.store import ObjectStore, StoreAway, StoreRefuses
from storage.segment_moves import NOT_YET_STORED, SegmentMove, SegmentState
from storage.segments import members, segment_rows
from storage.segments.members import Entry
from storage.segments.segment_rows import segment_key

_SEGMENT: Final = tables.segment
_BATCH: Final = 256
_AT_ONCE: Final = 20
_GRACE: Final = timedelta(minutes=10)
"""Longer than any request that may still read the spool's copy."""
_FIRST_DELAY: Final = timedelta(minutes=1)
_LONGEST_DELAY: Final = timedelta(minutes=16)


class Postponed:
    """Segments that could not be stored, and when each is tried again: after a delay that doubles each time."""

    def __init__(self) -> None:
        self._until: dict[str, tuple[datetime, int]] = {}

    def failed(self, segment_id: str, now: datetime) -> None:
        _, times = self._until.get(segment_id, (now, 0))
        self._until[segment_id] = (now + min(_FIRST_DELAY * 2**times, _LONGEST_DELAY), times + 1)

    def stored(self, segment_id: str) -> None:
        self._until.pop(segment_id, None)

    def due(self, segment_id: str, now: datetime) -> bool:
        return segment_id not in self._until or self._until[segment_id][0] <= now


class StoredBadly(StorageError):
    """The object store gives back other bytes than were put; the spool keeps its copy."""

    def __init__(self, segment_id: str) -> None:
        super().__init__(segment_id)
        self.segment_id = segment_id


def ship(engine: Engine, spool_dir: Path, store: ObjectStore, now: datetime, postponed: Postponed | None = None) -> int:
    """Store the sealed segments of this spool, the oldest first, and remove what was stored long enough ago.

    Answers how many were stored. ``engine`` commits synchronously: the rows of a segment are durable before its spool
    copy may go. With ``postponed``, kept from one round to the next, what failed is left for a while.

    Raises:
        ExceptionGroup: of what went wrong for single segments, `StoredBadly` among them; the others are stored.
        StoreAway, StoreRefuses: of the store, which ends the round; what is sealed waits in the spool.

    """
    journal.ship(engine, spool_dir, store, now)
    with snapshot(engine) as tx:
        asked = sa.select(_SEGMENT.c.id).where(_SEGMENT.c.state == SegmentState.SEALED).order_by(_SEGMENT.c.id)
        sealed = [one for one in tx.execute(asked).scalars() if (spool_dir / segment_key(one)).exists()]
    postponed = postponed or Postponed()
    shipped = 0
    failures: list[Exception] = []
    for segment_id in [one for one in sealed if postponed.due(one, now)]:
        if shipped + len(failures) >= _AT_ONCE:
            break
        path = spool_dir / segment_key(segment_id)
        with lock(path) as fd:
            if fd is None:
                continue
            try:
                size = _ship_one(engine, fd, path, store, segment_id)
            except Exception as failure:  # noqa: BLE001 # told below; one that cannot be stored keeps none waiting
                if isinstance(failure, StoreAway | StoreRefuses):
                    store.exists(segment_key(segment_id))  # raises where it is the store, for the others as well
                postponed.failed(segment_id, now)
                failures.append(failure)
                continue
            postponed.stored(segment_id)
            with transaction(engine) as tx:
                ours = _SEGMENT.c.id == segment_id
                stored = segment_rows.change(tx, ours, SegmentMove.STORE, stored_at=now, size=size, compact_at=now)
                state = tx.scalar(sa.select(_SEGMENT.c.state).where(ours))
            shipped += stored
            if state == SegmentState.GONE:
                # It was stored, replaced and deleted while this one was put: nothing may bring its bytes back.
                store.delete(segment_key(segment_id))
    _remove_copies(engine, spool_dir, store, now)
    if failures:
        raise ExceptionGroup("segments that stay in the spool", failures)
    return shipped


def behind_seconds(tx: Connection, now: datetime) -> float:
    """Seconds that the oldest sealed segment of all nodes has waited."""
    asked = sa.select(sa.func.min(_SEGMENT.c.sealed_at)).where(_SEGMENT.c.state == SegmentState.SEALED)
    oldest = tx.execute(asked).scalar_one()
    return 0.0 if oldest is None else max(0.0, (now - oldest).total_seconds())


def stored_of(engine: Engine, keys: Sequence[str]) -> set[str]:
    """The keys among these that belong to stored segments."""
    found: set[str] = set()
    with snapshot(engine) as tx:
        for start in range(0, len(keys), _BATCH):
            some = _SEGMENT.c.key.in_(keys[start : start + _BATCH])
            found.update(
                tx.execute(sa.select(_SEGMENT.c.key).where(some, _SEGMENT.c.state == SegmentState.STORED)).scalars()
            )
    return found


def _ship_one(engine: Engine, fd: int, path: Path, store: ObjectStore, segment_id: str) -> int:
    """Answers the size of the stored segment."""
    size = os.fstat(fd).st_size
    footer = members.read_footer(os.pread(fd, members.TAIL_BYTES, size - members.TAIL_BYTES), segment_id)
    if footer is None:
        raise StoredBadly(segment_id)
    entries = members.read_manifest(os.pread(fd, footer.manifest_size, footer.manifest_offset), segment_id)
    if Entered.ERASED in _enter_durably(engine, entries):
        with transaction(engine) as tx:
            tx.execute(sa.update(_SEGMENT).where(_SEGMENT.c.id == segment_id).values(purge=True))
    key = segment_key(segment_id)
    store.put_file(key, path)
    if not reads_back(store, key, size, footer, entries):
        raise StoredBadly(segment_id)
    return size


def _enter_durably(engine: Engine, entries: Sequence[Entry]) -> set[Entered]:
    """Enter rows again in synchronous commits: the index commits asynchronously, and may have failed to take some."""
    became: set[Entered] = set()
    for start in range(0, len(entries), _BATCH):
        while True:
            try:
                with transaction(engine) as tx:
                    became.update(Batch(tx, entries[start : start + _BATCH], Known()).enter())
                break
            except Raced:
                continue
    return became


def reads_back(store: ObjectStore, key: str, size: int, footer: members.Footer, entries: Sequence[Entry]) -> bool:
    """Whether the stored object has the size, the manifest and the digests of each head and data set."""
    if store.size(key) != size:
        return False
    manifest = store.open_range(key, footer.manifest_offset, footer.manifest_size)
    if hashlib.sha256(manifest).digest() != footer.manifest_digest:
        return False
    return all(_digests(store, key, entry) == (entry.head_digest, entry.row.stored_as[0]) for entry in entries)


def _digests(store: ObjectStore, key: str, entry: Entry) -> tuple[bytes, bytes]:
    """Digests of the bytes before the data set, and of the data set."""
    head, data, position = hashlib.sha256(), hashlib.sha256(), 0
    for chunk in store.stream(key, entry.place.offset, entry.place.size):
        before = max(0, entry.row.dataset_offset - position)
        head.update(chunk[:before])
        data.update(chunk[before:])
        position += len(chunk)
    return head.digest(), data.digest()


def _remove_copies(engine: Engine, spool_dir: Path, store: ObjectStore, now: datetime) -> None:
    here = {path.stem: path for path in (spool_dir / "segments").glob("*/*.tar")}
    ids = list(here)
    settled: list[tuple[str, str]] = []
    with snapshot(engine) as tx:
        for start in range(0, len(ids), _BATCH):
            asked = sa.select(_SEGMENT.c.id, _SEGMENT.c.state).where(
                _SEGMENT.c.id.in_(ids[start : start + _BATCH]),
                _SEGMENT.c.state.not_in(NOT_YET_STORED),
                _SEGMENT.c.stored_at <= now - _GRACE,
            )
            settled += [(segment_id, state) for segment_id, state in tx.execute(asked)]
    for segment_id, state in settled:
        # What was rewritten and then given up (`storage.rewriting.rewrite`) is in the object store no longer.
        if state == SegmentState.GONE or store.exists(segment_key(segment_id)):
            here[segment_id].unlink(missing_ok=True)
