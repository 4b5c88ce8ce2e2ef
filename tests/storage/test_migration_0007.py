"""Conflicts that a machine had closed without asking anybody wait for a person after the migration."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Engine

from storage import schema, tables
from storage.database import connect, snapshot

AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def before(database_url: str, tmp_path: Path) -> Iterator[Engine]:
    """A database as the version before left it."""
    engine = connect(f"sqlite:///{tmp_path / 'old.db'}" if database_url.startswith("sqlite") else database_url)
    config = schema._config()
    earlier = ScriptDirectory.from_config(config).get_revision("0007").down_revision
    with engine.connect() as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
        config.attributes["connection"] = connection
        command.upgrade(config, str(earlier))
    yield engine
    engine.dispose()


def test_closed_conflicts_are_asked_about_and_instances_are_whole(before: Engine) -> None:
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
    with before.connect() as connection, connection.begin():
        for name, settled_as in (("A", "conflict"), ("B", "duplicate")):
            values = {"id": name * 26, "reason": "held", "digest": b"d" * 32, "at": AT, "settled_as": settled_as}
            connection.execute(insert, values)
        connection.execute(instance, {"digest": b"d" * 32, "at": AT})
    schema.migrate(before)

    row = tables.quarantine.c
    with snapshot(before) as tx:
        settled = {one.id: (one.settled_at, one.settled_as) for one in tx.execute(sa.select(row))}
        damaged = tx.scalars(sa.select(tables.instance.c.damaged)).all()
    assert settled == {"A" * 26: (None, None), "B" * 26: (AT, "duplicate")}
    assert damaged == [False]
