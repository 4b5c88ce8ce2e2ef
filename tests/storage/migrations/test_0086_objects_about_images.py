"""Objects of reports from before are about the whole report, held by nobody, and keep their state."""

from __future__ import annotations

import json

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading.tables import report_object
from storage.database import snapshot, transaction
from storage.schema import migrate
from tests.storage.migrations.test_0019_receipt_of_one_case import NOON, PARENTS
from tests.storage.migrations.upgrading import insert_as_it_was, upgrade_to_before

VERSION = {"id": "V", "case_id": "C", "number": 1, "status": "final", "content": "{}", "identity": "{}"}


def test_0086_keeps_the_objects_that_there_are(empty: Engine) -> None:
    upgrade_to_before(empty, "0086")
    with transaction(empty) as tx:
        for table, row in PARENTS.items():
            columns = {"clock_wrong" if key == "clock_ahead" else key: value for key, value in row.items()}
            if table == "policy":
                columns = {key: value for key, value in columns.items() if key != "since"} | {"rules": json.dumps({})}
            insert_as_it_was(tx, table, columns)
        insert_as_it_was(tx, "report_version", VERSION | {"images": "{}", "image_count": 0, "created_at": NOON})
        for kind, uid, state in (("sr", "2.25.1", "stored"), ("pdf", "2.25.2", "waiting")):
            row = {"version_id": "V", "kind": kind, "case_id": "C", "sop_instance_uid": uid, "state": state}
            insert_as_it_was(tx, "report_object", row | {"look_at": NOON})

    migrate(empty)

    with snapshot(empty) as tx:
        rows = tx.execute(sa.select(report_object).order_by(report_object.c.kind)).all()
    assert [(row.kind, row.about, row.sop_instance_uid, row.state, row.held_until, row.failures) for row in rows] == [
        ("pdf", "", "2.25.2", "waiting", None, 0),
        ("sr", "", "2.25.1", "stored", None, 0),
    ]
