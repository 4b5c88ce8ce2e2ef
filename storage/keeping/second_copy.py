"""Puts everything that is stored into a second store, from which repairs and readers take what the first has lost."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from storage import tables
from storage.database import snapshot, transaction
from storage.files import write_file
from storage.index import journal
from storage.objects.store import NoSuchObject, ObjectStore
from storage.segment_moves import SegmentState
from storage.segments.inspection import InStore, inspect
from storage.segments.segment_rows import segment_key

_AT_ONCE: Final = 20
_OTHERS_AFTER: Final = timedelta(hours=1)
"""A segment that its own node has not copied by then is copied from the store by any node."""
_SEGMENT: Final = tables.segment.c


@dataclass(frozen=True, kw_only=True)
class CopyOutcome:
    segments: int
    damaged: tuple[str, ...]
    """Segments that cannot be copied, since neither the spool nor the store has them as they were sealed."""


@dataclass(frozen=True, kw_only=True)
class Backlog:
    segments: int
    oldest: datetime | None
    """When the segment that waits longest was stored."""


def copy_segments(  # noqa: PLR0917
    engine: Engine,
    spool_dir: Path,
    store: ObjectStore,
    second: ObjectStore,
    node: str,
    now: datetime,
    passed_over: Collection[str] = (),
) -> CopyOutcome:
    """Copy some of the stored segments that have no second copy. May be repeated.

    Raises:
        StoreAway, StoreRefuses: of either store, which ends the round.

    """
    here = (_SEGMENT.node == node) | (_SEGMENT.stored_at < now - _OTHERS_AFTER)
    waiting = (_SEGMENT.copied_at.is_(None)) & (_SEGMENT.state == SegmentState.STORED) & _SEGMENT.id.not_in(passed_over)
    with snapshot(engine) as tx:
        asked = sa.select(_SEGMENT.id).where(waiting, here).order_by(_SEGMENT.id).limit(_AT_ONCE)
        ids = tx.scalars(asked).all()
    copied, damaged = 0, list[str]()
    for segment_id in ids:
        if not _copy(spool_dir, store, second, segment_id):
            damaged.append(segment_id)
            continue
        with transaction(engine) as tx:
            tx.execute(sa.update(tables.segment).where(_SEGMENT.id == segment_id).values(copied_at=now))
        copied += 1
    return CopyOutcome(segments=copied, damaged=tuple(damaged))


def forget_gone(engine: Engine, second: ObjectStore) -> int:
    """Remove the copies of segments that are gone; answers how many.

    A copy stays until every stored segment of its study, the one that replaced it among them, has a copy.
    """
    other = tables.segment.alias()
    uncopied = (other.c.state == SegmentState.STORED) & other.c.copied_at.is_(None)
    waits = sa.exists().where(other.c.study_uid == _SEGMENT.study_uid, uncopied)
    with snapshot(engine) as tx:
        gone = (_SEGMENT.state == SegmentState.GONE) & _SEGMENT.copied_at.is_not(None) & ~waits
        ids = tx.scalars(sa.select(_SEGMENT.id).where(gone).order_by(_SEGMENT.id).limit(_AT_ONCE)).all()
    for segment_id in ids:
        second.delete(segment_key(segment_id))
        with transaction(engine) as tx:
            tx.execute(sa.update(tables.segment).where(_SEGMENT.id == segment_id).values(copied_at=None))
    return len(ids)


def copy_journal(spool_dir: Path, store: ObjectStore, second: ObjectStore, days: Iterable[datetime] | None) -> int:
    """Copy the decisions of some days, or of all, that the second store does not have; answers how many.

    Raises:
        StoreAway, StoreRefuses: of either store.

    """
    prefixes = [journal.PREFIX] if days is None else [journal.prefix_of(day) for day in days]
    copied = 0
    for prefix in prefixes:
        there = set(second.keys(prefix))
        for key in store.keys(prefix):
            if key not in there:
                draft = spool_dir / "copying" / Path(key).name
                write_file(draft, [store.open_range(key, 0, store.size(key))])
                try:
                    second.put_file(key, draft)
                finally:
                    draft.unlink()
                copied += 1
    return copied


def backlog(tx: Connection) -> Backlog:
    waiting = (_SEGMENT.copied_at.is_(None)) & (_SEGMENT.state == SegmentState.STORED)
    row = tx.execute(sa.select(sa.func.count(), sa.func.min(_SEGMENT.stored_at)).where(waiting)).one()
    return Backlog(segments=row[0], oldest=row[1])


def _copy(spool_dir: Path, store: ObjectStore, second: ObjectStore, segment_id: str) -> bool:
    """Copy one segment; False where neither spool nor store has it whole."""
    key = segment_key(segment_id)
    path = spool_dir / key
    try:
        if path.exists():
            second.put_file(key, path)
            if _is_whole(second, segment_id):
                return True
    except FileNotFoundError:
        pass  # removed meanwhile: it is long stored
    draft = spool_dir / "copying" / path.name
    try:
        write_file(draft, store.stream(key, 0, store.size(key)))
    except (NoSuchObject, EOFError):
        return False
    try:
        second.put_file(key, draft)
    finally:
        draft.unlink()
    if _is_whole(second, segment_id):
        return True
    second.delete(key)  # no copy is better than one that is believed in
    return False


def _is_whole(second: ObjectStore, segment_id: str) -> bool:
    return inspect(InStore(second, segment_key(segment_id)), segment_id, (), lambda _: None, whole=True).intact
