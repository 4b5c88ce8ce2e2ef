"""Brings a database to the schema of this version."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from storage.errors import StorageError

_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_APPLIED: Final = sa.table("alembic_version", sa.column("version_num"))


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
        current = revision_of(connection)
        if current is not None and not is_known(current):
            raise SchemaTooNew(current)
        if current != _newest():
            _upgrade(connection, revision)


def revision_of(tx: Connection) -> str | None:
    """The revision of a database; None for one without any table of ours."""
    return tx.scalar(sa.select(_APPLIED.c.version_num)) if sa.inspect(tx).has_table(_APPLIED.name) else None


def is_founded(engine: Engine) -> bool:
    """Whether a database has tables of ours, of whatever revision."""
    return sa.inspect(engine).has_table(_APPLIED.name)


def is_known(revision: str) -> bool:
    """Whether this version knows a revision: it is ours or older."""
    return revision in _revisions()


def is_current(engine: Engine) -> bool:
    """Whether the database is at the newest revision of this version."""
    with engine.connect() as connection:
        return revision_of(connection) == _newest()


def _newest() -> str:
    return max(_revisions())


def _revisions() -> set[str]:
    """Each migration's, which its file's name begins with: they are numbered."""
    return {path.stem.partition("_")[0] for path in (_MIGRATIONS / "versions").glob("[0-9]*.py")}


def _upgrade(connection: Connection, revision: str) -> None:
    # Nearly every start finds nothing to migrate, and Alembic takes a tenth of what it imports.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
