"""How a database would answer: the plans of the statements that a piece of code executes."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from psycopg import RawCursor
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

from storage.database import driver, snapshot
from storage.prepared import Prepared, Values


def plans_of(engine: Engine, run: Callable[[Connection], object]) -> list[str]:
    """The plan of each query that ``run`` executes, where every index that could be used is.

    PostgreSQL reads small tables from end to end; told not to, it does so only where no index helps.
    """
    with listening(engine) as executed, snapshot(engine) as tx:
        run(tx)
    explain = "EXPLAIN QUERY PLAN" if engine.dialect.name == "sqlite" else "EXPLAIN"
    with snapshot(engine) as tx:
        if engine.dialect.name == "postgresql":
            tx.exec_driver_sql("SET LOCAL enable_seqscan = off")
        return [
            "\n".join(str(row[-1]) for row in tx.exec_driver_sql(f"{explain} {statement}", values))
            for statement, values in executed
        ]


def plan_of(engine: Engine, statement: Prepared, values: Values) -> str:
    """The plan of a statement that the driver runs itself, where every index that could be used is."""
    sqlite = engine.dialect.name == "sqlite"
    with snapshot(engine) as tx, driver(tx) as connection:
        compiled = statement.on(engine.dialect)
        cursor: Any = connection.cursor() if sqlite else RawCursor(connection)
        if not sqlite:
            cursor.execute("SET LOCAL enable_seqscan = off")
        explain = "EXPLAIN QUERY PLAN" if sqlite else "EXPLAIN"
        return "\n".join(str(row[-1]) for row in cursor.execute(f"{explain} {compiled.text}", compiled.values(values)))


def reads_through(plan: str, table: str) -> bool:
    """Whether a plan reads a table from end to end."""
    lines = [line.strip().removeprefix("-> ").strip() for line in plan.splitlines()]
    return any(
        line.startswith((f"Seq Scan on {table}", f'Seq Scan on "{table}"'))
        or (line.split()[:2] == ["SCAN", table] and "INDEX" not in line)
        for line in lines
    )


@contextmanager
def listening(engine: Engine) -> Generator[list[tuple[str, Any]]]:
    """The queries that are executed meanwhile, with their values; those that only insert are left out."""
    executed: list[tuple[str, Any]] = []

    def note(_tx: object, _cursor: object, statement: str, values: Any, *_rest: object) -> None:
        if statement.lstrip().startswith(("SELECT", "WITH", "UPDATE")):
            executed.append((statement, values))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield executed
    finally:
        event.remove(engine, "before_cursor_execute", note)
