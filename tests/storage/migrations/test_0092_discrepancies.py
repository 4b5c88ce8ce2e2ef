"""Reports of before have no discrepancies, and keep what they are; a final one can get one."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

from reading.tables import discrepancy, report_version
from storage.database import snapshot, transaction
from storage.schema import migrate
from tests.storage.migrations.test_0019_receipt_of_one_case import PARENTS
from tests.storage.migrations.upgrading import insert_as_it_was, upgrade_to_before


def test_reports_stay_and_one_discrepancy_is_open_about_each(empty: Engine) -> None:
    upgrade_to_before(empty, "0092")
    with transaction(empty) as tx:
        for table, row in PARENTS.items():
            columns = {"clock_wrong" if key == "clock_ahead" else key: value for key, value in row.items()}
            if table == "policy":
                columns.pop("since")
                columns["rules"] = json.dumps({"rules": [{"name": "one"}]})
            insert_as_it_was(tx, table, columns)
        case_id = PARENTS["case"]["id"]
        version = {"id": "v", "case_id": case_id, "number": 1, "status": "final", "image_count": 1}
        kept = {"content": "{}", "identity": "{}", "images": "{}", "created_at": "2026-03-02 08:00:00"}
        insert_as_it_was(tx, "report_version", version | kept)
        grant = {"id": "g", "person_id": "T", "organisation_id": "S", "role": "clinician"}
        insert_as_it_was(tx, "role_grant", grant | {"since": kept["created_at"]})

    migrate(empty)

    def add(number: str) -> None:
        with transaction(empty) as tx:
            row = {"id": number, "case_id": case_id, "version_id": "v", "author_id": "T", "reason": "course"}
            said = {"words": "x", "state": "open", "raised_by": "T", "grant_id": "g"}
            at = tx.scalar(sa.select(report_version.c.created_at))
            tx.execute(sa.insert(discrepancy), row | said | {"raised_at": at})

    add("1")
    with pytest.raises(IntegrityError):
        add("2")
    with snapshot(empty) as tx:
        assert tx.execute(sa.select(discrepancy.c.evidence, discrepancy.c.revision)).one() == ("", 1)
        assert tx.scalar(sa.select(report_version.c.status)) == "final"
