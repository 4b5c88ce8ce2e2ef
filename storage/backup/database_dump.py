"""Writes the database into a backup and restores it, into either kind of database."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from storage import tables
from storage.backup import archive
from storage.backup.archive import Contents
from storage.database import UtcDateTime, insert_new, portions, snapshot, transaction
from storage.errors import StorageError
from storage.schema import SchemaTooNew, is_known, migrate, revision_of

INDEX: Final = frozenset(
    table.name
    for table in (tables.segment, tables.study, tables.series, tables.instance, tables.holding, tables.quarantine)
)
"""Tables that `storage.rebuild.rebuild` makes again."""
BY_ITSELF: Final = frozenset({"number_change", "statement_change"})
"""Tables into which the database writes by itself when rows of others come: what the backup has of them comes last."""
_REVISION: Final = "alembic_version"
_AT_ONCE: Final = 500


class NotEmpty(StorageError):
    """The database has rows already: restore into an empty one."""


def count(engine: Engine) -> int:
    """How many tables there are to write."""
    with _frozen(engine) as tx:
        return len(_tables(tx))


def write(
    engine: Engine, path: Path, now: datetime, *, with_index: bool = True, tell: Callable[[], None] = lambda: None
) -> Contents:
    """Write everything as it is at one moment; others may write meanwhile. ``tell`` is called for each table.

    Raises:
        OSError: the disk does not take it; no file is left.

    """
    with _frozen(engine) as tx, archive.create(path, now) as writer:
        for table in _tables(tx):
            if with_index or table.name not in INDEX:
                writer.table(table.name, {column.name: _kind(column) for column in table.columns}, _rows(tx, table))
            tell()
        return writer.end(revision_of(tx) or "", whole=with_index)


def restore(engine: Engine, path: Path, now: datetime, tell: Callable[[], None]) -> Contents:
    """Read a backup into an empty database and migrate that to this version; ``tell`` is called for each part.

    The database is marked, so that nothing is served before `storage.rebuild.rebuild` has added what came and was
    decided since the backup.

    Raises:
        BrokenBackup: the file is not whole; nothing was written.
        SchemaTooNew: a newer version wrote it.
        NotEmpty: the database has rows, or a newer schema than the backup.

    """
    contents = archive.read(path, tell)
    if not is_known(contents.revision):
        raise SchemaTooNew(contents.revision)
    _check_empty(engine, contents.revision)
    migrate(engine, contents.revision)
    with transaction(engine) as tx, _self_references_wait(tx):
        there = {table.name: table for table in _tables(tx)}
        last: list[tuple[sa.Table, list[dict[str, Any]]]] = []
        for told, rows in archive.rows(path, contents):
            table = there[told.name]
            if table.name in BY_ITSELF:
                last.append((table, rows))
            else:
                _enter(tx, table, rows)
            tell()
        for name in BY_ITSELF & there.keys():
            tx.execute(sa.delete(there[name]))
        for table, rows in last:
            _enter(tx, table, rows)
        for told in contents.tables:
            if tx.scalar(sa.select(sa.func.count()).select_from(there[told.name])) != told.rows:
                raise archive.BrokenBackup("the database did not take all of it")
    migrate(engine)
    with transaction(engine) as tx:
        tx.execute(insert_new(tx, tables.rebuilding).values(name="index", started_at=now))
        if not contents.whole:  # without the index, no decision has its effect in the database
            tx.execute(sa.update(tables.journal).values(applied=False))
    return contents


def _enter(tx: Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    for some in portions(rows):
        tx.execute(sa.insert(table), some)


@contextmanager
def _frozen(engine: Engine) -> Generator[Connection]:
    """A transaction that sees one moment of the database, however long reading takes."""
    if engine.dialect.name != "postgresql":
        with snapshot(engine) as tx:
            yield tx
        return
    how = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with engine.connect().execution_options(**how) as tx, tx.begin():
        yield tx


def _tables(tx: Connection) -> list[sa.Table]:
    """The tables of this database, whatever its revision, each after those that it refers to."""
    found = sa.MetaData()
    parts = _partitions(tx)
    found.reflect(tx, only=lambda name, _: name != _REVISION and name not in parts)
    for table in found.tables.values():
        for column in table.columns:
            if isinstance(column.type, sa.DateTime):
                column.type = UtcDateTime()
            elif isinstance(column.type, sa.JSON):
                column.type = sa.JSON(none_as_null=True)
    return found.sorted_tables


def _partitions(tx: Connection) -> set[str]:
    if tx.dialect.name != "postgresql":
        return set()
    return set(tx.scalars(sa.text("SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'")))


def _kind(column: sa.Column[Any]) -> str:
    match column.type:
        case UtcDateTime():
            return "time"
        case sa.Date():
            return "date"
        case sa.LargeBinary():
            return "bytes"
        case _:
            return "plain"


def _rows(tx: Connection, table: sa.Table) -> Iterator[tuple[Any, ...]]:
    asked = sa.select(table).order_by(*table.primary_key.columns)
    streamed = tx.execution_options(yield_per=_AT_ONCE)
    return (tuple(row) for row in streamed.execute(asked))


def _check_empty(engine: Engine, revision: str) -> None:
    with snapshot(engine) as tx:
        here = revision_of(tx)
        if here not in (None, revision):
            raise NotEmpty
        for table in _tables(tx):
            if tx.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first() is not None:
                raise NotEmpty


@contextmanager
def _self_references_wait(tx: Connection) -> Generator[None]:
    """Check references of a table to itself at the end: a row may come before the one that it refers to."""
    if tx.dialect.name != "postgresql":
        tx.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        yield
        return
    asked = sa.text(
        "SELECT conrelid::regclass::text AS of, quote_ident(conname) AS name FROM pg_constraint"
        " WHERE contype = 'f' AND conrelid = confrelid"
    )
    found = [(row.of, row.name) for row in tx.execute(asked)]
    for of, name in found:
        tx.exec_driver_sql(f"ALTER TABLE {of} ALTER CONSTRAINT {name} DEFERRABLE INITIALLY DEFERRED")
    yield
    tx.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
    for of, name in found:
        tx.exec_driver_sql(f"ALTER TABLE {of} ALTER CONSTRAINT {name} NOT DEFERRABLE")
