"""Alerts of before keep their first deadline; classes that were written freely stay in the list."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading.alerts import alert_rows, classes, notices
from reading.alerts.moves import State
from reading.tables import critical_alert
from storage.database import snapshot, transaction
from storage.schema import migrate
from tests.storage.migrations.test_0019_receipt_of_one_case import AT, NOON, PARENTS
from tests.storage.migrations.upgrading import insert_as_it_was, upgrade_to_before

LATER = "2026-03-02 12:40:00+00:00"


def minutes(number: int) -> datetime:
    return AT + timedelta(minutes=number)


def test_alerts_and_classes_of_before_go_on(empty: Engine) -> None:
    upgrade_to_before(empty, "0040")
    raised = {"case_id": "C", "finding": "!", "raised_by": "T", "raised_at": NOON, "due_at": LATER}
    with transaction(empty) as tx:
        for table, row in PARENTS.items():
            told = dict(row)
            if table == "case":
                told["clock_wrong"] = told.pop("clock_ahead")
            if table == "policy":
                del told["since"]
            insert_as_it_was(tx, table, told)
        for alert_id, code, level, more in (
            ("A", "aortic_dissection", 2, {}),
            ("B", "主动脉瘤?", 0, {"withdrawn_at": LATER}),
            ("C", "stroke", 0, {"acknowledged_at": LATER, "acknowledged_by": "T", "read_back": "ok"}),
        ):
            insert_as_it_was(
                tx, "critical_alert", {"id": alert_id, "critical_class": code, "level": level} | raised | more
            )
        for level in (0, 1):
            told = {"id": f"N{level}", "alert_id": "A", "organisation_id": "S", "level": level, "at": NOON}
            insert_as_it_was(tx, "critical_notice", told)

    migrate(empty)

    with snapshot(empty) as tx:
        climbing, withdrawn, acknowledged = alert_rows.select(tx, sa.true())
        listed = classes.in_force(tx, None, minutes(60))
        told = [one.kind for one in notices.of_alerts(tx, ["A"])["A"]]
        waiting = tx.scalar(sa.select(sa.func.count()).select_from(critical_alert).where(alert_rows.undisposed()))
    assert (climbing.state, climbing.due_at, climbing.next_climb_at) == (State.CLIMBING, minutes(5), minutes(40))
    assert (withdrawn.state, withdrawn.ended_at) == (State.WITHDRAWN, minutes(40))
    assert (acknowledged.state, acknowledged.due_at, waiting) == (State.ACKNOWLEDGED, minutes(10), 0)
    assert (listed["主动脉瘤?"].minutes, listed["stroke"].minutes) == (10, 10)
    assert told == ["told", "climbed"]
