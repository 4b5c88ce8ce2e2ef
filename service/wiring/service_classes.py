"""The DIMSE services beside C-ECHO and C-STORE, each made with the plain functions that it asks for."""

from __future__ import annotations

from pacs.dimse.service import Service
from pacs.search.turns import Turns
from pacs.service_classes.commitment import StorageCommitment
from pacs.service_classes.find import FindService
from pacs.service_classes.modality_worklist import Worklist
from pacs.service_classes.mpps import PerformedSteps
from pacs.service_classes.retrieve import RetrieveService
from service.installation.house import House
from service.installation.nodes import bytes_of
from service.wiring.commitment import CommitmentDoor
from service.wiring.modality_worklist import WorklistDoor
from service.wiring.performed_steps import PerformedDoor
from service.wiring.queries import QueryDoor


def services_of(house: House) -> list[Service]:
    """The services of a listener."""
    bytes_ = bytes_of(house)
    door = QueryDoor(house).door()
    steps = PerformedDoor(house)
    turns = Turns()
    return [
        Worklist(WorklistDoor(house).offering, turns),
        PerformedSteps(steps.creating, steps.changing),
        StorageCommitment(CommitmentDoor(house).take, turns),
        FindService(house.engine, bytes_, door, house.settings.ae_title, turns),
        RetrieveService(house.engine, bytes_, door, house.settings.ae_title),
    ]
