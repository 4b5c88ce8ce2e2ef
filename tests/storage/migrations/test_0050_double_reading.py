"""Reports that were signed stay as they are, blind readings may stand beside them, and nothing else is a status."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

from storage.database import snapshot, transaction
from tests.storage.migrations.test_0019_receipt_of_one_case import NOON, PARENTS
from tests.storage.migrations.upgrading import insert_as_it_was, upgrade_to, upgrade_to_before

VERSION = {"case_id": "C", "created_at": NOON, "image_count": 1, "content": "{}", "identity": "{}", "images": "[]"}


def test_blind_readings_are_versions_from_now_on(empty: Engine) -> None:
    upgrade_to_before(empty, "0050")
    with transaction(empty) as tx:
        for table, row in PARENTS.items():
            columns = {"clock_wrong" if key == "clock_ahead" else key: value for key, value in row.items()}
            if table == "policy":
                columns.pop("since")
            insert_as_it_was(tx, table, columns)
        insert_as_it_was(tx, "report_version", {**VERSION, "id": "V", "number": 1, "status": "final"})

    upgrade_to(empty, "heads")

    with transaction(empty) as tx:
        insert_as_it_was(tx, "report_version", {**VERSION, "id": "B", "number": 2, "status": "blind"})
    with pytest.raises(IntegrityError), transaction(empty) as tx:
        insert_as_it_was(tx, "report_version", {**VERSION, "id": "X", "number": 3, "status": "guessed"})
    with snapshot(empty) as tx:
        statuses = {row.id: row.status for row in tx.execute(sa.text("SELECT id, status FROM report_version"))}
    assert statuses == {"V": "final", "B": "blind"}


def test_a_check_with_other_words_is_not_taken_for_a_changed_one(empty: Engine) -> None:
    if empty.dialect.name != "sqlite":
        pytest.skip("PostgreSQL names the constraint that it drops")
    upgrade_to_before(empty, "0050")
    with transaction(empty) as tx:
        tx.execute(sa.text("PRAGMA writable_schema = ON"))
        tx.execute(sa.text("UPDATE sqlite_master SET sql = replace(sql, 'status in (', 'status IN (')"))
        tx.execute(sa.text("PRAGMA writable_schema = OFF"))

    with pytest.raises(RuntimeError, match="other words"):
        upgrade_to(empty, "0050")
