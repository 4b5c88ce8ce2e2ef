"""The DIMSE services beside C-ECHO and C-STORE, each made with the plain functions that it asks for."""

from __future__ import annotations

from pacs.commitment import StorageCommitment
from pacs.services import Service
from service.commitment_door import CommitmentDoor
from service.house import House


def services_of(house: House) -> list[Service]:
    """The services of a listener."""
    return [StorageCommitment(CommitmentDoor(house).take)]
