"""A database without any table, once with SQLite and once with PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from tests import engines
from tests.postgresql import Cluster


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        with engines.pointed(f"sqlite:///{tmp_path / 'empty.db'}") as engine:
            yield engine
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    url = cluster.empty_database()
    with engines.pointed(url) as engine:
        yield engine
    cluster.drop(url)
