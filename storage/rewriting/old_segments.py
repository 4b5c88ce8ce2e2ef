"""Removes segments that were replaced, and drafts whose writer died."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from storage import tables
from storage.database import snapshot, transaction
from storage.errors import StorageError
from storage.files import lock
from storage.objects.store import ObjectStore, StoreRefuses
from storage.rewriting.row_switch import led_to
from storage.segment_moves import SegmentMove, SegmentState
from storage.segments import segment_rows
from storage.segments.segment_rows import segment_key

GRACE: Final = timedelta(days=1)
"""A replaced segment stays longer than any request that reads it: 8 GB over 4 Mbit/s take five hours."""
DRAFTS: Final = "rewriting"
"""The folder of a spool in which segments are rewritten, each under its lock."""
_ABANDONED: Final = timedelta(days=1)
"""A segment that another node has not finished by then is given up."""
_AGAIN: Final = timedelta(days=1)
"""The pause before an object is deleted that the store refused to delete, for instance because of a lock."""
_SEGMENT: Final = tables.segment


class _LedTo(StorageError):
    """A row still leads to a segment that was replaced: the segment stays, and somebody has to look."""


def give_up(engine: Engine, segment_id: str, now: datetime) -> bool:
    """Give up a segment that was being written; False when the rows were switched to it meanwhile."""
    with transaction(engine) as tx:
        return segment_rows.change(tx, _SEGMENT.c.id == segment_id, SegmentMove.GIVE_UP, delete_at=now) == 1


def tidy(engine: Engine, spool_dir: Path, node: str, now: datetime) -> int:
    """Give up the segments of writers that died, and remove their drafts; answers how many."""
    columns = (_SEGMENT.c.id, _SEGMENT.c.node, _SEGMENT.c.opened_at)
    writing = sa.select(*columns).where(_SEGMENT.c.state == SegmentState.WRITING)
    with snapshot(engine) as tx:
        begun = tx.execute(writing).all()
    # Looked for after the rows: whoever writes a segment has its draft before its row.
    alive = {path.stem for path in (spool_dir / DRAFTS).glob("*.tar") if not _remove_draft(path)}
    given_up = 0
    for row in begun:
        nobodys = row.opened_at + _ABANDONED <= now if row.node != node else row.id not in alive
        given_up += nobodys and give_up(engine, row.id, now)
    return given_up


def remove_retired(engine: Engine, store: ObjectStore, now: datetime, limit: int = 50) -> int:
    """Delete the objects of segments that were replaced long enough ago, or given up; answers how many.

    Raises:
        StoreAway: of the store.
        ExceptionGroup: of failures with single segments, which are tried again in a day; the others are deleted.

    """
    due = sa.select(_SEGMENT.c.id).where(_SEGMENT.c.state == SegmentState.RETIRED, _SEGMENT.c.delete_at <= now)
    with snapshot(engine) as tx:
        segment_ids = list(tx.execute(due.order_by(_SEGMENT.c.delete_at).limit(limit)).scalars())
    removed = 0
    failures: list[Exception] = []
    for segment_id in segment_ids:
        ours = _SEGMENT.c.id == segment_id
        try:
            _remove(engine, store, segment_id)
        except (StoreRefuses, _LedTo) as failure:
            failures.append(failure)
            with transaction(engine) as tx:
                retired = sa.update(_SEGMENT).where(ours, _SEGMENT.c.state == SegmentState.RETIRED)
                tx.execute(retired.values(delete_at=now + _AGAIN))
            continue
        removed += 1
        with transaction(engine) as tx:
            # A copy may be there although it was never noted: `storage.keeping.second_copy` removes it.
            copied_at = sa.func.coalesce(_SEGMENT.c.copied_at, now)
            segment_rows.change(tx, ours, SegmentMove.DELETE, copied_at=copied_at)
    if failures:
        raise ExceptionGroup("old segments that are kept", failures)
    return removed


def _remove(engine: Engine, store: ObjectStore, segment_id: str) -> None:
    with snapshot(engine) as tx:
        if led_to(tx, [segment_id]):
            raise _LedTo(segment_id)
    store.delete(segment_key(segment_id))


def _remove_draft(path: Path) -> bool:
    """Remove a draft whose writer is dead; False while its writer lives."""
    with lock(path) as fd:
        if fd is not None:
            path.unlink(missing_ok=True)
    return fd is not None or not path.exists()
