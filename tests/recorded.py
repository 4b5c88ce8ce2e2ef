"""Scenes that many tests begin with: acted once in a run by the real functions, then entered as the rows they wrote."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, wraps
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

import reading.tables  # noqa: F401 - the metadata has its tables
import storage.tables  # noqa: F401 - and its
from storage.database import metadata
from storage.prepared import Prepared, Work, write

P = ParamSpec("P")
T = TypeVar("T")


def recorded(act: Callable[Concatenate[Connection, P], T]) -> Callable[Concatenate[Connection, P], T]:
    """``act`` for a database in which there is nothing yet; two databases get the same ids."""

    @cache
    def once(*given: P.args, **named: P.kwargs) -> _Recorded[T]:
        return _record(lambda tx: act(tx, *given, **named))

    @wraps(act)
    def enter(tx: Connection, /, *given: P.args, **named: P.kwargs) -> T:
        made = once(*given, **named)
        if not tx.in_transaction():
            tx.begin()  # as a statement would: what the driver runs belongs to the caller's transaction
        write(tx, made.work)
        return made.answer

    return enter


@dataclass(frozen=True, kw_only=True)
class _Recorded(Generic[T]):
    answer: T
    work: list[Work]
    """The rows that have a value in the same columns together: None would be JSON's null, not SQL's.

    By the driver: SQLAlchemy takes ten times as long for a scene as the database, and most tests begin with one.
    """


def _record(act: Callable[[Connection], T]) -> _Recorded[T]:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as tx:
        _driver(tx).deserialize(_empty())
        answer = act(tx)
        written = [each for each in metadata.sorted_tables if _driver(tx).execute(f'SELECT 1 FROM "{each}"').fetchone()]
        work = [(_insert(table, [*alike[0]]), alike) for table in written for alike in _rows(tx, table)]
    engine.dispose()
    return _Recorded(answer=answer, work=work)


def _insert(table: sa.Table, columns: list[str]) -> Prepared:
    return Prepared(
        lambda _dialect: sa.insert(table).values({one: sa.bindparam(one, type_=table.c[one].type) for one in columns})
    )


@cache
def _empty() -> bytes:
    """A database with every table and no row; making the tables takes longer than most scenes."""
    engine = sa.create_engine("sqlite://")
    with engine.begin() as tx:
        metadata.create_all(tx)
    with engine.connect() as connection:
        made = _driver(connection).serialize()
    engine.dispose()
    return made


def _driver(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


def _rows(tx: Connection, table: sa.Table) -> list[list[dict[str, Any]]]:
    found: defaultdict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in tx.execute(sa.select(table)).mappings():
        said = {name: value for name, value in row.items() if value is not None}
        found[tuple(said)].append(said)
    return list(found.values())
