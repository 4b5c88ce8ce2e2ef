"""Receipts that are printed already ask for a card, as they say."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading.tables import receipt
from storage.database import snapshot, transaction
from storage.schema import migrate
from tests.storage.migrations.test_0019_receipt_of_one_case import PARENTS
from tests.storage.migrations.upgrading import insert_as_it_was, upgrade_to_before

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def test_receipts_that_are_printed_already_ask_for_a_card(empty: Engine) -> None:
    upgrade_to_before(empty, "0103")
    with transaction(empty) as tx:
        for table, row in PARENTS.items():
            columns = {"clock_wrong" if key == "clock_ahead" else key: value for key, value in row.items()}
            if table == "policy":
                columns.pop("since")
            insert_as_it_was(tx, table, columns)
        printed = {"id": "R", "case_id": "C", "patient_id": "P", "printed_by": "T", "code_digest": b"1" * 32}
        insert_as_it_was(tx, "receipt", printed | {"printed_at": AT, "expires_at": AT})

    migrate(empty)

    with snapshot(empty) as tx:
        assert tx.execute(sa.select(receipt.c.id, receipt.c.by_number)).all() == [("R", False)]
