"""Addressing: an event of the outbox becomes one message for each of its receivers."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.messages import receivers
from reading.messages.moves import State
from reading.messages.receivers import Event
from reading.messages.routes import Audience, routes_of
from reading.patients.keys import Keys
from reading.tables import message, outbox
from storage.ids import new_id

AT_ONCE: Final = 100
NUMBER: Final = "message.number"
"""Purpose of the ciphertext of a number."""


def is_waiting(tx: Connection) -> bool:
    """Whether an event has not been addressed yet."""
    return tx.scalar(sa.select(outbox.c.id).where(outbox.c.addressed_at.is_(None)).limit(1)) is not None


def address(tx: Connection, keys: Keys, audiences: Collection[Audience], now: datetime) -> int:
    """Make the messages of the oldest events; answers how many events were settled.

    An event that is too old, that is no longer true or that concerns nobody is settled without a message, and so is
    whatever is not for one of ``audiences``.
    """
    rows = tx.execute(
        sa.select(outbox)
        .where(outbox.c.addressed_at.is_(None))
        .order_by(outbox.c.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        event = Event(
            id=row.id, kind=row.kind, subject_id=row.subject_id, payload=row.payload, happened_at=row.created_at
        )
        for route in routes_of(event.kind):
            until = event.happened_at + route.lasts
            if route.audience not in audiences or until <= now or not receivers.is_needed(tx, event, route, now):
                continue
            for one in receivers.of(tx, keys, event, route, now):
                tx.execute(
                    sa.insert(message),
                    {
                        "id": new_id(),
                        "outbox_id": event.id,
                        "audience": route.audience,
                        "template": one.template,
                        "organisation_id": one.organisation_id,
                        "number_cipher": keys.seal(one.number, NUMBER),
                        "state": State.WAITING,
                        "created_at": now,
                        "lasts_until": until,
                        "next_at": now,
                    },
                )
    settled = outbox.c.id.in_([row.id for row in rows])
    if rows:
        tx.execute(sa.update(outbox).where(settled).values(addressed_at=now))
    return len(rows)
