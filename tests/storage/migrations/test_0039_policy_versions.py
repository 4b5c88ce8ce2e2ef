"""The policies of before the migration are in force from when they were, and their cases keep them."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading import tables
from reading.rules import switches
from storage.database import UtcDateTime, snapshot, transaction
from tests.storage.instances import NOON
from tests.storage.migrations.upgrading import upgrade_to, upgrade_to_before

ADD = sa.text(
    "INSERT INTO policy (id, version, rules, made_at, since, until) VALUES (:id, :version, '{}', :at, :at, :until)"
).bindparams(*(sa.bindparam(name, type_=UtcDateTime) for name in ("at", "until")))


def _noon(days: int) -> datetime:
    return NOON + timedelta(days=days)


def test_each_policy_is_in_force_from_when_it_was(empty: Engine) -> None:
    upgrade_to_before(empty, "0039")
    with transaction(empty) as tx:
        tx.execute(ADD, {"id": "A", "version": 1, "at": _noon(0), "until": _noon(2)})
        tx.execute(ADD, {"id": "B", "version": 2, "at": _noon(2), "until": None})
    upgrade_to(empty, "heads")

    with snapshot(empty) as tx:
        found = [switches.policy_at(tx, _noon(day)) for day in (-1, 0, 1, 2, 3)]
        versions = tx.scalars(sa.select(tables.policy.c.version).order_by(tables.policy.c.version)).all()
    assert found == ["A", "A", "A", "B", "B"]
    assert versions == [1, 2]
