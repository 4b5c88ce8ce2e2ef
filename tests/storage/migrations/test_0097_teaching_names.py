"""Of two collections with one name the later is numbered, and what was in one that ended is emptied."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

from reading.tables import teaching_collection, teaching_entry, teaching_picture
from storage.database import snapshot, transaction
from storage.schema import migrate
from tests.storage.migrations.test_0019_receipt_of_one_case import PARENTS
from tests.storage.migrations.test_0096_protocol_requests import NOON
from tests.storage.migrations.upgrading import insert_as_it_was, upgrade_to_before

AT = "2026-03-02 12:00:00+00:00"
WORDS = dict.fromkeys(("title", "diagnosis", "findings", "impression", "point", "words"), "肺结节")


def test_names_are_single_and_what_ended_says_nothing(empty: Engine, now: datetime) -> None:
    upgrade_to_before(empty, "0097")
    with transaction(empty) as tx:
        for table, row in PARENTS.items():
            columns = {"clock_wrong" if key == "clock_ahead" else key: value for key, value in row.items()}
            columns.pop("since" if table == "policy" else "", None)
            insert_as_it_was(tx, table, columns)
        version = {"id": "v", "case_id": "C", "number": 1, "status": "final", "image_count": 1, "created_at": AT}
        insert_as_it_was(tx, "report_version", version | dict.fromkeys(("content", "identity", "images"), "{}"))
        grant = {"id": "g", "person_id": "T", "organisation_id": "S", "role": "reviewer", "since": AT}
        insert_as_it_was(tx, "role_grant", grant)
        for number, name in (("1", "胸部"), ("2", "胸部"), ("3", "胸部 (2)"), ("4", "字" * 100), ("5", "字" * 100)):
            row = {"id": number, "organisation_id": "S", "name": name, "seen_by": "region", "made_by": "T"}
            insert_as_it_was(tx, "teaching_collection", row | {"grant_id": "g", "made_at": AT})
        ended = {"id": "6", "organisation_id": "S", "name": "胸部", "seen_by": "region", "made_by": "T"}
        insert_as_it_was(
            tx, "teaching_collection", ended | {"grant_id": "g", "made_at": AT, "ended_at": AT, "ended_by": "T"}
        )
        codes = {"modality": "DX", "body_part": "CHEST", "laterality": "", "age_from": 30, "sex": "F"}
        by = {"case_id": "C", "version_id": "v", "added_by": "T", "grant_id": "g", "added_at": AT}
        for entry, collection in (("e", "1"), ("f", "6")):
            insert_as_it_was(tx, "teaching_entry", {"id": entry, "collection_id": collection, **WORDS, **codes, **by})
            picture = {"entry_id": entry, "number": 1, "jpeg": b"\xff\xd8", "sop_instance_uid": "1.1", "frame": 1}
            insert_as_it_was(tx, "teaching_picture", picture | {"looked_at": False})

    migrate(empty)

    with snapshot(empty) as tx:
        row = teaching_collection.c
        names = tx.scalars(sa.select(row.name).order_by(row.id)).all()
        entry = teaching_entry.c
        left = tx.execute(sa.select(entry.findings, entry.removed_by, entry.removed_at).order_by(entry.id)).all()
        pictures = tx.scalars(sa.select(teaching_picture.c.entry_id)).all()
    assert names == ["胸部", "胸部 (3)", "胸部 (2)", "字" * 100, f"{'字' * 94} (2)", "胸部"]
    assert [tuple(one) for one in left] == [("肺结节", None, None), ("", "T", NOON)]
    assert pictures == ["e"]
    again = {
        "organisation_id": "S",
        "name": "胸部",
        "seen_by": "region",
        "made_by": "T",
        "grant_id": "g",
        "made_at": now,
    }
    with pytest.raises(IntegrityError), transaction(empty) as tx:
        tx.execute(sa.insert(teaching_collection), {"id": "7", **again})
    with transaction(empty) as tx:
        tx.execute(sa.update(teaching_collection).where(row.id == "1").values(ended_at=now))
        tx.execute(sa.insert(teaching_collection), {"id": "7", **again})
