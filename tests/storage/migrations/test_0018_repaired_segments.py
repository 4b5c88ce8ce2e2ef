"""Segments that were stored before were not repaired, as far as anybody knows."""

from __future__ import annotations

from sqlalchemy.engine import Engine

from storage.database import snapshot, transaction
from storage.upkeep import segment_queries
from tests.storage.migrations.upgrading import insert_as_it_was, upgrade_to, upgrade_to_before

BEFORE = {
    "id": "01K",
    "study_uid": "1.2.3",
    "node": "here",
    "key": "segments/01K.tar",
    "state": "stored",
    "size": 7,
    "opened_at": "2026-03-02 12:00:00+00:00",
}


def test_no_segment_of_before_was_repaired(empty: Engine) -> None:
    upgrade_to_before(empty, "0018")
    with transaction(empty) as tx:
        insert_as_it_was(tx, "segment", BEFORE)
    upgrade_to(empty, "heads")

    with snapshot(empty) as tx:
        assert [one.id for one in segment_queries.after(tx, "", 2)] == ["01K"]
        assert segment_queries.repaired_since(tx, None) == []
