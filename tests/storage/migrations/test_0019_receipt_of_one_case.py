"""Receipts that were used up stay ended, since their papers say that the code works once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading.tables import receipt
from storage.database import UtcDateTime, snapshot, transaction
from storage.schema import migrate
from tests.storage.migrations.upgrading import insert_as_it_was, upgrade_to_before

AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
IN_A_MONTH = AT + timedelta(days=30)
USED = AT + timedelta(days=1)
NOON = "2026-03-02 12:00:00+00:00"
PARENTS = {
    "organisation": {"id": "S", "code": "T01", "name": "Hills", "level": "township", "since": NOON},
    "person": {
        "id": "T",
        "username": "tang",
        "name": "Tang",
        "password_hash": "!",
        "must_change_password": False,
        "since": NOON,
    },
    "patient": {"id": "P", "number": "0123456789", "name": "Pia", "created_at": NOON},
    "policy": {"id": "R", "version": 1, "rules": "{}", "made_at": NOON, "since": NOON},
    "case": {
        "id": "C",
        "site_id": "S",
        "patient_id": "P",
        "state": "final",
        "tier": "county",
        "step": "read",
        "arriving": False,
        "priority": "routine",
        "rank": 2,
        "modality": "DX",
        "critical": False,
        "policy_id": "R",
        "rule": "all",
        "examined_at": NOON,
        "received_at": NOON,
        "due_at": NOON,
        "clock_ahead": False,
    },
}


def test_a_receipt_that_was_used_stays_ended_and_another_holds(empty: Engine) -> None:
    upgrade_to_before(empty, "0019")
    insert = sa.text(
        "INSERT INTO receipt (id, case_id, patient_id, code_digest, printed_at, printed_by, expires_at, used_at)"
        " VALUES (:id, 'C', 'P', :digest, :at, 'T', :expires_at, :used_at)"
    ).bindparams(*(sa.bindparam(name, type_=UtcDateTime) for name in ("at", "expires_at", "used_at")))
    with transaction(empty) as tx:
        for table, row in PARENTS.items():
            insert_as_it_was(tx, table, row)
        for name, expires_at, used_at in (
            ("UNUSED", IN_A_MONTH, None),
            ("USED", IN_A_MONTH, USED),
            ("ENDED", AT, USED),
        ):
            values = {"id": name, "digest": b"d" * 32, "at": AT, "expires_at": expires_at, "used_at": used_at}
            tx.execute(insert, values)

    migrate(empty)

    with snapshot(empty) as tx:
        rows = tx.execute(sa.select(receipt.c.id, receipt.c.expires_at)).all()
    assert {row.id: row.expires_at for row in rows} == {"UNUSED": IN_A_MONTH, "USED": USED, "ENDED": AT}
