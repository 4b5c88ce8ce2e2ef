"""Agreements keep their tiers when a third one is added, and cases that waited are left as they are."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading import tables
from storage.database import snapshot, transaction
from tests.storage.migrations.test_0019_receipt_of_one_case import NOON, PARENTS
from tests.storage.migrations.upgrading import insert_as_it_was, upgrade_to, upgrade_to_before


def test_agreements_and_cases_stay(empty: Engine) -> None:
    upgrade_to_before(empty, "0046")
    with transaction(empty) as tx:
        for table, row in PARENTS.items():
            columns = {"clock_wrong" if key == "clock_ahead" else key: value for key, value in row.items()}
            if table == "policy":
                columns.pop("since")
            insert_as_it_was(tx, table, columns)
        site = tx.scalar(sa.text("SELECT id FROM organisation"))
        for tier in ("county", "city"):
            row = {"id": tier, "site_id": site, "reader_id": site, "tier": tier, "since": NOON}
            insert_as_it_was(tx, "agreement", row)

    upgrade_to(empty, "heads")

    agreed = tables.agreement
    with transaction(empty) as tx:
        insert_as_it_was(
            tx, "agreement", {"id": "N", "site_id": site, "reader_id": site, "tier": "neighbour", "since": NOON}
        )
    with snapshot(empty) as tx:
        assert sorted(tx.scalars(sa.select(agreed.c.tier).where(agreed.c.id.in_(["county", "city", "N"])))) == [
            "city",
            "county",
            "neighbour",
        ]
        assert tx.scalars(sa.select(tables.case.c.look_at)).all() == [None]
