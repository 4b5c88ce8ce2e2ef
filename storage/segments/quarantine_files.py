"""Files of refused or torn bytes in a node's spool, each with a note from which its row can be made again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage import tables
from storage.database import insert_new
from storage.files import Chunk, write_file
from storage.instance_row import compact_json

FOLDER: Final = "quarantine"
NOTE: Final = ".json"
"""The suffix of a note's name; its file has the same name without it."""


def keep(spool_dir: Path, values: dict[str, Any], content: Iterable[Chunk]) -> dict[str, Any]:
    """Write the bytes, then the note; answers the row, which the caller writes last."""
    digest = hashlib.sha256()

    def hashed() -> Iterator[Chunk]:
        for chunk in content:
            digest.update(chunk)
            yield chunk

    path = spool_dir / values["key"]
    size = write_file(path, hashed())
    row: dict[str, Any] = {**values, "size": size, "digest": digest.digest()}
    told = {**row, "digest": digest.hexdigest(), "received_at": values["received_at"].isoformat()}
    write_file(note_of(path), [compact_json(told)])
    return row


def note_of(path: Path) -> Path:
    return path.with_name(path.name + NOTE)


def noted(spool_dir: Path) -> Iterator[dict[str, Any]]:
    """The rows of all files here, by key. A file without a note was being written when its writer died."""
    for path in sorted((spool_dir / FOLDER).rglob("*")):
        if path.is_file() and path.name.endswith(NOTE) and not path.name.startswith("."):
            told = json.loads(path.read_bytes())
            yield {
                **told,
                "digest": bytes.fromhex(told["digest"]),
                "received_at": datetime.fromisoformat(told["received_at"]),
            }


def enter(tx: Connection, row: dict[str, Any]) -> bool:
    """Insert a row that was lost; False where it is there."""
    there = sa.select(tables.quarantine.c.id).where(tables.quarantine.c.key == row["key"])
    if tx.scalar(there) is not None:
        return False
    tx.execute(insert_new(tx, tables.quarantine).values(row))
    return True
