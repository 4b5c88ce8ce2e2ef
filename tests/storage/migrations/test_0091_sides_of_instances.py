"""Instances of before say no side of their own, and stay where they are."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from storage.database import snapshot, transaction
from storage.schema import migrate
from storage.tables import instance
from tests.storage.migrations.upgrading import insert_as_it_was, upgrade_to_before

INSTANCE = {
    "sop_instance_uid": "1.2.3.1.1",
    "sop_class_uid": "1.2.840.10008.5.1.4.1.1.1.1",
    "series_uid": "1.2.3.1",
    "study_uid": "1.2.3",
    "transfer_syntax_uid": "1.2.840.10008.1.2.1",
    "segment_id": "A",
    "offset": 0,
    "size": 1,
    "dataset_offset": 0,
    "received_digest": bytes(32),
    "received_transfer_syntax_uid": "1.2.840.10008.1.2.1",
    "stored_digest": bytes(32),
    "site_id": "S",
    "device_id": "D",
    "received_at": "2026-03-02 08:00:00",
}


def test_of_instances_of_before_nobody_knows_the_side(empty: Engine) -> None:
    upgrade_to_before(empty, "0091")
    with transaction(empty) as tx:
        insert_as_it_was(tx, "instance", INSTANCE)

    migrate(empty)

    with snapshot(empty) as tx:
        found = tx.execute(sa.select(instance.c.sop_instance_uid, instance.c.laterality)).all()
    assert [tuple(row) for row in found] == [("1.2.3.1.1", None)]
