"""Scenes that many tests begin with: acted once in a run by the real functions, then entered as the rows they wrote."""

from __future__ import annotations

from collections import defaultdict
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
    rows: list[tuple[sa.Table, list[dict[str, Any]]]]
    """Those that have a value in the same columns together: None would be JSON's null, not SQL's."""

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
        rows = [(table, alike) for table in metadata.sorted_tables for alike in _rows(tx, table)]
    engine.dispose()
    return Recorded(answer=answer, rows=rows)


def _rows(tx: Connection, table: sa.Table) -> list[list[dict[str, Any]]]:
    found: defaultdict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in tx.execute(sa.select(table)).mappings():
        said = {name: value for name, value in row.items() if value is not None}
        found[tuple(said)].append(said)
    return list(found.values())
