"""Decisions that change what is shown: a row in the transaction that makes each, then an object in the store.

The index can be rebuilt from segments and journal alone. A decision is in the table exactly when its effect is in the
database, and in the object store soon afterwards.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from storage import tables
from storage.database import snapshot, transaction
from storage.files import write_file
from storage.ids import made_at, new_id_after
from storage.objects.store import ObjectStore

FOLDER: Final = "journal"
PREFIX: Final = f"{FOLDER}/"
"""The prefix of the keys of all decisions in the store."""
_JOURNAL: Final = tables.journal
_AT_ONCE: Final = 200


@dataclass(frozen=True, kw_only=True)
class Decision:
    """A decision; ids sort decisions about the same rows in the order in which they were made."""

    id: str
    kind: str
    at: datetime
    payload: dict[str, Any] = field(repr=False)

    def to_json(self) -> bytes:
        told = {"kind": self.kind, "at": self.at.isoformat(), "payload": self.payload}
        return json.dumps(told, ensure_ascii=False).encode()

    @classmethod
    def from_json(cls, decision_id: str, content: bytes) -> Decision:
        read = json.loads(content)
        return cls(id=decision_id, kind=read["kind"], at=datetime.fromisoformat(read["at"]), payload=read["payload"])


def write(tx: Connection, kind: str, payload: Mapping[str, Any], now: datetime) -> str:
    """Write a decision, after locking the rows that it changes; answers its id."""
    decision_id = new_id_after(tx.scalar(sa.select(sa.func.max(_JOURNAL.c.id))))
    tx.execute(sa.insert(_JOURNAL), {"id": decision_id, "kind": kind, "at": now, "payload": dict(payload)})
    return decision_id


def note_applied(tx: Connection, decision: Decision, now: datetime) -> None:
    """Note that a decision of the object store was made again in this database."""
    known = sa.update(_JOURNAL).where(_JOURNAL.c.id == decision.id).values(applied=True)
    if tx.execute(known).rowcount == 0:
        made = {"id": decision.id, "kind": decision.kind, "at": decision.at, "payload": decision.payload}
        tx.execute(sa.insert(_JOURNAL), {**made, "applied": True, "shipped_at": now})


def applied(tx: Connection, decision_ids: Iterable[str]) -> set[str]:
    """The ids among these of decisions whose effect is in the database."""
    asked = sa.select(_JOURNAL.c.id).where(_JOURNAL.c.id.in_(list(decision_ids)), _JOURNAL.c.applied)
    return set(tx.scalars(asked))


def unapplied(tx: Connection) -> list[Decision]:
    """Decisions whose effect is not in the database, in order: it was restored without its index."""
    rows = tx.execute(sa.select(_JOURNAL).where(_JOURNAL.c.applied.is_(False)).order_by(_JOURNAL.c.id))
    return [_decision(row) for row in rows]


def ship(engine: Engine, spool_dir: Path, store: ObjectStore, now: datetime) -> int:
    """Put new decisions into the store; answers how many. Several nodes may do so at once.

    Raises:
        StoreAway, StoreRefuses: of the store; the decisions wait in the database.

    """
    shipped = 0
    while True:
        with snapshot(engine) as tx:
            waiting = sa.select(_JOURNAL).where(_JOURNAL.c.shipped_at.is_(None)).order_by(_JOURNAL.c.id)
            decisions = [_decision(row) for row in tx.execute(waiting.limit(_AT_ONCE))]
        done = [one.id for one in decisions if _put(one, spool_dir, store)]
        with transaction(engine) as tx:
            tx.execute(sa.update(_JOURNAL).where(_JOURNAL.c.id.in_(done)).values(shipped_at=now))
        shipped += len(done)
        if len(done) < _AT_ONCE:
            return shipped


def key_of(decision_id: str) -> str:
    """Where a decision lies in the object store: made of our id alone."""
    return f"{FOLDER}/{made_at(decision_id):%Y%m%d}/{decision_id}.json"


def read(store: ObjectStore, key: str, size: int) -> Decision:
    """Raises: as the store; ValueError, where the object is no decision."""
    return Decision.from_json(Path(key).stem, store.open_range(key, 0, size))


def prefix_of(day: datetime) -> str:
    """The prefix of the keys of one day's decisions (UTC)."""
    return f"{PREFIX}{day.astimezone(UTC):%Y%m%d}/"


def decisions(store: ObjectStore) -> Iterator[Decision]:
    """All decisions in the store, in the order in which they were made."""
    for day in store.folders(f"{FOLDER}/"):
        for key, size in store.sizes(f"{FOLDER}/{day}/"):
            yield read(store, key, size)


def _put(one: Decision, spool_dir: Path, store: ObjectStore) -> bool:
    key, content = key_of(one.id), one.to_json()
    path = spool_dir / key
    write_file(path, [content])
    try:
        store.put_file(key, path)
        return store.open_range(key, 0, store.size(key)) == content
    finally:
        path.unlink(missing_ok=True)


def _decision(row: sa.Row[Any]) -> Decision:
    return Decision(id=row.id, kind=row.kind, at=row.at, payload=dict(row.payload))
