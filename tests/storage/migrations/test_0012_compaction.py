"""Segments that were stored before wait to be looked at, and may be in the new states."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from storage.schema import migrate
from tests.storage.test_migrations import NOON, at

_INSERT = (
    "INSERT INTO segment (id, study_uid, node, key, state, size, opened_at, sealed_at, stored_at)"
    " VALUES (:id, '1.2.3', 'here', :id, :state, 7, :now, :now, :stored)"
)


def test_0012_puts_what_is_stored_into_the_queue_of_compaction(engine: Engine) -> None:
    at(engine, "0011")
    with engine.connect() as connection, connection.begin():
        for name, state, stored in (("A", "stored", NOON), ("B", "sealed", None), ("C", "gone", None)):
            connection.execute(sa.text(_INSERT), {"id": name, "state": state, "now": NOON, "stored": stored})

    migrate(engine)
    with engine.connect() as connection, connection.begin():
        connection.execute(sa.text(_INSERT), {"id": "D", "state": "retired", "now": NOON, "stored": NOON})
        asked = "SELECT id, state, size, compact_at is not null, delete_at FROM segment ORDER BY id"
        rows = [tuple(row) for row in connection.execute(sa.text(asked))]

    assert [(row[0], row[1], row[2], bool(row[3]), row[4]) for row in rows] == [
        ("A", "stored", 7, True, None),
        ("B", "sealed", 7, False, None),
        ("C", "gone", 7, False, None),
        ("D", "retired", 7, False, None),
    ]
