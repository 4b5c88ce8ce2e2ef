"""What the tests of the machines' side share."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from tests import engines
from tests.archive import Archive
from tests.archive import archive as make_archive


@pytest.fixture
def archive(engine: Engine, database_url: str, tmp_path: Path) -> Iterator[Archive]:
    """An archive on a fresh database, once with SQLite and once with PostgreSQL."""
    with make_archive(engine, database_url, tmp_path) as made:
        yield made


@pytest.fixture
def small_archive(sqlite_template: Path, tmp_path: Path) -> Iterator[Archive]:
    """An archive for tests of what happens before the database is asked: the wire, the structure of a data set."""
    path = tmp_path / "tierread.db"
    shutil.copy(sqlite_template, path)
    url = f"sqlite:///{path}"
    with engines.pointed(url) as engine, make_archive(engine, url, tmp_path) as made:
        yield made
