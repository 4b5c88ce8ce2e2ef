"""A common text is a status that versions of before did not have."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

from reading.tables import report_version
from storage.database import transaction
from storage.schema import migrate
from tests.storage.migrations.test_0019_receipt_of_one_case import PARENTS
from tests.storage.migrations.test_0097_teaching_names import AT
from tests.storage.migrations.upgrading import insert_as_it_was, upgrade_to_before


def test_versions_of_before_stay_and_may_be_proposed_from_now_on(empty: Engine) -> None:
    upgrade_to_before(empty, "0115")
    with transaction(empty) as tx:
        for table, row in PARENTS.items():
            columns = {"clock_wrong" if key == "clock_ahead" else key: value for key, value in row.items()}
            columns.pop("since" if table == "policy" else "", None)
            insert_as_it_was(tx, table, columns)
        told = dict.fromkeys(("content", "identity", "images"), "{}")
        version = {"id": "v", "case_id": "C", "number": 1, "status": "blind", "image_count": 1, "created_at": AT}
        insert_as_it_was(tx, "report_version", version | told)
        with pytest.raises(IntegrityError), tx.begin_nested():
            tx.execute(sa.update(report_version).values(status="proposed"))

    migrate(empty)

    with transaction(empty) as tx:
        before = tx.scalar(sa.select(report_version.c.status))
        tx.execute(sa.update(report_version).values(status="proposed"))
        after = tx.scalar(sa.select(report_version.c.status))
    assert (before, after) == ("blind", "proposed")
