"""Decisions that change what is shown: a row in the transaction that makes each, then an object beside the segments.

The index can be made again from segments and journal alone. A decision is in the table exactly when what it decided
is in the database, and in the object store soon afterwards; between the two nothing can be lost.
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
"""Of the keys of all decisions in the store."""
_JOURNAL: Final = tables.journal
_AT_ONCE: Final = 200


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Ids are in the order in which decisions that touch the same things were made."""

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
    """Keep a decision with what it changes, after the locks of what it changes are held; answers its id."""
    decision_id = new_id_after(tx.scalar(sa.select(sa.func.max(_JOURNAL.c.id))))
    tx.execute(sa.insert(_JOURNAL).values(id=decision_id, kind=kind, at=now, payload=dict(payload)))
    return decision_id


def note_applied(tx: Connection, decision: Decision, now: datetime) -> None:
    """A decision of the object store was made again in this database."""
    known = sa.update(_JOURNAL).where(_JOURNAL.c.id == decision.id).values(applied=True)
    if tx.execute(known).rowcount == 0:
        made = {"id": decision.id, "kind": decision.kind, "at": decision.at, "payload": decision.payload}
        tx.execute(sa.insert(_JOURNAL).values(**made, applied=True, shipped_at=now))


def applied(tx: Connection, decision_ids: Iterable[str]) -> set[str]:
    """Those of these whose effect is in the database."""
    asked = sa.select(_JOURNAL.c.id).where(_JOURNAL.c.id.in_(list(decision_ids)), _JOURNAL.c.applied)
    return set(tx.scalars(asked))


def unapplied(tx: Connection) -> list[Decision]:
    """What the database knows of and does not show, in order: it was restored without its index."""
    rows = tx.execute(sa.select(_JOURNAL).where(_JOURNAL.c.applied.is_(False)).order_by(_JOURNAL.c.id))
    return [_decision(row) for row in rows]


def ship(engine: Engine, spool_dir: Path, store: ObjectStore, now: datetime) -> int:
    """Put what was decided since into the store; answers how many. Several nodes may do so at once.

    Raises:
        StoreAway, StoreRefuses: of the store; what is decided waits in the database.

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
    """Raises: of the store; ValueError, where the object is none of ours."""
    return Decision.from_json(Path(key).stem, store.open_range(key, 0, size))


def prefix_of(day: datetime) -> str:
    """Of the keys of the decisions that were made on a day (UTC)."""
    return f"{PREFIX}{day.astimezone(UTC):%Y%m%d}/"


def decisions(store: ObjectStore) -> Iterator[Decision]:
    """All of the store, in the order in which they were made."""
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
