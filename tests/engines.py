"""Engines that stand for a whole run and are pointed at one database after another.

What an engine has learnt costs more than what most tests do with it: the server's version and types, and every
statement that SQLAlchemy has compiled. So does what a process of PostgreSQL has learnt of the tables: the connections
to a database stay as long as the engine points to it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Engine

from storage.database import LOCK_SECONDS, Durability, connect

BACKENDS: Final[set[int]] = set()
"""The processes of PostgreSQL that serve connections of these engines."""
_free: Final[dict[tuple[str, Durability, float], list[Engine]]] = defaultdict(list)


@contextmanager
def pointed(
    url: str, durability: Durability = Durability.SYNCHRONOUS, *, lock_seconds: float = LOCK_SECONDS
) -> Iterator[Engine]:
    """An engine as `storage.database.connect` makes it, for one test."""
    target = sa.make_url(url)
    free = _free[target.drivername, durability, lock_seconds]
    engine = free.pop() if free else _standing(connect(url, durability, lock_seconds=lock_seconds))
    if engine.url != target:
        engine.dispose()
        engine.url = target
    try:
        yield engine
    finally:
        if target.get_backend_name() == "sqlite":
            engine.dispose()
        free.append(engine)


def release() -> None:
    """Close the connections of all engines that nobody uses."""
    for engines in _free.values():
        for engine in engines:
            engine.dispose()


def _standing(engine: Engine) -> Engine:
    @event.listens_for(engine, "do_connect")
    def point(_dialect: object, _record: object, positional: list[Any], named: dict[str, Any]) -> None:
        arguments, options = engine.dialect.create_connect_args(engine.url)
        positional[:] = arguments
        named |= options

    if engine.dialect.name == "postgresql":

        @event.listens_for(engine, "connect")
        def note(dbapi_connection: Any, _record: object) -> None:
            BACKENDS.add(dbapi_connection.info.backend_pid)

    return engine
