"""The DIMSE services beside C-ECHO and C-STORE, each made with the plain functions that it asks for."""

from __future__ import annotations

from pacs.commitment import StorageCommitment
from pacs.find import FindService
from pacs.retrieve import RetrieveService
from pacs.services import Service
from service.commitment_door import CommitmentDoor
from service.dimse_door import Devices
from service.house import House
from storage.reader import Bytes


def services_of(house: House) -> list[Service]:
    """The services of a listener."""
    bytes_ = Bytes(house.folders.spool, house.object_store, house.engine)
    door = Devices(house).door()
    return [
        StorageCommitment(CommitmentDoor(house).take),
        FindService(house.engine, bytes_, door, house.settings.ae_title),
        RetrieveService(house.engine, bytes_, door, house.settings.ae_title),
    ]
