"""What lay in quarantine before counts against the quota of its device."""

from __future__ import annotations

from sqlalchemy.engine import Engine

from storage.database import snapshot, transaction
from storage.segments import quarantine_quota
from tests.storage.migrations.upgrading import insert_as_it_was, upgrade_to, upgrade_to_before

BEFORE = {
    "id": "01Q",
    "reason": "no_uids",
    "key": "quarantine/20260302/01Q",
    "size": 600_000,
    "digest": bytes(32),
    "site_id": "01S",
    "device_id": "01D",
    "received_at": "2026-03-02 12:00:00+00:00",
}


def test_what_waited_before_takes_its_room(empty: Engine) -> None:
    upgrade_to_before(empty, "0027")
    with transaction(empty) as tx:
        insert_as_it_was(tx, "quarantine", BEFORE)
    upgrade_to(empty, "heads")

    with snapshot(empty) as tx:
        assert quarantine_quota.room(tx, "01D", 1_000_000) == 400_000 - 2 * quarantine_quota.ENTRY_BYTES
        assert quarantine_quota.room(tx, "01E", 1_000_000) == 1_000_000 - quarantine_quota.ENTRY_BYTES
