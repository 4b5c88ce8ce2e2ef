"""Whoever changed an entry last is its first known hand; collections begin at revision one."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading.tables import teaching_collection, teaching_hand
from storage.database import snapshot, transaction
from storage.schema import migrate
from tests.storage.migrations.test_0019_receipt_of_one_case import PARENTS
from tests.storage.migrations.test_0096_protocol_requests import NOON
from tests.storage.migrations.test_0097_teaching_names import AT, WORDS
from tests.storage.migrations.upgrading import insert_as_it_was, upgrade_to_before


def test_whoever_changed_an_entry_last_is_kept(empty: Engine) -> None:
    upgrade_to_before(empty, "0105")
    with transaction(empty) as tx:
        for table, row in PARENTS.items():
            columns = {"clock_wrong" if key == "clock_ahead" else key: value for key, value in row.items()}
            columns.pop("since" if table == "policy" else "", None)
            insert_as_it_was(tx, table, columns)
        version = {"id": "v", "case_id": "C", "number": 1, "status": "final", "image_count": 1, "created_at": AT}
        insert_as_it_was(tx, "report_version", version | dict.fromkeys(("content", "identity", "images"), "{}"))
        grant = {"id": "g", "person_id": "T", "organisation_id": "S", "role": "reviewer", "since": AT}
        insert_as_it_was(tx, "role_grant", grant)
        made = {"id": "1", "organisation_id": "S", "name": "胸部", "seen_by": "region", "made_by": "T"}
        insert_as_it_was(tx, "teaching_collection", made | {"grant_id": "g", "made_at": AT})
        codes = {"modality": "DX", "body_part": "CHEST", "laterality": "", "sex": "F", "collection_id": "1"}
        by = {"case_id": "C", "version_id": "v", "added_by": "T", "grant_id": "g", "added_at": AT}
        for entry, changed in (("e", {"changed_by": "T", "changed_at": AT, "revision": 3}), ("f", {})):
            insert_as_it_was(tx, "teaching_entry", {"id": entry, **WORDS, **codes, **by, **changed})

    migrate(empty)

    with snapshot(empty) as tx:
        hands = [tuple(row) for row in tx.execute(sa.select(teaching_hand))]
        revisions = tx.scalars(sa.select(teaching_collection.c.revision)).all()
    assert hands == [("e", 3, "T", NOON)]
    assert revisions == [1]
