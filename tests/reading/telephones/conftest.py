"""The clinic, and Pia who has a card and a telephone that she verified."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Engine

from reading.patients import patients
from reading.patients.patients import Patient
from reading.telephones import numbers
from storage.database import transaction
from tests.reading.clinic import Clinic, open_clinic
from tests.reading.messages.scene import MOBILE
from tests.reading.region import KEYS, pia


@pytest.fixture
def clinic(engine: Engine, now: datetime) -> Clinic:
    with transaction(engine) as tx:
        return open_clinic(tx, now - timedelta(days=1))


@pytest.fixture
def patient(engine: Engine, clinic: Clinic, now: datetime) -> Patient:
    with transaction(engine) as tx:
        made = pia(tx, now)
        tx.execute(patients.patient.update().values(telephone=MOBILE, site_id=clinic.region.hills.id))
        numbers.enter(tx, KEYS, made.id, MOBILE, made_by=clinic.tang.person_id, now=now)
    return made
