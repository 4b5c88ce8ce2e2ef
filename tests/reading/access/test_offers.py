"""A worklist's answer is a look at its patients: each order is on record, once in ten minutes."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading.access import offers
from reading.context import Context
from reading.tables import audit_event
from reading.viewers import Machine
from storage.database import snapshot, transaction
from tests.plans import plans_of, reads_through
from tests.reading.clinic import open_clinic

DR1 = Machine(device_id="D" * 26, site_id="S", issuer="S")
DR2 = Machine(device_id="E" * 26, site_id="S", issuer="S")


def test_a_device_that_asks_each_minute_is_on_record_with_what_is_new(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        audit = open_clinic(tx, now).audit
        for device, minute, told in (
            (DR1, 0, ["A", "B"]),
            (DR1, 1, ["A", "B"]),
            (DR1, 2, ["A", "C", "C"]),
            (DR2, 2, ["A"]),
            (DR1, 13, ["A", "B", "C"]),
        ):
            offers.open_orders(Context(tx, audit, now + timedelta(minutes=minute), device), told)

    with snapshot(engine) as tx:
        rows = tx.execute(
            sa.select(audit_event).where(audit_event.c.action == "worklist.answer").order_by(audit_event.c.number)
        ).all()
        assert [(row.actor_kind, row.actor_id[0], row.details["orders"]) for row in rows] == [
            ("machine", "D", "A B"),
            ("machine", "D", "C"),
            ("machine", "E", "A"),
            ("machine", "D", "A B C"),
        ]
        assert offers.on_record(tx, DR2, now + timedelta(minutes=3)) == {"A"}
    for plan in plans_of(engine, lambda tx: offers.on_record(tx, DR1, now)):
        assert not reads_through(plan, "audit_event"), plan
