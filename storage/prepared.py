"""Statements of SQLAlchemy's Core that the driver runs itself, for rows that come by the hundred a second.

SQLAlchemy takes some 30 µs to execute what SQLite does in 3, and on PostgreSQL each statement is a round trip.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

import sqlalchemy as sa
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
    def __init__(self, statement: sa.ClauseElement, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        if not isinstance(compiled, SQLCompiler):
            raise TypeError
        self.text: Final = str(compiled)
        self._by_position = compiled.positiontup is not None
        self._converters = [
            (name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect))
            for name in compiled.positiontup or compiled.binds
        ]

    def values(self, row: Values) -> Sequence[Any] | Values:
        """The row's values as the driver takes them, converted by the columns' types; a missing value is null."""
        converted = [convert(row.get(name)) if convert else row.get(name) for name, convert in self._converters]
        if self._by_position:
            return converted
        return {name: value for (name, _), value in zip(self._converters, converted, strict=True)}


def fetch(tx: Connection, query: Prepared, values: Values) -> list[tuple[Any, ...]]:
    """The rows that a query finds, as the driver gives them."""
    with driver(tx) as connection:
        compiled = query.on(tx.dialect)
        cursor = connection.cursor()
        with _one_trip(connection):
            cursor.execute(compiled.text, compiled.values(values))
        return cursor.fetchall()


def write(tx: Connection, work: Sequence[tuple[Prepared, Sequence[Values]]]) -> list[int]:
    """Run each statement for each of its rows, in order; answers how many rows each changed, or found (PostgreSQL)."""
    with driver(tx) as connection:
        cursors: list[Any] = []
        with _one_trip(connection):
            for statement, rows in work:
                compiled = statement.on(tx.dialect)
                cursors.append(connection.cursor())
                cursors[-1].executemany(compiled.text, [compiled.values(row) for row in rows])
        return [cursor.rowcount for cursor in cursors]


def _one_trip(connection: Any) -> AbstractContextManager[Any]:
    # Statements in psycopg's pipeline are sent without waiting for the answer to the one before.
    return connection.pipeline() if hasattr(connection, "pipeline") else nullcontext()
