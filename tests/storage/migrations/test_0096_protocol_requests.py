"""Orders of before have no questions, and keep what they are; one question about each is open at a time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

from reading.tables import imaging_order, protocol_request
from storage.database import snapshot, transaction
from storage.schema import migrate
from tests.storage.migrations.test_0019_receipt_of_one_case import PARENTS
from tests.storage.migrations.upgrading import insert_as_it_was, upgrade_to_before

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def test_orders_stay_and_one_question_is_open_about_each(empty: Engine) -> None:
    upgrade_to_before(empty, "0096")
    with transaction(empty) as tx:
        for table in ("organisation", "person", "patient"):
            insert_as_it_was(tx, table, PARENTS[table])
        order = {"id": "O", "site_id": "S", "patient_id": "P", "accession_number": "A1", "modality": "CT"}
        times = {"scheduled_at": "2026-03-02 12:00:00+00:00", "created_at": "2026-03-02 12:00:00+00:00"}
        insert_as_it_was(tx, "imaging_order", order | times | {"priority": "routine", "state": "placed"})

    migrate(empty)

    def add(number: str) -> None:
        row = {"id": number, "order_id": "O", "asked_by": "T", "asked_at": NOON, "words": "x", "state": "open"}
        with transaction(empty) as tx:
            tx.execute(sa.insert(protocol_request), row)

    add("1")
    with pytest.raises(IntegrityError):
        add("2")
    with transaction(empty) as tx:
        tx.execute(sa.update(protocol_request).values(state="refused"))
    add("3")
    with snapshot(empty) as tx:
        assert tx.scalars(sa.select(protocol_request.c.revision)).all() == [1, 1]
        assert tx.execute(sa.select(imaging_order.c.state, imaging_order.c.revision)).one() == ("placed", 1)
