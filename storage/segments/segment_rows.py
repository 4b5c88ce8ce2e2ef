"""The rows of segments: where each lies, and its moves from state to state."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage import tables
from storage.database import insert_new
from storage.errors import MoveNotAllowed
from storage.ids import made_at
from storage.segment_moves import SOURCES, TARGET, SegmentMove, SegmentState, after


@lru_cache(maxsize=4096)
def segment_key(segment_id: str) -> str:
    """Where a segment lies in spool and object store: made of our id alone."""
    return f"segments/{made_at(segment_id):%Y%m%d}/{segment_id}.tar"


def begin(tx: Connection, move: SegmentMove, segment_id: str, **columns: Any) -> None:
    """Insert the row of a new segment, in the state to which ``move`` leads.

    Raises:
        MoveNotAllowed: no segment begins with this move.

    """
    tx.execute(sa.insert(tables.segment), _begun(move, segment_id, columns))


def change(tx: Connection, which: sa.ColumnElement[bool], move: SegmentMove, **columns: Any) -> int:
    """Make ``move`` in the rows whose state has it, and set ``columns`` with it; answers how many rows were changed.

    A row in another state stays as it is: somebody else was faster.

    Raises:
        MoveNotAllowed: no segment that exists has this move.

    """
    if not SOURCES[move]:
        raise MoveNotAllowed(None, move)
    there = tables.segment.c.state.in_(SOURCES[move])
    moved = sa.update(tables.segment).where(which, there).values(state=TARGET[move], **columns)
    return tx.execute(moved).rowcount


def change_or_begin(tx: Connection, segment_id: str, move: SegmentMove, begun: dict[str, Any], **columns: Any) -> None:
    """As `change` for one segment; where no row is known, one is inserted, with what ``begun`` tells besides.

    Raises:
        MoveNotAllowed: no segment begins with this move.

    """
    if change(tx, tables.segment.c.id == segment_id, move, **columns) == 0:
        tx.execute(insert_new(tx, tables.segment).values(_begun(move, segment_id, begun | columns)))


def await_storing(tx: Connection, segment_ids: Collection[str]) -> None:
    """Note that somebody waits for these segments, so that their writers seal them at once (`Spool.seal_awaited`)."""
    row = tables.segment.c
    tx.execute(
        sa.update(tables.segment)
        .where(row.id.in_(segment_ids), row.state == SegmentState.OPEN, row.awaited.is_(False))
        .values(awaited=True)
    )


def _begun(move: SegmentMove, segment_id: str, columns: dict[str, Any]) -> dict[str, Any]:
    own = {"id": segment_id, "key": segment_key(segment_id), "state": after(None, move)}
    return {"opened_at": made_at(segment_id), **columns, **own}
