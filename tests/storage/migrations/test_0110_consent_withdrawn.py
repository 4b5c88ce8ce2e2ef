"""No share of former times was ended by its patient."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading.tables import study_share
from storage.database import snapshot, transaction
from storage.schema import migrate
from tests.storage.migrations.test_0019_receipt_of_one_case import PARENTS
from tests.storage.migrations.upgrading import insert_as_it_was, upgrade_to_before

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def test_no_share_of_former_times_was_ended_by_its_patient(empty: Engine) -> None:
    upgrade_to_before(empty, "0110")
    with transaction(empty) as tx:
        insert_as_it_was(tx, "organisation", PARENTS["organisation"])
        given = {"study_uid": "1.2", "site_id": PARENTS["organisation"]["id"], "reason": "x", "since": AT, "until": AT}
        insert_as_it_was(tx, "study_share", given | {"id": "S"})
        insert_as_it_was(tx, "study_share", given | {"id": "E", "ended_at": AT, "ended_why": "x"})

    migrate(empty)

    with snapshot(empty) as tx:
        found = tx.execute(sa.select(study_share.c.id, study_share.c.ended_by_patient).order_by(study_share.c.id))
        assert [tuple(row) for row in found] == [("E", False), ("S", False)]
