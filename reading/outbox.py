"""The outbox: messages to other people and systems, written in the transaction of the event that they report."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.tables import outbox
from storage.ids import new_id


def post(tx: Connection, kind: str, subject_id: str, payload: Mapping[str, Any], now: datetime) -> str:
    """Put a message in; it stands or falls with the transaction."""
    made = new_id()
    tx.execute(
        sa.insert(outbox),
        {
            "id": made,
            "kind": kind,
            "subject_id": subject_id,
            "payload": dict(payload),
            "created_at": now,
        },
    )
    return made
