"""Alerts of before are taken back by the versions that named them since, and by no other."""

from __future__ import annotations

import json

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading.tables import critical_alert
from storage.database import snapshot, transaction
from storage.schema import migrate
from tests.storage.migrations.test_0019_receipt_of_one_case import NOON, PARENTS
from tests.storage.migrations.upgrading import insert_as_it_was, upgrade_to_before

EARLIER = "2026-03-02 11:40:00+00:00"
LATER = "2026-03-02 12:40:00+00:00"


def test_each_alert_finds_its_first_version(empty: Engine) -> None:
    upgrade_to_before(empty, "0049")
    with transaction(empty) as tx:
        for table, row in PARENTS.items():
            told = dict(row)
            if table == "case":
                told["clock_wrong"] = told.pop("clock_ahead")
            if table == "policy":
                del told["since"]
            insert_as_it_was(tx, table, told)
        for number, at in ((1, EARLIER), (2, NOON)):
            version = {"id": f"V{number}", "case_id": "C", "number": number, "status": "superseded", "created_at": at}
            version |= {"identity": "{}", "images": "{}", "image_count": 1}
            insert_as_it_was(tx, "report_version", version | {"content": json.dumps({"critical_class": "stroke"})})
        raised = {"case_id": "C", "finding": "!", "raised_by": "T", "due_at": LATER}
        for alert_id, code, at in (
            ("A", "stroke", EARLIER),
            ("B", "other", NOON),
            ("D", "stroke", "2026-03-02 11:00:00+00:00"),
        ):
            row = {"id": alert_id, "critical_class": code, "raised_at": at} | raised
            insert_as_it_was(tx, "critical_alert", row)

    migrate(empty)

    with snapshot(empty) as tx:
        rows = tx.execute(sa.select(critical_alert.c.id, critical_alert.c.first_version)).all()
    assert dict(map(tuple, rows)) == {"A": 1, "B": 3, "D": 1}
