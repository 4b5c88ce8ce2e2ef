"""What was printed before counts as paper, and stays as it is."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from storage.database import snapshot, transaction
from storage.schema import migrate
from tests.storage.migrations.test_0019_receipt_of_one_case import NOON, PARENTS
from tests.storage.migrations.test_0050_double_reading import VERSION
from tests.storage.migrations.upgrading import insert_as_it_was, upgrade_to_before


def test_printings_of_before_are_paper(empty: Engine) -> None:
    upgrade_to_before(empty, "0081")
    with transaction(empty) as tx:
        for table, row in PARENTS.items():
            columns = {"clock_wrong" if key == "clock_ahead" else key: value for key, value in row.items()}
            if table == "policy":
                columns.pop("since")
            insert_as_it_was(tx, table, columns)
        insert_as_it_was(tx, "report_version", {**VERSION, "id": "V", "number": 1, "status": "final"})
        row = {"id": "A", "version_id": "V", "person_id": "T", "status": "final", "at": NOON}
        insert_as_it_was(tx, "printing", row)

    migrate(empty)

    with snapshot(empty) as tx:
        assert tx.execute(sa.text("SELECT id, means FROM printing")).all() == [("A", "paper")]
