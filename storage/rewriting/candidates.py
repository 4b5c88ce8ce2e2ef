"""Stored segments that wait for a check whether rewriting makes them smaller."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage import tables
from storage.segment_moves import NOT_YET_STORED, SegmentState

_SEGMENT: Final = tables.segment
_INSTANCE: Final = tables.instance
_STUDY: Final = tables.study


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A stored segment."""

    id: str
    size: int
    fresh: bool
    """Stored since the study was last checked."""
    instances: int
    native: int
    """Instances with pixels in a transfer syntax that can become smaller."""


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """The segments of the study that their instances name, and what may keep them from being rewritten."""

    segments: tuple[Stored, ...]
    unstored: bool
    """A segment of it is not stored yet, or is being rewritten."""
    undescribed: bool
    damaged: bool
    shown_in: frozenset[str]
    """The studies in which its instances are shown."""
    last_received_at: datetime | None


def due(tx: Connection, now: datetime, limit: int) -> list[str]:
    """Studies with segments to check, the longest waiting first."""
    first = sa.func.min(_SEGMENT.c.compact_at)
    asked = sa.select(_SEGMENT.c.study_uid).where(_SEGMENT.c.compact_at <= now).group_by(_SEGMENT.c.study_uid)
    return list(tx.execute(asked.order_by(first).limit(limit)).scalars())


def of_study(tx: Connection, study_uid: str, native: Sequence[str]) -> Waiting:
    """The segments of a study; instances in a ``native`` transfer syntax can become smaller."""
    columns = (_SEGMENT.c.id, _SEGMENT.c.state, _SEGMENT.c.size, _SEGMENT.c.compact_at)
    rows = tx.execute(sa.select(*columns).where(_SEGMENT.c.study_uid == study_uid).order_by(_SEGMENT.c.id)).all()
    stored = [row for row in rows if row.state == SegmentState.STORED]
    there = _INSTANCE.c
    pixels = there.transfer_syntax_uid.in_(native) & (there.frames > 0)
    counted = sa.select(
        there.segment_id,
        sa.func.count().label("instances"),
        _number(pixels).label("native"),
        _number(there.description.is_(None)).label("undescribed"),
        _number(there.damaged).label("damaged"),
    ).where(there.segment_id.in_([row.id for row in stored]))
    counts = {row.segment_id: row for row in tx.execute(counted.group_by(there.segment_id))}
    shown = sa.select(there.study_uid).distinct().where(there.segment_id.in_(list(counts)))
    shown_in = frozenset(tx.execute(shown).scalars()) | {study_uid}
    last = sa.select(sa.func.max(_STUDY.c.last_received_at)).where(_STUDY.c.study_uid.in_(shown_in))
    return Waiting(
        segments=tuple(
            Stored(
                id=row.id,
                size=row.size,
                fresh=row.compact_at is not None,
                instances=counts[row.id].instances if row.id in counts else 0,
                native=counts[row.id].native if row.id in counts else 0,
            )
            for row in stored
        ),
        unstored=any(row.state in NOT_YET_STORED for row in rows),
        undescribed=any(row.undescribed for row in counts.values()),
        damaged=any(row.damaged for row in counts.values()),
        shown_in=shown_in,
        last_received_at=tx.scalar(last),
    )


def postpone(tx: Connection, study_uid: str, until: datetime) -> None:
    """Check its segments again then."""
    waiting = (_SEGMENT.c.study_uid == study_uid) & _SEGMENT.c.compact_at.is_not(None)
    tx.execute(sa.update(_SEGMENT).where(waiting).values(compact_at=until))


def nothing_to_gain(tx: Connection, segment_ids: Sequence[str]) -> None:
    """Leave these segments as they are, until something new is stored for their study."""
    tx.execute(sa.update(_SEGMENT).where(_SEGMENT.c.id.in_(segment_ids)).values(compact_at=None))


def is_receiving(tx: Connection, node: str) -> bool:
    """Whether this node has an open segment: it receives instances, or did a moment ago."""
    asked = sa.select(_SEGMENT.c.id).where(_SEGMENT.c.state == SegmentState.OPEN, _SEGMENT.c.node == node)
    return tx.execute(asked.limit(1)).first() is not None


def _number(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.sum(sa.case((condition, 1), else_=0))
