"""Sessions of patients that a receipt opened stay as they are, and a telephone may open others beside them."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading.tables import patient_session
from storage.database import snapshot, transaction
from storage.schema import migrate
from tests.storage.migrations.test_0019_receipt_of_one_case import NOON, PARENTS
from tests.storage.migrations.upgrading import insert_as_it_was, upgrade_to_before


def test_a_session_of_before_keeps_its_receipt(empty: Engine) -> None:
    upgrade_to_before(empty, "0087")
    with transaction(empty) as tx:
        for table, row in PARENTS.items():
            there = {column["name"] for column in sa.inspect(tx).get_columns(table)}
            renamed = {"clock_wrong" if key == "clock_ahead" else key: value for key, value in row.items()}
            insert_as_it_was(tx, table, {key: value for key, value in renamed.items() if key in there})
        slip = {"id": "R", "case_id": "C", "patient_id": "P", "code_digest": b"D", "printed_by": "T"}
        insert_as_it_was(tx, "receipt", slip | {"printed_at": NOON, "expires_at": NOON})
        session = {"token_digest": b"D", "patient_id": "P", "receipt_id": "R", "csrf_token": "C"}
        insert_as_it_was(tx, "patient_session", session | {"created_at": NOON, "active_at": NOON})

    migrate(empty)

    with snapshot(empty) as tx:
        (kept,) = tx.execute(sa.select(patient_session)).all()
        columns = {column["name"] for column in sa.inspect(tx).get_columns("patient")}
    assert (kept.receipt_id, kept.telephone_id, kept.csrf_token) == ("R", None, "C")
    assert "telephone_verified_at" not in columns
