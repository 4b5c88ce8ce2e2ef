"""Cases of before are in no collection, and can be; who subscribes does so once, and what was removed says nothing."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

from reading.tables import report_version, teaching_collection, teaching_entry, teaching_picture, teaching_subscription
from storage.database import snapshot, transaction
from storage.schema import migrate
from tests.storage.migrations.test_0019_receipt_of_one_case import PARENTS
from tests.storage.migrations.upgrading import insert_as_it_was, upgrade_to_before


def test_cases_stay_and_may_be_taught_from(empty: Engine, now: datetime) -> None:
    upgrade_to_before(empty, "0094")
    with transaction(empty) as tx:
        for table, row in PARENTS.items():
            columns = {"clock_wrong" if key == "clock_ahead" else key: value for key, value in row.items()}
            if table == "policy":
                columns.pop("since")
                columns["rules"] = json.dumps({"rules": [{"name": "one"}]})
            insert_as_it_was(tx, table, columns)
        version = {"id": "v", "case_id": PARENTS["case"]["id"], "number": 1, "status": "final", "image_count": 1}
        kept = {"content": "{}", "identity": "{}", "images": "{}", "created_at": "2026-03-02 08:00:00"}
        insert_as_it_was(tx, "report_version", version | kept)
        grant = {"id": "g", "person_id": "T", "organisation_id": "S", "role": "reviewer"}
        insert_as_it_was(tx, "role_grant", grant | {"since": kept["created_at"]})

    migrate(empty)

    words = dict.fromkeys(("title", "diagnosis", "findings", "impression", "point", "words"), "肺结节")
    codes = {"modality": "DX", "body_part": "CHEST", "laterality": "", "age_from": 30, "sex": "F"}
    made_of = {"case_id": PARENTS["case"]["id"], "version_id": "v"}
    by = {"added_by": "T", "grant_id": "g", "added_at": now}
    subscribed = {"person_id": "T", "collection_id": "c", "since": now, "seen_at": now}
    with transaction(empty) as tx:
        named = {"id": "c", "organisation_id": "S", "name": "胸部", "seen_by": "region", "made_by": "T"}
        tx.execute(sa.insert(teaching_collection), named | {"grant_id": "g", "made_at": now})
        tx.execute(sa.insert(teaching_entry), {"id": "e", "collection_id": "c", **words, **codes, **made_of, **by})
        picture = {"entry_id": "e", "number": 1, "jpeg": b"\xff\xd8\xff", "sop_instance_uid": "1.1", "frame": 1}
        tx.execute(sa.insert(teaching_picture), picture | {"looked_at": False})
        tx.execute(sa.insert(teaching_subscription), {"id": "1", **subscribed})
    with pytest.raises(IntegrityError), transaction(empty) as tx:
        tx.execute(sa.insert(teaching_subscription), {"id": "2", **subscribed})
    with pytest.raises(IntegrityError), transaction(empty) as tx:
        tx.execute(sa.update(teaching_entry).values(removed_at=now))
    with transaction(empty) as tx:
        nothing = dict.fromkeys(words, "")
        tx.execute(sa.update(teaching_entry).values(removed_at=now, grams=sa.null(), age_from=None, **nothing))
    with snapshot(empty) as tx:
        found = tx.execute(sa.select(teaching_entry.c.removed_why, teaching_entry.c.revision)).one()
        assert (found.removed_why, found.revision) == ("", 1)
        assert tx.scalar(sa.select(report_version.c.status)) == "final"
