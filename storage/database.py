"""The database: engines, transactions and the column types that both databases share."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Generator, Hashable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator

from storage.files import sync_folder
from storage.open_transactions import began, ended, open_now

metadata: Final = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


T = TypeVar("T")
PORTION: Final = 500
"""Parameters of one statement: SQLite takes 32,766, PostgreSQL's protocol 65,535, and a few hundred are as fast."""
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


_LOG: Final = "tierread_log"
"""Key of a connection's info: the path of SQLite's write-ahead log, which is flushed after each commit."""
_NAMED: Final = "tierread_log_named"
"""Key of a connection's info, there once the name of that log is flushed; the log stays while the connection does."""
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
    asked, since = time.perf_counter(), None
    changes = _changes(tx)
    try:
        with tx.begin():
            since = began(asked)  # by now SQLite has the lock: to wait for it is not to hold it
            with open_now():
                yield
    finally:
        if since is not None:
            ended(since)
    if changes != _changes(tx):
        _flush(tx.info[_LOG])
        if _NAMED not in tx.info:
            sync_folder(Path(tx.info[_LOG]).parent)
            tx.info[_NAMED] = True


def _changes(tx: Connection) -> int:
    """Rows that the connection has changed so far; 0 where nothing of it is flushed by us."""
    connection: Any = tx.connection.dbapi_connection
    return connection.total_changes if _LOG in tx.info else 0


def _flush(log: str) -> None:
    """Flush what was committed, after the lock was given back: devices wait for the commit, not for the disk.

    SQLite writes its log in order, flushes it before each checkpoint, and after a power failure takes it up to the last
    whole commit (https://www.sqlite.org/pragma.html#pragma_synchronous): once the log is flushed, so is every commit in
    it. Others may see what was written a moment before it is flushed; whoever wrote it hears of it only afterwards.

    Raises:
        OSError: the disk refuses; what was written may be gone after a power failure.

    """
    fd = os.open(log, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fdatasync(fd)
    finally:
        os.close(fd)


@contextmanager
def writing_by_driver(tx: Connection) -> Generator[None]:
    """As `writing`, without SQLAlchemy, which takes more for it than SQLite for a row.

    Only for statements of `storage.prepared`, on a connection with no transaction open.
    """
    asked, since = time.perf_counter(), None
    try:
        with driver(tx) as connection:
            if tx.dialect.name == "sqlite":
                connection.execute("BEGIN IMMEDIATE")
            since = began(asked)
            try:
                with open_now():
                    yield
            except BaseException:
                if not tx.invalidated:
                    connection.rollback()
                raise
            connection.commit()
    finally:
        if since is not None:
            ended(since)


@contextmanager
def snapshot(engine: Engine) -> Generator[Connection]:
    """A transaction that only reads: on SQLite it takes no write lock."""
    with engine.connect().execution_options(tierread_read_only=True, tierread_known={}) as tx, tx.begin():
        yield tx


def once(tx: Connection, key: tuple[Hashable, ...], ask: Callable[[], T]) -> T:
    """What ``ask`` answers from the database; a `snapshot`, which changes nothing itself, asks once for each key."""
    known: dict[tuple[Hashable, ...], T] | None = tx.get_execution_options().get("tierread_known")
    if known is None:
        return ask()
    if key not in known:
        known[key] = ask()
    return known[key]


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


def portions(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """The values in their order, at most `PORTION` at a time; nothing where there are none."""
    return (values[start : start + PORTION] for start in range(0, len(values), PORTION))


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _sqlite_pragmas(durability: Durability, lock_seconds: float) -> Any:
    def set_up(connection: Any, record: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # transactions are begun by us: see _sqlite_begin
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={round(lock_seconds * 1000)}")
        (mode,) = cursor.execute("PRAGMA journal_mode=WAL").fetchone()
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA wal_autocheckpoint={_CHECKPOINT_PAGES}")
        if mode == "wal":
            cursor.execute("PRAGMA synchronous=NORMAL")
            if durability is Durability.SYNCHRONOUS:
                _, _, path = cursor.execute("PRAGMA database_list").fetchone()
                record.info[_LOG] = f"{path}-wal"
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
            # Compiling takes half a second for a list that is answered in four milliseconds (bench/PROFILE.md).
            cursor.execute(f"SET lock_timeout TO {round(lock_seconds * 1000)}; SET jit TO off")
            if durability is Durability.ASYNCHRONOUS:
                cursor.execute("SET synchronous_commit TO off")
        connection.commit()

    return set_up
