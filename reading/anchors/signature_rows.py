"""Signatures of reports as anchors name them: id and digest of each row."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.reports.seal import canonical
from reading.tables import signature
from storage.database import portions
from storage.ids import earliest_id, made_at

LATE: Final = timedelta(minutes=10)
"""A row may be committed this much later than its id says: a transaction takes its time, and clocks differ."""


def since(tx: Connection, mark: str, known: Iterable[str], limit: int) -> list[tuple[str, bytes]]:
    """Rows behind ``mark`` in the order of their ids, and those before it that came late, without the known ones."""
    begin = earliest_id(made_at(mark) - LATE) if mark else ""
    listed = {row_id for row_id in known if row_id > begin}
    asked = sa.select(signature).where(signature.c.id > begin).order_by(signature.c.id).limit(limit + len(listed))
    return [(row.id, _digest(row)) for row in tx.execute(asked) if row.id not in listed][:limit]


def differing(tx: Connection, anchored: Sequence[tuple[str, bytes]]) -> list[str]:
    """The ids among these whose rows are gone or say something else."""
    wrong: list[str] = []
    for some in portions(anchored):
        page = dict(some)
        rows = tx.execute(sa.select(signature).where(signature.c.id.in_(page)))
        there = {row.id: _digest(row) for row in rows}
        wrong += [row_id for row_id, digest in page.items() if there.get(row_id) != digest]
    return wrong


def _digest(row: sa.Row[Any]) -> bytes:
    said = {
        "version_id": row.version_id,
        "role": row.role,
        "person_id": row.person_id,
        "grant_id": row.grant_id,
        "signed_at": row.signed_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "algorithm": row.algorithm,
        "key_id": row.key_id,
        "payload": hashlib.sha256(row.payload).hexdigest(),
        "value": row.value.hex(),
    }
    return hashlib.sha256(canonical(said)).digest()
