"""A database as an earlier version left it, and its way to a later one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection, Engine

import storage
from storage.database import transaction


def upgrade_to(engine: Engine, revision: str) -> None:
    with transaction(engine) as tx:
        config = _config()
        config.attributes["connection"] = tx
        command.upgrade(config, revision)


def upgrade_to_before(engine: Engine, revision: str) -> None:
    upgrade_to(engine, str(ScriptDirectory.from_config(_config()).get_revision(revision).down_revision))


def insert_as_it_was(tx: Connection, table: str, row: Mapping[str, Any]) -> None:
    """Insert a row by the columns that the table had then."""
    columns = ", ".join(f'"{column}"' for column in row)
    marks = ", ".join(f":{column}" for column in row)
    tx.execute(sa.text(f'INSERT INTO "{table}" ({columns}) VALUES ({marks})'), row)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(storage.__file__).parent / "migrations"))
    return config
