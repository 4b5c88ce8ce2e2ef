"""Guardians' cards of before end with the majority of the child; own cards stay as they are."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from storage.database import snapshot, transaction
from tests.storage.migrations.upgrading import insert_as_it_was, upgrade_to, upgrade_to_before

NOON: Final = "2026-03-02 12:00:00+00:00"


def test_a_guardians_card_of_before_opens_nothing_after_the_majority(empty: Engine) -> None:
    upgrade_to_before(empty, "0020")
    with transaction(empty) as tx:
        for number, born in (("child", "2090-03-07"), ("grown", "1990-03-07"), ("unknown", None)):
            person = {"id": number, "number": number, "name": "Kit", "birth_date": born, "created_at": NOON}
            insert_as_it_was(tx, "patient", person)
            for held_as in ("own", "guardian"):
                card = {
                    "id": f"{number}-{held_as}",
                    "patient_id": number,
                    "kind": "health_card",
                    "issuer": "CN",
                    "value_digest": f"{number}-{held_as}".encode(),
                    "value_cipher": b"c",
                    "held_as": held_as,
                    "since": NOON,
                }
                insert_as_it_was(tx, "patient_identifier", card)
    before = datetime.now(UTC)
    upgrade_to(empty, "0020")

    ends = sa.table("patient_identifier", sa.column("id"), sa.column("until", sa.DateTime(timezone=True)))
    with snapshot(empty) as tx:
        until = {row.id: row.until and row.until.replace(tzinfo=UTC) for row in tx.execute(sa.select(ends))}
    assert {name: end for name, end in until.items() if name.endswith("own")} == {
        "child-own": None,
        "grown-own": None,
        "unknown-own": None,
    }
    assert until["child-guardian"] == datetime(2108, 3, 6, 16, tzinfo=UTC)
    for ended in ("grown-guardian", "unknown-guardian"):
        assert before <= until[ended] <= datetime.now(UTC)
