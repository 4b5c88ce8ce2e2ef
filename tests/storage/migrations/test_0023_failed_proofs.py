"""Counters that closed accounts for everybody are dropped, and counting begins anew."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading.tables import failed_proof, known_place
from storage.database import snapshot, transaction
from storage.schema import migrate
from tests.storage.migrations.upgrading import insert_as_it_was, upgrade_to_before

NOON = "2026-03-02 12:00:00+00:00"


def test_a_count_of_before_closes_nobody_out(empty: Engine) -> None:
    upgrade_to_before(empty, "0023")
    closed = {"subject_digest": b"d" * 32, "failures": 99, "last_failed_at": NOON, "closed_until": NOON}
    with transaction(empty) as tx:
        insert_as_it_was(tx, "failed_proof", closed)

    migrate(empty)

    with snapshot(empty) as tx:
        counts = [tx.scalar(sa.select(sa.func.count()).select_from(table)) for table in (failed_proof, known_place)]
    assert counts == [0, 0]
