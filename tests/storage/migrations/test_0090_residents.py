"""Versions of before stay as they were; one may be replaced unseen from now on, and a case wait for attendings."""

from __future__ import annotations

import json

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading.reports.versions import Status
from reading.tables import case, report_version
from storage.database import snapshot, transaction
from storage.schema import migrate
from tests.storage.migrations.test_0019_receipt_of_one_case import PARENTS
from tests.storage.migrations.upgrading import insert_as_it_was, upgrade_to_before

BEFORE = [one for one in Status if one not in {Status.REPLACED, Status.PROPOSED}]


def test_versions_keep_their_status_and_cases_wait_for_no_attending(empty: Engine) -> None:
    upgrade_to_before(empty, "0090")
    with transaction(empty) as tx:
        for table, row in PARENTS.items():
            columns = {"clock_wrong" if key == "clock_ahead" else key: value for key, value in row.items()}
            if table == "policy":
                columns.pop("since")
                columns["rules"] = json.dumps({"rules": [{"name": "one"}]})
            if table == "case":
                for status in BEFORE:
                    insert_as_it_was(tx, table, columns | {"id": status})
                continue
            insert_as_it_was(tx, table, columns)
        for status in BEFORE:
            version = {"id": status, "case_id": status, "number": 1, "status": status, "image_count": 1}
            kept = {"content": "{}", "identity": "{}", "images": "{}", "created_at": "2026-03-02 08:00:00"}
            insert_as_it_was(tx, "report_version", version | kept)

    migrate(empty)

    with transaction(empty) as tx:
        tx.execute(sa.update(report_version).where(report_version.c.id == "pending").values(status=Status.REPLACED))
    with snapshot(empty) as tx:
        found = dict(map(tuple, tx.execute(sa.select(report_version.c.id, report_version.c.status)).all()))
        assert found == {one: one for one in BEFORE} | {"pending": "replaced"}
        assert set(tx.scalars(sa.select(case.c.countersign_at))) == {None}
