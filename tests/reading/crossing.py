"""Two acts that cross: one has begun when the other waits for it, and then goes on (PostgreSQL)."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from storage.database import transaction
from tests.running import wait_until

Act = Callable[[Connection], object]


def cross(engine: Engine, begins: Act, other: Act, goes_on: Act) -> None:
    """Run ``begins``; when ``other``, in a transaction of its own, waits for a row of it, run ``goes_on`` and commit.

    Raises what either raises: a deadlock is an `sa.exc.OperationalError`.
    """
    if engine.dialect.name != "postgresql":
        pytest.skip("SQLite has one writing transaction at a time")
    raised: list[Exception] = []

    def run() -> None:
        try:
            with transaction(engine) as tx:
                other(tx)
        except Exception as error:  # noqa: BLE001 - raised below, in the test's own thread
            raised.append(error)

    thread = threading.Thread(target=run)
    with transaction(engine) as tx:
        begins(tx)
        thread.start()
        wait_until(lambda: bool(raised) or _somebody_waits(engine))
        goes_on(tx)
    thread.join()
    if raised:
        raise raised[0]


def _somebody_waits(engine: Engine) -> bool:
    with engine.connect() as tx:
        waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        return tx.scalar(sa.text(waiting)) is not None
