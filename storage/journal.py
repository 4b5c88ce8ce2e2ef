"""Decisions that change what is shown, as small objects beside the segments: the index can be made again from both."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from storage.durable import write_file
from storage.ids import made_at, new_id
from storage.objects import ObjectStore

_FOLDER: Final = "journal"


@dataclass(frozen=True, kw_only=True)
class Decision:
    id: str
    kind: str
    at: datetime
    payload: dict[str, Any]


def note(spool_dir: Path, kind: str, payload: dict[str, Any], now: datetime) -> str:
    """Keep a decision on stable storage of this node; `ship` takes it to the object store. Answers its id."""
    decision_id = new_id()
    content = json.dumps({"kind": kind, "at": now.isoformat(), "payload": payload}, ensure_ascii=False).encode()
    write_file(spool_dir / _FOLDER / f"{made_at(decision_id):%Y%m%d}" / f"{decision_id}.json", [content])
    return decision_id


def ship(spool_dir: Path, store: ObjectStore) -> int:
    """Put what was noted here into the store; answers how many."""
    shipped = 0
    for path in sorted((spool_dir / _FOLDER).glob("*/*.json")):
        key = str(path.relative_to(spool_dir))
        store.put_file(key, path)
        if store.open_range(key, 0, store.size(key)) == path.read_bytes():
            path.unlink()
            shipped += 1
    return shipped


def decisions(store: ObjectStore) -> Iterator[Decision]:
    """All of the store, in the order in which they were made."""
    keys = sorted(store.keys(f"{_FOLDER}/"), key=lambda key: key.rpartition("/")[2])
    for key in keys:
        read = json.loads(store.open_range(key, 0, store.size(key)))
        yield Decision(
            id=Path(key).stem, kind=read["kind"], at=datetime.fromisoformat(read["at"]), payload=read["payload"]
        )
