"""A score of 4 is a 3 afterwards, of which nobody said whether it mattered; the others stay."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading import tables
from storage.database import snapshot, transaction
from tests.storage.migrations.test_0019_receipt_of_one_case import NOON, PARENTS
from tests.storage.migrations.upgrading import insert_as_it_was, upgrade_to, upgrade_to_before


def test_a_4_becomes_a_3(empty: Engine) -> None:
    upgrade_to_before(empty, "0043")
    with transaction(empty) as tx:
        for table, row in PARENTS.items():
            columns = {"clock_wrong" if key == "clock_ahead" else key: value for key, value in row.items()}
            if table == "policy":
                columns.pop("since")
            insert_as_it_was(tx, table, columns)
        version = {"id": "V", "case_id": "C", "number": 1, "status": "final", "created_at": NOON, "image_count": 1}
        insert_as_it_was(tx, "report_version", {**version, "content": "{}", "identity": "{}", "images": "[]"})
        for score in ("1", "2a", "2b", "3a", "3b", "4"):
            review = {"id": f"R{score}", "case_id": "C", "read_version_id": "V", "reviewer_id": "T", "author_id": "T"}
            rest = {"outcome": "amend", "score": score, "difference": "{}", "comment": "", "at": NOON}
            insert_as_it_was(tx, "review", {**review, **rest})

    upgrade_to(empty, "heads")

    with snapshot(empty) as tx:
        waiting = tx.scalar(sa.select(sa.func.count()).where(tables.review.c.awaits_arbitration))
        scores = {row.id: row.score for row in tx.execute(sa.text("SELECT id, score FROM review"))}
    assert waiting == 0
    assert scores == {"R1": "1", "R2a": "2a", "R2b": "2b", "R3a": "3a", "R3b": "3b", "R4": "3"}
