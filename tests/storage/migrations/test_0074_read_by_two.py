"""Cases of before know whether two people read them."""

from __future__ import annotations

import json

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading.tables import case
from storage.database import snapshot, transaction
from storage.schema import migrate
from tests.storage.migrations.test_0019_receipt_of_one_case import PARENTS
from tests.storage.migrations.upgrading import insert_as_it_was, upgrade_to_before


def test_a_case_knows_by_its_rule_that_two_read_it(empty: Engine) -> None:
    upgrade_to_before(empty, "0074")
    with transaction(empty) as tx:
        for table, row in PARENTS.items():
            columns = {"clock_wrong" if key == "clock_ahead" else key: value for key, value in row.items()}
            if table == "policy":
                columns.pop("since")
                columns["rules"] = json.dumps({"rules": [{"name": "one"}, {"name": "two", "double_reading": {}}]})
            if table == "case":
                for case_id, rule in (("C", "one"), ("D", "two")):
                    insert_as_it_was(tx, table, columns | {"id": case_id, "rule": rule})
                continue
            insert_as_it_was(tx, table, columns)

    migrate(empty)

    with snapshot(empty) as tx:
        assert dict(map(tuple, tx.execute(sa.select(case.c.id, case.c.by_two)).all())) == {"C": False, "D": True}
