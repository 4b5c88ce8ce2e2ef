"""A snapshot asks the database a thing once; a transaction, which may change it, asks each time."""

from __future__ import annotations

from itertools import count

from sqlalchemy.engine import Engine

from storage.database import once, snapshot, transaction


def test_each_snapshot_asks_once_for_each_key_and_a_transaction_each_time(engine: Engine) -> None:
    asked = count(1)

    def ask() -> int:
        return next(asked)

    with snapshot(engine) as tx:
        first = [once(tx, (key,), ask) for key in ("reach", "reach", "other", "reach")]
    with snapshot(engine) as tx:
        second = [once(tx, ("reach",), ask) for _ in range(2)]
    with transaction(engine) as tx:
        writing = [once(tx, ("reach",), ask) for _ in range(2)]

    assert (first, second, writing) == ([1, 1, 2, 1], [3, 3], [4, 5])
