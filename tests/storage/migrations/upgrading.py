"""A database as an earlier version left it, and its way to a later one.

The way to where a test begins is walked once in a process: what stands at a revision is kept, as the bytes of SQLite's
file or as a database of the same server, and the next test begins with a copy of it, or walks on from the nearest one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection, Engine

import storage
from storage.database import transaction

_files: Final[dict[str, bytes]] = {}
"""SQLite's file at each revision that a test began at."""
_copies: Final[defaultdict[str, set[str]]] = defaultdict(set)
"""By server: the revisions at which it has a database."""


def upgrade_to(engine: Engine, revision: str) -> None:
    with transaction(engine) as tx:
        config = _config()
        config.attributes["connection"] = tx
        command.upgrade(config, revision)


def upgrade_to_before(engine: Engine, revision: str) -> None:
    """Bring a database without any table to the revision before this one."""
    begin_at(engine, str(ScriptDirectory.from_config(_config()).get_revision(revision).down_revision))


def begin_at(engine: Engine, revision: str) -> None:
    """Bring a database without any table to a revision."""
    engine.dispose()
    if engine.dialect.name == "sqlite":
        _begin_with_file(engine, revision)
    else:
        _begin_with_copy(engine, revision)


def _begin_with_file(engine: Engine, revision: str) -> None:
    file = Path(str(engine.url.database))
    nearest = max((kept for kept in _files if kept <= revision), default=None)
    if nearest is not None:
        file.write_bytes(_files[nearest])
    if nearest != revision:
        upgrade_to(engine, revision)
        engine.dispose()  # the last connection to close brings the log home
        _files[revision] = file.read_bytes()


def _begin_with_copy(engine: Engine, revision: str) -> None:
    server = engine.url.set(database="postgres")
    kept_here = _copies[server.render_as_string()]
    nearest = max((kept for kept in kept_here if kept <= revision), default=None)
    name = engine.url.database
    administrator = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with administrator.connect() as connection:
        if nearest is not None:
            connection.exec_driver_sql(f'DROP DATABASE "{name}"')
            connection.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE "at_{nearest}" STRATEGY FILE_COPY')
        if nearest != revision:
            upgrade_to(engine, revision)
            engine.dispose()
            connection.exec_driver_sql(f'CREATE DATABASE "at_{revision}" TEMPLATE "{name}" STRATEGY FILE_COPY')
            kept_here.add(revision)


def insert_as_it_was(tx: Connection, table: str, row: Mapping[str, Any]) -> None:
    """Insert a row by the columns that the table had then."""
    columns = ", ".join(f'"{column}"' for column in row)
    marks = ", ".join(f":{column}" for column in row)
    tx.execute(sa.text(f'INSERT INTO "{table}" ({columns}) VALUES ({marks})'), row)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(storage.__file__).parent / "migrations"))
    return config
