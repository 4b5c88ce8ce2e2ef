"""Brings a database to the schema of this version."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection, Engine

from storage.errors import StorageError


class SchemaTooNew(StorageError):
    """The database was migrated by a newer version of TierRead."""

    def __init__(self, revision: str) -> None:
        super().__init__(revision)
        self.revision = revision


def migrate(engine: Engine, revision: str = "head") -> None:
    """Run the missing migrations, up to ``revision``.

    Raises:
        SchemaTooNew: the database is at a revision that this version does not know.

    """
    with engine.connect() as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            # Several nodes start at once; one migrates, the others find it done, however long it takes.
            connection.exec_driver_sql("SET LOCAL lock_timeout TO 0")
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7221904)")
        config = _config()
        current = revision_of(connection)
        if current is not None and not is_known(current):
            raise SchemaTooNew(current)
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def revision_of(tx: Connection) -> str | None:
    """The revision of a database; None for one without any table of ours."""
    return MigrationContext.configure(tx).get_current_revision()


def is_known(revision: str) -> bool:
    """Whether this version knows a revision: it is ours or older."""
    return revision in {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def is_current(engine: Engine) -> bool:
    """Whether the database is at the newest revision of this version."""
    with engine.connect() as connection:
        current = revision_of(connection)
    return current == ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
