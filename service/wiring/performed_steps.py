"""Messages of devices about the procedure steps that they perform (MPPS), taken into the register of these."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pacs.dimse.service import Caller
from pacs.service_classes.mpps import Verdict
from pacs.service_classes.mpps_message import INVALID_VALUE, PerformedStep, RefusedMessage
from reading.completeness.announcements import Named
from reading.orders import performed_messages
from reading.orders.performed import State
from reading.orders.performed_messages import Answer, FixedValue, Message, Reference
from reading.patients.same_person import Said
from service.installation.house import House
from storage.database import transaction

VERDICTS: Final = {
    Answer.DONE: Verdict.DONE,
    Answer.DUPLICATE: Verdict.DUPLICATE,
    Answer.UNKNOWN: Verdict.UNKNOWN,
    Answer.FINAL: Verdict.FINAL,
}


class PerformedDoor:
    """Writes each message down in one transaction, with what follows from it for orders and ledger."""

    def __init__(self, house: House) -> None:
        self._house = house

    def creating(self, caller: Caller, uid: str, said: PerformedStep) -> Verdict:
        return self._taken(performed_messages.create, caller, uid, said)

    def changing(self, caller: Caller, uid: str, said: PerformedStep) -> Verdict:
        try:
            return self._taken(performed_messages.change, caller, uid, said)
        except FixedValue as fixed:
            raise RefusedMessage(INVALID_VALUE, fixed.tag) from fixed

    def _taken(self, take: Callable[..., Answer], caller: Caller, uid: str, said: PerformedStep) -> Verdict:
        with transaction(self._house.engine) as tx:
            who = caller.sender
            return VERDICTS[take(tx, who.device_id, who.site_id, uid, _message(said), self._house.clock())]


def _message(said: PerformedStep) -> Message:
    return Message(
        attributes=said.attributes,
        state=None if said.state is None else State(said.state),
        modality=said.modality,
        references=[
            Reference(study_uid=one.study_uid, accession_number=one.accession_number, step_id=one.step_id)
            for one in said.references
        ],
        instances=None
        if said.instances is None
        else [Named(series_uid=one.series_uid, sop_instance_uid=one.sop_instance_uid) for one in said.instances],
        reason=said.reason,
        repeated=said.repeated,
        person=None
        if said.person is None
        else Said(name=said.person.name, sex=said.person.sex, birth_date=said.person.birth_date),
        patient_id="" if said.person is None else said.person.patient_id,
    )
