"""A database without any table, once with SQLite and once with PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from storage.database import connect, transaction
from tests.postgresql import Cluster


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        engine = connect(f"sqlite:///{tmp_path / 'old.db'}")
        yield engine
        engine.dispose()
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    url = cluster.new_database()
    engine = connect(url)
    with transaction(engine) as tx:
        tx.exec_driver_sql("DROP SCHEMA public CASCADE")
        tx.exec_driver_sql("CREATE SCHEMA public")
    yield engine
    engine.dispose()
    cluster.drop(url)
