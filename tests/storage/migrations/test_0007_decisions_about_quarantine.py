"""Conflicts that a machine had closed without asking anybody wait for a person after the migration."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from storage import schema, tables
from storage.database import snapshot
from tests.storage.migrations.upgrading import upgrade_to_before

AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def test_closed_conflicts_are_asked_about_and_instances_are_whole(empty: Engine) -> None:
    upgrade_to_before(empty, "0007")
    insert = sa.text(
        "INSERT INTO quarantine (id, reason, size, digest, received_at, settled_at, settled_as) "
        "VALUES (:id, :reason, 1, :digest, :at, :at, :settled_as)"
    ).bindparams(sa.bindparam("at", type_=tables.quarantine.c.received_at.type))
    instance = sa.text(
        "INSERT INTO instance (sop_instance_uid, sop_class_uid, series_uid, study_uid, transfer_syntax_uid, segment_id,"
        ' "offset", size, dataset_offset, received_digest, received_transfer_syntax_uid, stored_digest, site_id,'
        " device_id, received_at) VALUES ('1.1', '1.2', '1.3', '1.4', '1.5', 'S', 0, 1, 0, :digest, '1.5', :digest,"
        " 'T', 'D', :at)"
    ).bindparams(sa.bindparam("at", type_=tables.quarantine.c.received_at.type))
    with empty.connect() as connection, connection.begin():
        for name, settled_as in (("A", "conflict"), ("B", "duplicate")):
            values = {"id": name * 26, "reason": "held", "digest": b"d" * 32, "at": AT, "settled_as": settled_as}
            connection.execute(insert, values)
        connection.execute(instance, {"digest": b"d" * 32, "at": AT})
    schema.migrate(empty)

    row = tables.quarantine.c
    with snapshot(empty) as tx:
        settled = {one.id: (one.settled_at, one.settled_as) for one in tx.execute(sa.select(row))}
        damaged = tx.scalars(sa.select(tables.instance.c.damaged)).all()
    assert settled == {"A" * 26: (None, None), "B" * 26: (AT, "duplicate")}
    assert damaged == [False]
