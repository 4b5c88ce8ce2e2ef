"""Scenes that many tests begin with: acted once in a run by the real functions, then entered as the rows they wrote."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

import reading.tables  # noqa: F401 - the metadata has its tables
import storage.tables  # noqa: F401 - and its
from storage.database import metadata

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Recorded(Generic[T]):
    """What an act answered, and the rows that it left in an empty database."""

    answer: T
    rows: tuple[tuple[sa.Table, list[dict[str, Any]]], ...]

    def enter(self, tx: Connection) -> T:
        """Into a database that has none of them; two databases get the same ids."""
        for table, rows in self.rows:
            tx.execute(table.insert(), rows)
        return self.answer


def record(act: Callable[[Connection], T]) -> Recorded[T]:
    engine = sa.create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.begin() as tx:
        answer = act(tx)
        rows = [(table, _rows(tx, table)) for table in metadata.sorted_tables]
    engine.dispose()
    return Recorded(answer=answer, rows=tuple((table, found) for table, found in rows if found))


def _rows(tx: Connection, table: sa.Table) -> list[dict[str, Any]]:
    return [dict(row) for row in tx.execute(sa.select(table)).mappings()]
