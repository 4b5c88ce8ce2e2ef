"""What was read back otherwise before is open again, disposed or not; what was dealt with long ago rings nobody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading.alerts import alert_rows, climbing
from reading.alerts.moves import State
from reading.audit import SYSTEM, Audit
from reading.context import Context
from storage.database import snapshot, transaction
from storage.schema import migrate
from tests.storage.migrations.test_0019_receipt_of_one_case import NOON, PARENTS
from tests.storage.migrations.upgrading import insert_as_it_was, upgrade_to_before

ANSWERED = {"acknowledged_at": NOON, "acknowledged_by": "T", "read_back": "left", "remind_at": NOON}
DISPOSED = ANSWERED | {"remind_at": None, "disposed_at": NOON, "disposed_by": "T", "disposal": "treated"}


def test_what_was_read_back_otherwise_before_is_open(empty: Engine) -> None:
    upgrade_to_before(empty, "0104")
    raised = {"critical_class": "stroke", "case_id": "C", "finding": "!", "raised_by": "T", "raised_at": NOON}
    yesterday = f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d %H:%M:%S}+00:00"
    with transaction(empty) as tx:
        for table, row in PARENTS.items():
            columns = {"clock_wrong" if key == "clock_ahead" else key: value for key, value in row.items()}
            if table == "policy":
                columns.pop("since")
            insert_as_it_was(tx, table, columns)
        for alert_id, answered, told in (
            ("A", ANSWERED, "differs"),
            ("B", DISPOSED, "differs"),
            ("C", DISPOSED | {"ended_at": NOON, "ended_as": "lifted"}, "differs"),
            ("D", DISPOSED, "told"),
            ("E", DISPOSED | {"acknowledged_at": yesterday, "disposed_at": yesterday}, "differs"),
        ):
            insert_as_it_was(tx, "critical_alert", {"id": alert_id, "due_at": NOON} | raised | answered)
            notice = {"id": f"N{alert_id}", "alert_id": alert_id, "person_id": "T", "organisation_id": "S"}
            insert_as_it_was(tx, "critical_notice", notice | {"level": 0, "at": NOON, "kind": told})

    migrate(empty)

    with snapshot(empty) as tx:
        found = {one.id: one for one in alert_rows.select(tx, sa.true())}
        open_still = {one.id for one in alert_rows.select(tx, alert_rows.differing())}
    with transaction(empty) as tx:
        asked = climbing.ask(Context(tx, Audit("test"), datetime.now(UTC), SYSTEM))
        more = {one.id: one.asked for one in alert_rows.select(tx, alert_rows.differing())}
    assert {name: one.state for name, one in found.items()} == {
        "A": State.DIFFERING,
        "B": State.UNCLEAR,
        "C": State.LIFTED,
        "D": State.DISPOSED,
        "E": State.UNCLEAR,
    }
    assert (open_still, found["B"].differs_at) == ({"A", "B", "E"}, found["B"].acknowledged_at)
    assert (asked, more) == (2, {"A": 1, "B": climbing.MOST_REMINDERS, "E": 1})
