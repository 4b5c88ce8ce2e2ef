"""Segments that were stored before have no second copy yet, and no round has begun."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Engine

from storage import copying, mending, rounds, schema
from storage.database import connect, snapshot
from storage.rounds import Round, Task
from tests.storage.instances import NOON


@pytest.fixture
def before(database_url: str, tmp_path: Path) -> Iterator[Engine]:
    """A database as the version before left it."""
    engine = connect(f"sqlite:///{tmp_path / 'old.db'}" if database_url.startswith("sqlite") else database_url)
    config = schema._config()
    earlier = ScriptDirectory.from_config(config).get_revision("0014").down_revision
    with engine.connect() as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
        config.attributes["connection"] = connection
        command.upgrade(config, str(earlier))
    yield engine
    engine.dispose()


def test_what_was_stored_before_is_still_to_be_copied_and_read(before: Engine) -> None:
    with before.connect() as connection, connection.begin():
        connection.execute(
            sa.text(
                "INSERT INTO segment (id, study_uid, node, key, state, size, opened_at, stored_at) "
                "VALUES ('01K', '1.2.3', 'here', 'segments/01K.tar', 'stored', 7, '2026-03-02 12:00:00+00:00', "
                "'2026-03-02 12:00:00+00:00')"
            )
        )
    schema.migrate(before)

    with snapshot(before) as tx:
        waiting, begun, segments = copying.backlog(tx), rounds.of(tx, Task.VERIFY), mending.after(tx, "", 2)
    assert (waiting.segments, waiting.oldest) == (1, NOON)
    assert begun == Round(position="", started_at=None, finished_at=None)
    assert [(one.id, one.copied) for one in segments] == [("01K", False)]
