"""Readings that were compared before were not conferred about."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading.tables import double_reading
from storage.database import snapshot, transaction
from storage.schema import migrate
from tests.storage.migrations.test_0019_receipt_of_one_case import PARENTS
from tests.storage.migrations.test_0097_teaching_names import AT
from tests.storage.migrations.upgrading import insert_as_it_was, upgrade_to_before


def test_readings_that_were_compared_before_were_not_conferred_about(empty: Engine) -> None:
    upgrade_to_before(empty, "0106")
    with transaction(empty) as tx:
        for table, row in PARENTS.items():
            columns = {"clock_wrong" if key == "clock_ahead" else key: value for key, value in row.items()}
            columns.pop("since" if table == "policy" else "", None)
            insert_as_it_was(tx, table, columns)
        for number in (1, 2):
            version = {"id": f"v{number}", "case_id": "C", "number": number, "status": "blind", "image_count": 1}
            told = dict.fromkeys(("content", "identity", "images"), "{}")
            insert_as_it_was(tx, "report_version", version | told | {"created_at": AT})
        pair = {"id": "d", "case_id": "C", "first_version_id": "v1", "second_version_id": "v2", "compared_at": AT}
        insert_as_it_was(tx, "double_reading", pair | {"difference": "result", "arbitration": "discordant"})

    migrate(empty)

    with snapshot(empty) as tx:
        row = tx.execute(sa.select(double_reading)).mappings().one()
    assert row["arbitration"] == "discordant"
    assert {row[name] for name in ("confer_until", "consensus_version_id", "dissent_by", "dissent")} == {None}
