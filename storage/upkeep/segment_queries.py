"""Segments in the order in which checking reads them, and the rows that lead into each."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage import tables
from storage.segment_moves import SegmentState
from storage.segments.inspection import IndexedInstance


@dataclass(frozen=True, kw_only=True)
class Segment:
    id: str
    state: SegmentState
    size: int
    """0 while it is open."""
    copied: bool = False
    """Whether its row says that the second store has a copy."""


def by_id(tx: Connection, segment_id: str) -> Segment | None:
    return next(iter(_segments(tx, tables.segment.c.id == segment_id, 1)), None)


def after(tx: Connection, last: str, limit: int, *, sealed_since: datetime | None = None) -> list[Segment]:
    """The segments behind ``last``, in the order in which they were made."""
    row = tables.segment.c
    which = (row.id > last) & (row.state != SegmentState.GONE)
    if sealed_since is not None:
        which &= row.sealed_at.is_(None) | (row.sealed_at >= sealed_since)
    return _segments(tx, which, limit)


def bytes_behind(tx: Connection, position: str) -> tuple[int, int]:
    """Bytes of the segments up to ``position``, that one included, and of all segments."""
    row = tables.segment.c
    size = sa.func.sum(row.size)
    behind, total = tx.execute(
        sa.select(size.filter(row.id <= position), size).where(row.state != SegmentState.GONE)
    ).one()
    return int(behind or 0), int(total or 0)


def rows_in(tx: Connection, segment_id: str, since: datetime | None = None) -> list[IndexedInstance]:
    """The instances whose rows lead into a segment, by offset."""
    row = tables.instance.c
    names = [each.name for each in fields(IndexedInstance)]
    asked = sa.select(*(row[name] for name in names)).where(row.segment_id == segment_id).order_by(row.offset)
    if since is not None:
        asked = asked.where(row.received_at >= since)
    return [IndexedInstance(**dict(zip(names, one, strict=True))) for one in tx.execute(asked)]


def repaired_since(tx: Connection, since: datetime | None) -> list[str]:
    """Keys of objects that were repaired since then; without ``since`` of all that ever were."""
    row = tables.segment.c
    repaired = row.repaired_at.is_not(None) if since is None else row.repaired_at >= since
    return list(tx.scalars(sa.select(row.key).where(repaired, row.state != SegmentState.GONE)))


def lost_in(tx: Connection, limit: int) -> list[str]:
    """Ids of unknown or gone segments that rows of instances lead to."""
    row, segment = tables.instance.c, tables.segment.c
    known = sa.exists().where(segment.id == row.segment_id, segment.state != SegmentState.GONE)
    return list(tx.scalars(sa.select(row.segment_id).where(~known).distinct().limit(limit)))


def _segments(tx: Connection, which: sa.ColumnElement[bool], limit: int) -> list[Segment]:
    row = tables.segment.c
    asked = sa.select(row.id, row.state, row.size, row.copied_at).where(which).order_by(row.id).limit(limit)
    return [
        Segment(id=one.id, state=SegmentState(one.state), size=one.size, copied=one.copied_at is not None)
        for one in tx.execute(asked)
    ]
