"""Databases without any table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from tests import engines
from tests.postgresql import Cluster


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database without any table, once with SQLite and once with PostgreSQL."""
    with _without_tables(request.param, request, tmp_path) as engine:
        yield engine


@pytest.fixture
def empty_alike(request: pytest.FixtureRequest, engine: Engine, tmp_path: Path) -> Iterator[Engine]:
    """A database without any table, of the kind of `engine`."""
    with _without_tables(engine.dialect.name, request, tmp_path) as made:
        yield made


@contextmanager
def _without_tables(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if kind == "sqlite":
        with engines.pointed(f"sqlite:///{tmp_path / 'empty.db'}") as engine:
            yield engine
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    url = cluster.empty_database()
    with engines.pointed(url) as engine:
        yield engine
    cluster.drop(url)
