"""A critical case of before the migration stands with the urgent ones after it."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading import tables
from storage.database import snapshot, transaction
from tests.storage.migrations.test_0019_receipt_of_one_case import PARENTS
from tests.storage.migrations.upgrading import insert_as_it_was, upgrade_to, upgrade_to_before


def test_a_critical_case_stands_with_the_urgent_ones(empty: Engine) -> None:
    upgrade_to_before(empty, "0038")
    cases = {"A": (True, 2), "B": (False, 2), "C": (True, 0), "D": (True, 1)}
    with transaction(empty) as tx:
        for table, row in PARENTS.items():
            if table != "case":
                insert_as_it_was(tx, table, row)
        same = {"clock_wrong" if key == "clock_ahead" else key: value for key, value in PARENTS["case"].items()}
        for case_id, (critical, rank) in cases.items():
            insert_as_it_was(tx, "case", {**same, "id": case_id, "critical": critical, "rank": rank})
    upgrade_to(empty, "heads")

    with snapshot(empty) as tx:
        ranks = {row.id: row.rank for row in tx.execute(sa.select(tables.case.c.id, tables.case.c.rank))}
    assert ranks == {"A": 1, "B": 2, "C": 0, "D": 1}
