"""The installation that the tests of rebuilding stand on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.storage.instances import opened
from tests.storage.rebuild.rebuild_yard import Yard


@pytest.fixture
def yard(database_url: str, tmp_path: Path) -> Iterator[Yard]:
    with opened(database_url, tmp_path / "spool") as (spool, index_, _):
        yield Yard(spool, index_, tmp_path / "objects")
