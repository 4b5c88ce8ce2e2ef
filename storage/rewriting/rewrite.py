"""Rewrites stored segments: a new one is made of members of old ones, and the rows are switched to it.

The new object is read back before a row leads to it, and the old ones stay until no request reads them any more
(docs/adr/0007-rewritten-segments.md).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from storage import tables
from storage.database import portions, snapshot, transaction
from storage.errors import Overtaken, StorageError
from storage.keeping.shipping import StoredBadly, reads_back
from storage.objects.store import NoSuchObject, ObjectStore
from storage.records import Instance, columns_of, records_of
from storage.rewriting.new_segment import (
    CannotRewrite,
    Damaged,
    Local,
    OldMember,
    OtherForm,
    Recode,
    check_room,
    draft,
    write_members,
)
from storage.rewriting.old_segments import GRACE, give_up
from storage.rewriting.row_switch import switch
from storage.segment_moves import SegmentMove, SegmentState
from storage.segments import members, segment_rows
from storage.segments.members import Manifest
from storage.segments.segment_rows import segment_key

__all__ = [
    "CannotRewrite",
    "Damaged",
    "Local",
    "NothingGained",
    "OtherForm",
    "Recode",
    "RewriteOutcome",
    "Work",
    "alone",
    "rewrite",
]

_SEGMENT: Final = tables.segment
_INSTANCE: Final = tables.instance
_QUARANTINE: Final = tables.quarantine


class NothingGained(StorageError):
    """Rewriting the one segment would change nothing: nothing was erased, and no instance gets another form."""


@dataclass(frozen=True, kw_only=True)
class RewriteOutcome:
    """The outcome of rewriting some segments of a study."""

    segment_id: str | None
    """The new segment; None where no instance was left."""
    instances: int
    recoded: int
    erased: int
    bytes_before: int
    bytes_after: int


@dataclass(frozen=True, kw_only=True)
class Work:
    """The places, the node and the clock that rewriting works with."""

    engine: Engine
    """Commits synchronously."""
    spool_dir: Path
    store: ObjectStore
    node: str
    clock: Callable[[], datetime]


def rewrite(  # all of them are of one act
    work: Work,
    study_uid: str,
    segment_ids: Sequence[str],
    *,
    recode: Recode | None = None,
    grace: timedelta = GRACE,
    compact_at: datetime | None = None,
    pause: Callable[[], None] = lambda: None,
) -> RewriteOutcome:
    """Make one segment of stored ones of a study, without erased instances; ``pause`` is called between members.

    Raises:
        NothingGained: the one segment would stay as it is.
        Overtaken: rows have changed meanwhile.
        CannotRewrite: a segment is not stored, or rows lead to what its manifest does not know.
        Damaged: a member is not as it was stored.
        NoSpace: the spool's disk has not enough room for the draft.
        StoredBadly: the new object does not read back; it is deleted again (`storage.rewriting.old_segments`).
        StoreAway, StoreRefuses: of the store; `storage.rewriting.old_segments` removes what was begun.

    """
    segment_ids = sorted(segment_ids)
    olds, erased, bytes_before = _olds(work, segment_ids)
    kept = [old for old in olds if old.entry.row.sop_instance_uid not in erased]
    gone = [old.switch(None) for old in olds if old.entry.row.sop_instance_uid in erased]
    counted = RewriteOutcome(
        segment_id=None,
        instances=sum(old.instance is not None for old in kept),
        erased=len(gone),
        recoded=0,
        bytes_before=bytes_before,
        bytes_after=0,
    )
    if not kept:
        with transaction(work.engine) as tx:
            switch(tx, segment_ids, gone, work.clock() + grace)
        return counted
    check_room(work.spool_dir, kept)
    with draft(work.spool_dir, segment_ids) as (segment_id, path, fd):
        written, size = write_members(work.store, fd, segment_id, segment_ids, kept, recode, pause)
        switches = [one.switch for one in written]
        if len(segment_ids) == 1 and not gone and all(one.form is None for one in switches):
            raise NothingGained
        with transaction(work.engine) as tx:
            # The row comes first, so that whatever a crash leaves in the object store is known.
            _begin(tx, work, segment_id, study_uid, size)
        try:
            _put(work.store, fd, path, segment_id)
            with transaction(work.engine) as tx:
                switch(tx, segment_ids, [*switches, *gone], work.clock() + grace)
                _note_stored(tx, segment_id, work.clock(), compact_at)
        except (Overtaken, StoredBadly):
            give_up(work.engine, segment_id, work.clock())
            raise
    recoded = sum(one.form is not None for one in switches)
    return replace(counted, segment_id=segment_id, recoded=recoded, bytes_after=size)


@contextmanager
def alone(engine: Engine, study_uid: str) -> Generator[bool]:
    """Whether nobody else rewrites this study meanwhile. On SQLite one process of one node rewrites."""
    if engine.dialect.name != "postgresql":
        yield True
        return
    key = int.from_bytes(hashlib.sha256(f"tierread rewriting {study_uid}".encode()).digest()[:8], "big", signed=True)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        got = bool(connection.scalar(sa.select(sa.func.pg_try_advisory_lock(key))))
        try:
            yield got
        finally:
            if got:
                connection.scalar(sa.select(sa.func.pg_advisory_unlock(key)))


def _olds(work: Work, segment_ids: Sequence[str]) -> tuple[list[OldMember], set[str], int]:
    """The members in order, the UIDs of erased ones, and the size of the old segments in bytes."""
    with snapshot(work.engine) as tx:
        segments = tx.execute(sa.select(_SEGMENT).where(_SEGMENT.c.id.in_(segment_ids))).all()
        asked = sa.select(*columns_of(Instance, _INSTANCE)).where(_INSTANCE.c.segment_id.in_(segment_ids))
        instances = {(one.segment_id, one.offset): one for one in records_of(Instance, tx.execute(asked))}
        columns = (_QUARANTINE.c.segment_id, _QUARANTINE.c.offset, _QUARANTINE.c.id)
        held = tx.execute(sa.select(*columns).where(_QUARANTINE.c.segment_id.in_(segment_ids)))
        quarantined: dict[tuple[str, int], str] = {(row.segment_id, row.offset): row.id for row in held}
    if {row.state for row in segments} != {SegmentState.STORED} or len(segments) != len(segment_ids):
        raise CannotRewrite("not_stored")
    if any(one.damaged for one in instances.values()):
        raise CannotRewrite("damaged")
    entries = [entry for segment_id in segment_ids for entry in _manifest(work.store, segment_id).entries]
    olds = [
        OldMember(entry=entry, instance=instances.pop(where, None), quarantine_id=quarantined.pop(where, None))
        for entry in entries
        for where in [(entry.place.segment_id, entry.place.offset)]
    ]
    if instances or quarantined:
        raise CannotRewrite("unknown_members")
    erased = _erased(work.engine, [entry.row.sop_instance_uid for entry in entries])
    return list(_worth_keeping(work, olds, erased)), erased, sum(row.size for row in segments)


def _erased(engine: Engine, uids: Sequence[str]) -> set[str]:
    grave = tables.tombstone.c.sop_instance_uid
    found: set[str] = set()
    with snapshot(engine) as tx:
        for some in portions(uids):
            found.update(tx.execute(sa.select(grave).where(grave.in_(some))).scalars())
    return found


def _manifest(store: ObjectStore, segment_id: str) -> Manifest:
    key = segment_key(segment_id)
    try:
        size = store.size(key)
        tail = store.open_range(key, max(0, size - members.TAIL_BYTES), min(size, members.TAIL_BYTES))
        footer = members.read_footer(tail, segment_id)
        if footer is None:
            raise Damaged(segment_id, size)
        manifest = store.open_range(key, footer.manifest_offset, footer.manifest_size)
    except (NoSuchObject, EOFError) as missing:
        raise Damaged(segment_id, 0) from missing
    if hashlib.sha256(manifest).digest() != footer.manifest_digest:
        raise Damaged(segment_id, footer.manifest_offset)
    return members.parse_manifest(manifest, segment_id)


def _worth_keeping(work: Work, olds: Sequence[OldMember], erased: Collection[str]) -> Iterator[OldMember]:
    """The members, without those that no row leads to while a row leads to the same content elsewhere."""
    for old in olds:
        row = old.entry.row
        led_to = old.instance is not None or old.quarantine_id is not None
        if led_to or row.sop_instance_uid in erased or not _known_elsewhere(work.engine, old):
            yield old


def _known_elsewhere(engine: Engine, old: OldMember) -> bool:
    row = old.entry.row
    digest = row.received_as[0]
    there, held = _INSTANCE.c, _QUARANTINE.c
    with snapshot(engine) as tx:
        # Where the row leads to damaged bytes, these may be the last good ones.
        stored = sa.select(there.received_digest, there.received_transfer_syntax_uid).where(
            there.sop_instance_uid == row.sop_instance_uid, there.damaged.is_(False)
        )
        if any((bytes(one[0]), one[1]) == row.received_as for one in tx.execute(stored)):
            return True
        waiting = sa.select(held.id).where(
            held.sop_instance_uid == row.sop_instance_uid,
            held.digest == digest,
            held.transfer_syntax_uid == row.received_as[1],
            held.segment_id.is_not(None),
        )
        return tx.execute(waiting.limit(1)).first() is not None


def _put(store: ObjectStore, fd: int, path: Path, segment_id: str) -> None:
    """Raises: StoredBadly; StoreAway, StoreRefuses."""
    size = os.fstat(fd).st_size
    footer = members.read_footer(os.pread(fd, members.TAIL_BYTES, size - members.TAIL_BYTES), segment_id)
    if footer is None:
        raise StoredBadly(segment_id)
    manifest = os.pread(fd, footer.manifest_size, footer.manifest_offset)
    key = segment_key(segment_id)
    store.put_file(key, path)
    if not reads_back(store, key, size, footer, members.read_manifest(manifest, segment_id)):
        raise StoredBadly(segment_id)


def _begin(tx: Connection, work: Work, segment_id: str, study_uid: str, size: int) -> None:
    now = work.clock()
    own = {"study_uid": study_uid, "node": work.node, "size": size, "opened_at": now, "sealed_at": now}
    segment_rows.begin(tx, SegmentMove.REWRITE, segment_id, **own)


def _note_stored(tx: Connection, segment_id: str, now: datetime, compact_at: datetime | None) -> None:
    """Raises: Overtaken where it was given up meanwhile."""
    ours = _SEGMENT.c.id == segment_id
    if segment_rows.change(tx, ours, SegmentMove.STORE, stored_at=now, compact_at=compact_at) != 1:
        raise Overtaken
