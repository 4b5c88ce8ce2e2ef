"""The clinic whose people and patients are told."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Engine

from storage.database import transaction
from tests.reading.clinic import Clinic, open_clinic


@pytest.fixture
def clinic(engine: Engine, now: datetime) -> Clinic:
    with transaction(engine) as tx:
        return open_clinic(tx, now - timedelta(days=1))
