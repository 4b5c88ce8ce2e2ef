"""A running DICOMweb server over a whole archive, with a door of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from tests.archive import Archive
from tests.dicomweb import Web, serving


@pytest.fixture
def web(archive: Archive, engine: Engine, tmp_path: Path) -> Iterator[Web]:
    with serving(archive, engine, tmp_path) as running:
        yield running
