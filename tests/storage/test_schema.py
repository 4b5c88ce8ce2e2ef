"""The migrations and the tables say the same."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy.engine import Engine

import reading.tables
import storage.tables
from storage.database import metadata
from storage.schema import is_current, migrate

TABLES = (storage.tables.study, reading.tables.case)


def test_migrations_equal_the_tables(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": _ours})
        difference = compare_metadata(context, metadata)

    assert difference == []


def test_a_second_run_changes_nothing(engine: Engine) -> None:
    migrate(engine)

    assert is_current(engine)


def _ours(name: str | None, kind: str, _parents: object) -> bool:
    return not (kind == "table" and name is not None and name.startswith("instance_"))
