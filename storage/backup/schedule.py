"""When backups were made: one node makes one a day, and another takes over where that node died."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage import tables
from storage.database import insert_new
from storage.ids import new_id

_BACKUP: Final = tables.backup
_LEASE: Final = timedelta(hours=6)
"""Longer than any backup takes."""


def claim(tx: Connection, day: date, node: str, now: datetime) -> str | None:
    """The backup of a day, to be made by ``node`` now; None where another makes it or it is made."""
    begun = {"id": new_id(), "day": day, "node": node, "started_at": now}
    new = insert_new(tx, _BACKUP).values(begun).execution_options(preserve_rowcount=True)
    if tx.execute(new).rowcount == 1:
        return str(begun["id"])
    left = (_BACKUP.c.node == node) | (_BACKUP.c.started_at < now - _LEASE)
    mine = (_BACKUP.c.day == day) & _BACKUP.c.finished_at.is_(None) & left
    if tx.execute(sa.update(_BACKUP).where(mine).values(node=node, started_at=now)).rowcount == 0:
        return None
    return tx.scalar(sa.select(_BACKUP.c.id).where(_BACKUP.c.day == day))


def finish(tx: Connection, backup_id: str, size: int, now: datetime) -> None:
    tx.execute(sa.update(_BACKUP).where(_BACKUP.c.id == backup_id).values(size=size, finished_at=now))


def note(tx: Connection, node: str, size: int, started_at: datetime, now: datetime) -> None:
    """Note a backup that somebody made by hand."""
    made = {"id": new_id(), "node": node, "started_at": started_at, "finished_at": now, "size": size}
    tx.execute(sa.insert(_BACKUP), made)


def newest(tx: Connection) -> datetime | None:
    """When the last one was finished."""
    return tx.scalar(sa.select(sa.func.max(_BACKUP.c.finished_at)))
