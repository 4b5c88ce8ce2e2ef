"""The modality worklist: the open orders of a site, in the terms of a device."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from pacs.dimse.service import Caller
from pacs.service_classes.modality_worklist import WorklistPage
from pacs.service_classes.modality_worklist_item import ScheduledStep
from reading.access import offers
from reading.context import Context
from reading.orders import offered
from reading.orders.offered import Offered
from reading.orders.order_state import OrderState
from reading.patients.names import for_devices
from reading.patients.patient_number import ISSUER
from reading.protocolling import standing
from reading.protocolling.standing import Standing
from reading.register import devices
from reading.viewers import Machine
from service.installation.house import House
from storage.database import snapshot, transaction
from viewer.words import words
from viewer.words.catalogue import Language, text


class WorklistDoor:
    """Answers a device with what its site has to examine, and with nothing of any other."""

    def __init__(self, house: House) -> None:
        self._house = house

    def offering(self, caller: Caller, first: date | None, last: date | None) -> WorklistPage:
        now = self._house.clock()
        with snapshot(self._house.engine) as tx:
            device = devices.by_id(tx, caller.sender.device_id)
            found = offered.worklist(tx, caller.sender.site_id, now, first=first, last=last)
            told = standing.of_orders(tx, {one.order.id for one in found.offered})
        orders = {one.procedure.study_uid: one.order.id for one in found.offered}
        zone = ZoneInfo(found.time_zone)
        others = [title for title in found.stations if title != caller.ae_title]
        return WorklistPage(
            scheduled=[
                _scheduled(one, [caller.ae_title, *others], zone, protocol(told.get(one.order.id)))
                for one in found.offered
            ],
            whole=found.whole,
            character_set=device.character_set if device else "",
            answering=lambda steps: self._answering(caller, [orders[one.study_uid] for one in steps]),
        )

    def _answering(self, caller: Caller, order_ids: Sequence[str]) -> None:
        """Put on record which orders a device is told of, before it is."""
        sender, now = caller.sender, self._house.clock()
        machine = Machine(
            device_id=sender.device_id, site_id=sender.site_id, issuer=sender.issuer, address=sender.address
        )
        with snapshot(self._house.engine) as tx:
            told = offers.on_record(tx, machine, now)
        if not told.issuperset(order_ids):
            with transaction(self._house.engine) as tx:
                offers.open_orders(Context(tx, self._house.audit, now, machine), order_ids)


def _scheduled(one: Offered, stations: list[str], zone: ZoneInfo, said: Sequence[str]) -> ScheduledStep:
    alphabetic, ideographic = for_devices(one.person.name)
    return ScheduledStep(
        study_uid=one.procedure.study_uid,
        accession_number=one.order.accession_number,
        step_id=one.procedure.step_id,
        modality=one.order.modality,
        begins=one.order.scheduled_at.astimezone(zone),
        stations=[one.station] if one.station else stations,
        started=one.procedure.state is OrderState.IN_PROGRESS,
        alphabetic=alphabetic,
        ideographic=ideographic,
        patient_number=one.person.number,
        issuer=ISSUER,
        birth_date=one.person.birth_date,
        sex=one.person.sex,
        examination=_words(one, Language.ZH),
        examination_plain=_words(one, Language.EN),
        body_part=one.procedure.body_part,
        laterality=one.procedure.laterality,
        priority=one.order.priority,
        reason=one.order.reason,
        protocol=said,
    )


def protocol(told: Standing | None) -> tuple[str, ...]:
    """What (0040,1400) says of a protocol or an advice against: in Chinese, in English, and where else it stands."""
    if told is None:
        return ()
    on_slip = text(Language.EN, f"protocol.device.{'refused' if told.against else 'accepted'}")
    whole = {
        language: text(language, "protocol.device.against", reason=told.words) if told.against else told.words
        for language in (Language.ZH, Language.EN)
    }
    said = ((Language.ZH, whole[Language.ZH]), (Language.EN, whole[Language.EN]), (Language.EN, on_slip))
    if not told.asked_again:
        return tuple(one for _, one in said)
    return tuple(text(language, "protocol.device.again", said=one) for language, one in said)


def _words(one: Offered, language: Language) -> str:
    said = (
        words.coded(language, "modality", one.order.modality),
        words.coded(language, "body", one.procedure.body_part),
        words.coded(language, "side", one.procedure.laterality) if one.procedure.laterality else "",
    )
    return " ".join(word for word in said if word)
