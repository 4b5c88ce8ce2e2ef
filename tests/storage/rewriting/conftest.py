"""The study that the tests of rewriting stand on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.storage.instances import opened
from tests.storage.rewriting.rewriting_yard import Yard


@pytest.fixture
def yard(database_url: str, tmp_path: Path) -> Iterator[Yard]:
    with opened(database_url, tmp_path / "spool") as (spool, index_, engine):
        made = Yard(spool, index_, engine, tmp_path / "objects")
        made.arrive(1, 2)
        made.arrive(3)
        shutil.rmtree(spool.directory / "segments")
        yield made
