"""Statements of SQLAlchemy's Core that the driver runs itself, for rows that come by the hundred a second.

SQLAlchemy takes some 30 µs to execute what SQLite does in 3, and on PostgreSQL each statement is a round trip.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from types import SimpleNamespace
from typing import Any, Final

import sqlalchemy as sa
from psycopg import RawCursor
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.sql.compiler import SQLCompiler

from storage.database import driver

Values = Mapping[str, Any]


class Prepared:
    """A statement that is compiled once for each dialect; ``build`` makes it for the dialect of that name."""

    def __init__(self, build: Callable[[str], sa.ClauseElement]) -> None:
        self._build = build
        self._compiled: dict[str, _Compiled] = {}

    def on(self, dialect: Dialect) -> _Compiled:
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = _Compiled(self._build(dialect.name), dialect)
        return compiled


class _Compiled:
    """A statement whose parameters stand by position: psycopg would look through its text for their names each time."""

    def __init__(self, statement: sa.ClauseElement, dialect: Dialect) -> None:
        same: Any = type(dialect)
        by_position: Dialect = same(paramstyle="qmark" if dialect.name == "sqlite" else "numeric_dollar")
        compiled = statement.compile(dialect=by_position)
        if not isinstance(compiled, SQLCompiler):
            raise TypeError
        self.text: Final = str(compiled)
        binds = [(name, compiled.binds[name]) for name in compiled.positiontup or ()]
        self._converters = [
            (name, bind.type.dialect_impl(dialect).bind_processor(dialect), bind.value) for name, bind in binds
        ]
        self._places: dict[str, list[int]] = {}
        for place, (name, _) in enumerate(binds):
            self._places.setdefault(name, []).append(place)
        columns: Any = getattr(statement, "exported_columns", ())
        self._names = [column.key for column in columns]
        self._readers = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]

    def values(self, row: Values) -> list[Any]:
        """The row's values as the driver takes them, converted by the columns' types.

        A missing value is the one that the statement itself has, and null where it has none.
        """
        return [
            convert(row.get(name, own)) if convert else row.get(name, own) for name, convert, own in self._converters
        ]

    def changed(self, values: Sequence[Any], row: Values) -> list[Any]:
        """The `values` of a row that differs from another's in these columns alone."""
        made = list(values)
        for name, value in row.items():
            places = self._places[name]
            convert = self._converters[places[0]][1]
            converted = convert(value) if convert else value
            for place in places:
                made[place] = converted
        return made

    def read(self, found: Sequence[Any]) -> SimpleNamespace:
        """What the driver gave, by the names of the columns and as values of their types."""
        named = zip(self._names, self._readers, found, strict=True)
        return SimpleNamespace(**{name: read(value) if read else value for name, read, value in named})


Work = tuple[Prepared, Sequence[Values | list[Any]]]
"""A statement with the rows that it is run for; a list is what `values` made of one."""

_PLANNED_ONCE: Final = "SET LOCAL plan_cache_mode = force_generic_plan"


def fetch(tx: Connection, query: Prepared, values: Values) -> list[tuple[Any, ...]]:
    """The rows that a query finds, as the driver gives them."""
    return fetch_each(tx, [(query, values)])[0]


def fetch_each(
    tx: Connection, queries: Sequence[tuple[Prepared, Values]], *, planned_once: bool = False
) -> list[list[tuple[Any, ...]]]:
    """The rows that each of several queries finds, in order.

    ``planned_once``: until the transaction ends, PostgreSQL keeps the plans of its statements, whatever their values.
    To plan one of many parts takes longer than to run it, and it would be planned anew for the values of each.
    """
    with driver(tx) as connection:
        cursors = [_cursor(connection) for _ in queries]
        with _one_trip(connection):
            if planned_once and tx.dialect.name == "postgresql":
                _cursor(connection).execute(_PLANNED_ONCE)
            for cursor, (query, values) in zip(cursors, queries, strict=True):
                compiled = query.on(tx.dialect)
                cursor.execute(compiled.text, compiled.values(values))
        return [cursor.fetchall() for cursor in cursors]


def fetch_rows(tx: Connection, query: Prepared, values: Values) -> list[Any]:
    """The rows that a query finds, or a change returns, with the names and types of its columns."""
    read = query.on(tx.dialect).read
    return [read(row) for row in fetch(tx, query, values)]


def write(tx: Connection, work: Sequence[Work]) -> list[int]:
    """Run each statement for each of its rows, in order; answers how many rows each changed, or found (PostgreSQL)."""
    with driver(tx) as connection:
        cursors: list[Any] = []
        with _one_trip(connection):
            for statement, rows in work:
                compiled = statement.on(tx.dialect)
                cursors.append(_cursor(connection))
                cursors[-1].executemany(
                    compiled.text, [row if isinstance(row, list) else compiled.values(row) for row in rows]
                )
        return [cursor.rowcount for cursor in cursors]


def _cursor(connection: Any) -> Any:
    return RawCursor(connection) if hasattr(connection, "pipeline") else connection.cursor()


def _one_trip(connection: Any) -> AbstractContextManager[Any]:
    # Statements in psycopg's pipeline are sent without waiting for the answer to the one before.
    return connection.pipeline() if hasattr(connection, "pipeline") else nullcontext()
