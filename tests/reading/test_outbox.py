"""Messages leave when the transaction of what they tell commits, and are tried until they arrive."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading import outbox, tables
from storage.database import transaction
from storage.ids import new_id


def test_a_message_is_due_until_it_is_delivered(engine: Engine, now: datetime) -> None:
    subject = new_id()
    with transaction(engine) as tx:
        posted = outbox.post(tx, "report.released", subject, {"number": 1}, now)
        before = outbox.due(tx, 10, now)
        outbox.delivered(tx, posted, now)
        after = outbox.due(tx, 10, now)

    assert [(one.kind, one.subject_id, one.payload) for one in before] == [("report.released", subject, {"number": 1})]
    assert after == []


def test_what_rolls_back_tells_nobody(engine: Engine, now: datetime) -> None:
    with engine.connect() as tx:
        outbox.post(tx, "report.released", new_id(), {}, now)
        tx.rollback()
    with transaction(engine) as tx:
        assert outbox.due(tx, 10, now) == []


def test_what_fails_is_tried_again_after_longer_and_longer_waits(engine: Engine, now: datetime) -> None:
    waits: list[timedelta] = []
    at = now
    with transaction(engine) as tx:
        outbox.post(tx, "report.released", new_id(), {}, now)
        for _ in range(14):
            message = outbox.due(tx, 1, at)[0]
            outbox.failed(tx, message, at)
            assert outbox.due(tx, 1, at) == []
            wait = tx.scalar(sa.select(tables.outbox.c.next_at)) - at
            assert outbox.due(tx, 1, at + wait - timedelta(seconds=1)) == []
            waits.append(wait)
            at += wait

    assert waits[:4] == [timedelta(seconds=seconds) for seconds in (2, 4, 8, 16)]
    assert waits[-1] == timedelta(hours=1)


def test_two_senders_do_not_take_the_same_message(engine: Engine, now: datetime) -> None:
    if engine.dialect.name == "sqlite":
        return  # one writer at a time: the second waits for the first
    with transaction(engine) as tx:
        for _ in range(2):
            outbox.post(tx, "report.released", new_id(), {}, now)
    with transaction(engine) as one, transaction(engine) as other:
        first, second = outbox.due(one, 1, now), outbox.due(other, 1, now)

    assert first[0].id != second[0].id
