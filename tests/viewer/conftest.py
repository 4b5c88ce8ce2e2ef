"""The house that the viewer's tests visit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from sqlalchemy.engine import Engine

from tests.viewer.house import House, open_house


@pytest.fixture
def house(engine: Engine, now: datetime) -> Iterator[House]:
    """A clinic at work and its viewer on a real socket, once on each database."""
    with open_house(engine, now) as opened:
        yield opened
