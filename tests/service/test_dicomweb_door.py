"""The door of DICOMweb: searches and refusals are on record, and what is no UID is not there."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.engine import Engine

from pacs.dicomweb.door import NotVisible
from reading.audit import Audit
from reading.signing import Seal
from reading.tables import audit_event
from service.dicomweb_door import DicomwebDoor
from service.house import House
from service.installation import Folders
from service.settings import load
from storage.database import snapshot, transaction
from storage.objects import FolderObjectStore
from tests.reading.clinic import Clinic, arrive, open_clinic
from tests.reading.region import KEYS

STUDY = "1.2.840.1"


@pytest.fixture
def clinic(engine: Engine, now: datetime) -> Clinic:
    with transaction(engine) as tx:
        made = open_clinic(tx, now)
        arrive(tx, made, STUDY, now)
    return made
