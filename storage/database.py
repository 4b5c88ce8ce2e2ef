"""The database: engines, transactions and the column types that both databases share."""

from __future__ import annotations

import json
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeDecorator

from storage.open_transactions import ended, open_now

metadata: Final = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


LOCK_SECONDS: Final = 30.0
"""A statement waits so long for a lock that somebody else holds; then it fails, so that a device hears of it."""

_CONNECTIONS: Final = 15
"""To PostgreSQL, of a process: as many as SQLAlchemy opens by default, but kept when many have come at once."""

POSTGRESQL_CONNECTION: Final = {
    "connect_timeout": 10,
    "keepalives_idle": 20,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""Seconds, the last in milliseconds (libpq): a silent server is noticed, or every C-STORE would wait for it."""


_CHECKPOINT_PAGES: Final = 8000
"""Pages of SQLite's log before a checkpoint, 32 MB: many commits share one, and devices wait for it less often."""


class Durability(Enum):
    """What a commit promises when it returns."""

    SYNCHRONOUS = "synchronous"
    """On stable storage. For everything that people do."""
    ASYNCHRONOUS = "asynchronous"
    """Ordered, but power loss may cost the last ones. Only for the index, which recovery makes again."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time; SQLite keeps it without its zone, so the zone is put back on reading."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without its zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def connect(url: str, durability: Durability = Durability.SYNCHRONOUS, *, lock_seconds: float = LOCK_SECONDS) -> Engine:
    """An engine for ``url`` (``sqlite:///...`` or ``postgresql+psycopg://...``)."""
    on_postgresql = url.startswith("postgresql")
    engine = sa.create_engine(
        url,
        connect_args=dict(POSTGRESQL_CONNECTION) if on_postgresql else {},
        json_serializer=_dump,
        pool_pre_ping=on_postgresql,
        **({"pool_size": _CONNECTIONS, "max_overflow": 0} if on_postgresql else {}),
        hide_parameters=True,  # an error's text goes to the log, a name or a card must not
    )
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_pragmas(durability, lock_seconds))
        event.listen(engine, "begin", _sqlite_begin)
    else:
        event.listen(engine, "connect", _postgresql_settings(durability, lock_seconds))
    return engine


@contextmanager
def transaction(engine: Engine) -> Generator[Connection]:
    """A transaction that may write; commits at the end of the block, rolls back on an exception."""
    with engine.connect() as tx, writing(tx):
        yield tx


@contextmanager
def writing(tx: Connection) -> Generator[None]:
    """As `transaction`, on a connection that lives on; on SQLite every other writer waits for its end."""
    since = None
    try:
        with tx.begin():
            since = time.perf_counter()  # by now SQLite has the lock: to wait for it is not to hold it
            with open_now():
                yield
    finally:
        if since is not None:
            ended(since)


@contextmanager
def snapshot(engine: Engine) -> Generator[Connection]:
    """A transaction that only reads: on SQLite it takes no write lock."""
    with engine.connect().execution_options(tierread_read_only=True) as tx, tx.begin():
        yield tx


@contextmanager
def driver(tx: Connection) -> Generator[Any]:
    """The driver's connection; what it raises becomes what SQLAlchemy would have raised."""
    connection = tx.connection.dbapi_connection
    dbapi = tx.dialect.loaded_dbapi
    try:
        yield connection
    except dbapi.Error as error:
        gone = tx.dialect.is_disconnect(error, connection, None)
        if gone:
            tx.invalidate(error)
        raise DBAPIError.instance(
            None, None, error, dbapi.Error, hide_parameters=True, connection_invalidated=gone, dialect=tx.dialect
        ) from error


def insert_new(tx: Connection, table: sa.Table) -> sa.Insert:
    """An insert that passes over rows whose key is there already."""
    return insert_new_on(tx.dialect.name, table)


def insert_new_on(dialect: str, table: sa.Table) -> sa.Insert:
    if dialect == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


def insert_or_change(tx: Connection, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
    """An insert that says by `on_conflict_do_update` what happens to a row whose key is there already."""
    return postgresql.insert(table) if tx.dialect.name == "postgresql" else sqlite.insert(table)


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _sqlite_pragmas(durability: Durability, lock_seconds: float) -> Any:
    synchronous = "FULL" if durability is Durability.SYNCHRONOUS else "NORMAL"

    def set_up(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # transactions are begun by us: see _sqlite_begin
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={round(lock_seconds * 1000)}",
            "journal_mode=WAL",
            f"synchronous={synchronous}",
            "foreign_keys=ON",
            f"wal_autocheckpoint={_CHECKPOINT_PAGES}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return set_up


def _sqlite_begin(tx: Connection) -> None:
    # A deferred transaction that reads first and writes later fails with SQLITE_BUSY when another
    # wrote in between, without waiting; IMMEDIATE waits its turn instead.
    read_only = tx.get_execution_options().get("tierread_read_only", False)
    with driver(tx) as connection:
        connection.execute("BEGIN DEFERRED" if read_only else "BEGIN IMMEDIATE")


def _postgresql_settings(durability: Durability, lock_seconds: float) -> Any:
    def set_up(connection: Any, _record: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout TO {round(lock_seconds * 1000)}")
            if durability is Durability.ASYNCHRONOUS:
                cursor.execute("SET synchronous_commit TO off")
        connection.commit()

    return set_up
