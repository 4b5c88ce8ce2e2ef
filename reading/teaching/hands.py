"""Hands: everybody who wrote an entry or changed its words, each time; the words themselves are never kept here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.tables import person, teaching_entry, teaching_hand

_ROW: Final = teaching_hand.c


@dataclass(frozen=True, kw_only=True)
class Hand:
    """Somebody who wrote it."""

    name: str
    at: datetime


def put(tx: Connection, entry_id: str, *, revision: int, person_id: str, now: datetime) -> None:
    """Keep who made this revision of an entry."""
    tx.execute(
        sa.insert(teaching_hand), {"entry_id": entry_id, "revision": revision, "person_id": person_id, "at": now}
    )


def of_entry(tx: Connection, row: sa.Row[Any]) -> list[Hand]:
    """Whoever added an entry, then each who changed it, in their order."""
    changed = tx.execute(
        sa.select(person.c.name, _ROW.at)
        .join(person, person.c.id == _ROW.person_id)
        .where(_ROW.entry_id == row.id)
        .order_by(_ROW.revision)
    )
    added = tx.scalar(sa.select(person.c.name).where(person.c.id == row.added_by)) or ""
    return [Hand(name=added, at=row.added_at), *(Hand(name=one.name, at=one.at) for one in changed)]


def of_others(person_id: str) -> sa.ColumnElement[bool]:
    """The condition on ``teaching_entry`` that anybody else added it or ever changed its words."""
    other = sa.exists().where(_ROW.entry_id == teaching_entry.c.id, _ROW.person_id != person_id)
    return (teaching_entry.c.added_by != person_id) | other.correlate(teaching_entry)
