"""A message stands or falls with the transaction of what it tells."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading import outbox, tables
from storage.database import transaction
from storage.ids import new_id


def test_a_message_is_posted_with_what_it_tells(engine: Engine, now: datetime) -> None:
    subject = new_id()
    with transaction(engine) as tx:
        posted = outbox.post(tx, "report.released", subject, {"number": 1}, now)
    with transaction(engine) as tx:
        (message,) = tx.execute(sa.select(tables.outbox)).all()

    assert (message.id, message.kind, message.subject_id) == (posted, "report.released", subject)
    assert (message.payload, message.created_at, message.addressed_at) == ({"number": 1}, now, None)


def test_what_rolls_back_tells_nobody(engine: Engine, now: datetime) -> None:
    with engine.connect() as tx:
        outbox.post(tx, "report.released", new_id(), {}, now)
        tx.rollback()
    with transaction(engine) as tx:
        assert tx.execute(sa.select(tables.outbox)).all() == []
