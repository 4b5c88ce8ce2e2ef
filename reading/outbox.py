"""The outbox: what other people and systems must be told, written in the transaction of what it tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.tables import outbox
from storage.ids import new_id

LONGEST_WAIT: Final = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Message:
    id: str
    kind: str
    subject_id: str
    payload: Mapping[str, Any]
    """Ids and states of ours only; the receiver fetches the rest through the one door."""
    created_at: datetime
    attempts: int


def post(tx: Connection, kind: str, subject_id: str, payload: Mapping[str, Any], now: datetime) -> str:
    """Put a message in; it leaves when the transaction commits."""
    made = new_id()
    tx.execute(
        sa.insert(outbox).values(
            id=made, kind=kind, subject_id=subject_id, payload=dict(payload), created_at=now, next_at=now
        )
    )
    return made


def due(tx: Connection, limit: int, now: datetime) -> list[Message]:
    """What should be tried now, the oldest first; the rows stay locked until the transaction ends."""
    rows = tx.execute(
        sa.select(outbox)
        .where(outbox.c.delivered_at.is_(None), outbox.c.next_at <= now)
        .order_by(outbox.c.next_at, outbox.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [
        Message(
            id=row.id,
            kind=row.kind,
            subject_id=row.subject_id,
            payload=row.payload,
            created_at=row.created_at,
            attempts=row.attempts,
        )
        for row in rows
    ]


def delivered(tx: Connection, message_id: str, now: datetime) -> None:
    tx.execute(
        sa.update(outbox).where(outbox.c.id == message_id).values(delivered_at=now, attempts=outbox.c.attempts + 1)
    )


def failed(tx: Connection, message: Message, now: datetime) -> None:
    """Try again later: after 2, 4, 8 ... seconds, at most an hour."""
    wait = min(timedelta(seconds=2 ** min(message.attempts + 1, 20)), LONGEST_WAIT)
    tx.execute(
        sa.update(outbox).where(outbox.c.id == message.id).values(attempts=message.attempts + 1, next_at=now + wait)
    )
