"""The rows of the quarantine, and their moves from state to state."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage import tables
from storage.errors import MoveNotAllowed
from storage.quarantine_moves import SOURCES, TARGET, UNSETTLED, QuarantineMove, QuarantineState, Reason
from storage.records import Held, columns_of, records_of

_QUARANTINE: Final = tables.quarantine


def by_id(tx: Connection, quarantine_id: str) -> Held | None:
    asked = sa.select(*columns_of(Held, _QUARANTINE)).where(_QUARANTINE.c.id == quarantine_id)
    return next(iter(records_of(Held, tx.execute(asked))), None)


def find(tx: Connection, where: sa.ColumnElement[bool], *, limit: int, offset: int = 0) -> list[Held]:
    """Rows of the quarantine, the newest first."""
    asked = sa.select(*columns_of(Held, _QUARANTINE)).where(where)
    newest = (_QUARANTINE.c.received_at.desc(), _QUARANTINE.c.id.desc())
    return records_of(Held, tx.execute(asked.order_by(*newest).limit(limit).offset(offset)))


def unsettled(tx: Connection, limit: int, *, reason: Reason | None = None) -> list[Held]:
    """What is not settled, the longest waiting first; refused bytes too, or those of one reason alone."""
    asked = sa.select(*columns_of(Held, _QUARANTINE)).where(_QUARANTINE.c.settled_at.is_(None))
    if reason is not None:
        asked = asked.where(_QUARANTINE.c.reason == reason)
    return records_of(Held, tx.execute(asked.order_by(_QUARANTINE.c.received_at, _QUARANTINE.c.id).limit(limit)))


def change(
    tx: Connection, which: sa.ColumnElement[bool], move: QuarantineMove, now: datetime | None, **columns: Any
) -> int:
    """Make ``move`` in the rows whose state has it, and set ``columns`` with it; answers how many rows were changed.

    A row in another state stays as it is: somebody else was faster. ``now`` is None where the row is unsettled again.

    Raises:
        MoveNotAllowed: no row that exists has this move.

    """
    if not SOURCES[move]:
        raise MoveNotAllowed(None, move)
    there = sa.or_(*(_is_in(state) for state in sorted(SOURCES[move])))
    settled_as = None if TARGET[move] in UNSETTLED else TARGET[move]
    settled_at = None if settled_as is None else now
    moved = sa.update(_QUARANTINE).where(which, there).values(settled_as=settled_as, settled_at=settled_at, **columns)
    return tx.execute(moved).rowcount


def _is_in(state: QuarantineState) -> sa.ColumnElement[bool]:
    row = _QUARANTINE.c
    if state is QuarantineState.COMPARING:
        return row.settled_at.is_(None) & (row.reason == Reason.HELD)
    if state is QuarantineState.WAITING:
        return row.settled_at.is_(None) & (row.reason != Reason.HELD)
    return row.settled_as == state
