"""What waited in the outbox before anybody delivered is settled: an upgrade tells nobody of last year."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading.messages import addressing
from reading.tables import outbox
from storage.database import snapshot, transaction
from storage.schema import migrate
from tests.storage.migrations.upgrading import insert_as_it_was, upgrade_to_before
from tests.storage.test_migrations import NOON


def test_what_waited_is_settled_and_keeps_what_it_said(empty: Engine) -> None:
    upgrade_to_before(empty, "0082")
    row = {"id": "O", "kind": "report.released", "subject_id": "V", "payload": '{"number": 1}', "created_at": NOON}
    with transaction(empty) as tx:
        insert_as_it_was(tx, "outbox", row | {"next_at": NOON, "attempts": 0})

    migrate(empty)

    with snapshot(empty) as tx:
        (kept,) = tx.execute(sa.select(outbox)).all()
        waiting = addressing.is_waiting(tx)
    assert (kept.kind, kept.payload, kept.addressed_at) == ("report.released", {"number": 1}, kept.created_at)
    assert not waiting
