"""Addressing: an event of the outbox becomes one message for each of its receivers."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.errors import WrongKey
from reading.messages import receivers
from reading.messages.moves import State
from reading.messages.receivers import Event
from reading.messages.routes import ATTRIBUTED, RESTORED, Audience, routes_of
from reading.patients.keys import Keys
from reading.tables import message, outbox
from storage.ids import new_id

AT_ONCE: Final = 100
NUMBER: Final = "message.number"
"""Purpose of the ciphertext of a number."""
NO_NUMBER: Final = b""
UNREADABLE: Final = "unreadable"
"""The failure where a ciphertext does not open."""


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
            if event.kind == ATTRIBUTED and _goes_there_anyway(tx, event, now):
                continue
            if event.kind == RESTORED and _was_told(tx, event):
                continue
            shared: dict[str, Any] = {
                "outbox_id": event.id,
                "audience": route.audience,
                "created_at": now,
                "lasts_until": until,
                "next_at": now,
            }
            try:
                found = receivers.of(tx, keys, event, route, now)
            except WrongKey:
                # Nobody knows the number: a person sees it, and the others are told.
                unread = {"template": route.template, "number_cipher": NO_NUMBER, "state": State.FAILED}
                ended = {"failure": UNREADABLE, "ended_at": now}
                tx.execute(sa.insert(message), {"id": new_id(), **shared, **unread, **ended})
                continue
            for one in found:
                tx.execute(
                    sa.insert(message),
                    {
                        "id": new_id(),
                        **shared,
                        "template": one.template,
                        "organisation_id": one.organisation_id,
                        "number_cipher": keys.seal(one.number, NUMBER),
                        "state": State.WAITING,
                    },
                )
    settled = outbox.c.id.in_([row.id for row in rows])
    if rows:
        tx.execute(sa.update(outbox).where(settled).values(addressed_at=now))
    return len(rows)


def _goes_there_anyway(tx: Connection, event: Event, now: datetime) -> bool:
    """Whether a message to the patient of this report waits: it looks its number up when it goes out."""
    free = message.c.leased_until.is_(None) | (message.c.leased_until < now)
    asked = sa.select(sa.literal(1)).join(outbox, outbox.c.id == message.c.outbox_id)
    same = (outbox.c.subject_id == event.subject_id) & (message.c.audience == Audience.PATIENT)
    return tx.scalar(asked.where(same, message.c.state == State.WAITING, free).limit(1)) is not None


def _was_told(tx: Connection, event: Event) -> bool:
    """Whether a message to the patient of this report went out before it was withheld, or still goes out."""
    asked = sa.select(sa.literal(1)).join(outbox, outbox.c.id == message.c.outbox_id)
    same = (outbox.c.subject_id == event.subject_id) & (message.c.audience == Audience.PATIENT)
    return tx.scalar(asked.where(same, message.c.state != State.SPARED).limit(1)) is not None
