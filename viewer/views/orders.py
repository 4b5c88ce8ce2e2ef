"""The orders of a township in words: what is to be examined, what is under way, what arrived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.engine import Connection

from reading.kinds import Priority
from reading.orders import orders, performed
from reading.orders.order_state import CANCELLABLE, OPEN, OrderState
from reading.orders.orders import Order, Procedure
from reading.orders.performed import Step
from reading.patients import patients
from reading.protocolling import request_rows
from reading.protocolling.moves import State
from reading.protocolling.request_rows import ProtocolRequest
from reading.register import devices
from reading.register.organisations import Organisation
from viewer.words import words
from viewer.words.catalogue import Language, text

LATELY: Final = timedelta(days=3)
MOST: Final = 50
"""Orders that the page lists of each site."""
TONES: Final = {
    OrderState.PLACED: "wait",
    OrderState.IN_PROGRESS: "work",
    OrderState.COMPLETED: "work",
    OrderState.DISCONTINUED: "alarm",
    OrderState.ARRIVED: "done",
    OrderState.CANCELLED: "wait",
}

PROTOCOL_TONES: Final = {
    State.OPEN: "wait",
    State.ACCEPTED: "done",
    State.REFUSED: "alarm",
    State.WITHDRAWN: "wait",
    State.CORRECTED: "wait",
}


@dataclass(frozen=True, kw_only=True)
class Row:
    id: str
    revision: int
    number: str
    patient: str
    patient_number: str
    examination: str
    at: str
    station: str
    priority: str
    urgency: str
    """Its code; empty for a routine order."""
    state: str
    tone: str
    protocol: tuple[str, str] | None
    """What became of the question before the examination, and its tone; None where nobody asked."""
    reason: str
    """Why the device discontinued it."""
    can_be_cancelled: bool
    cancelled: bool
    patient_id: str


def rows(tx: Connection, sites: Sequence[Organisation], language: Language, now: datetime) -> list[Row]:
    """The orders of each site since some days ago and those to come, the latest first."""
    found: list[Row] = []
    for site in sites:
        placed = orders.list_of(tx, site.id, since=now - LATELY, limit=MOST)
        steps = performed.of_procedures(tx, [one.id for order in placed for one in order.procedures])
        asked = _protocols(
            request_rows.of_orders(tx, [order.id for order in placed]), {one.id: one for one in placed}, language
        )
        found += [_row(tx, order, steps, site.time_zone, language, now, asked.get(order.id)) for order in placed]
    return found


def protocol_state(one: ProtocolRequest, order: OrderState, language: Language) -> tuple[str, str]:
    """State and tone of a question; one about an examination that was made or cancelled waits for no answer."""
    state = "unanswered" if one.state is State.OPEN and order not in OPEN else one.state
    return text(language, f"protocol.state.{state}"), PROTOCOL_TONES[one.state]


def _protocols(
    asked: Sequence[ProtocolRequest], placed: Mapping[str, Order], language: Language
) -> dict[str, tuple[str, str]]:
    """State and tone of the last question about each order that was not taken back, behind an answer that stands."""
    found: dict[str, tuple[str, str]] = {}
    stands: dict[str, tuple[str, str]] = {}
    for one in asked:
        if one.state in {State.WITHDRAWN, State.CORRECTED}:
            continue
        said, tone = protocol_state(one, placed[one.order_id].state, language)
        if one.state is State.OPEN:
            before, tone = stands.get(one.order_id, ("", tone))
            found[one.order_id] = (" · ".join(filter(None, (before, said))), tone)
        else:
            found[one.order_id] = stands[one.order_id] = (said, tone)
    return found


def examination(order: Order, procedures: Sequence[Procedure], language: Language) -> str:
    """E.g. DR Chest, DR Hand Left."""
    parts = (
        " ".join(
            word
            for word in (
                words.coded(language, "modality", order.modality),
                words.coded(language, "body", each.body_part),
                words.coded(language, "side", each.laterality) if each.laterality else "",
            )
            if word
        )
        for each in procedures
    )
    return text(language, "list-comma").join(parts)


def why_discontinued(steps: Sequence[Step], language: Language) -> str:
    """The reasons that devices gave, in their words, with the code for the call to the vendor."""
    given = [step.reason for step in steps if step.state is performed.State.DISCONTINUED]
    said = [
        f"{reason['meaning']} ({reason['value']})" if reason else text(language, "order.no-reason") for reason in given
    ]
    return text(language, "list-comma").join(dict.fromkeys(said))


def _row(  # noqa: PLR0917
    tx: Connection,
    order: Order,
    steps: Mapping[str, Step],
    zone: str,
    language: Language,
    now: datetime,
    protocol: tuple[str, str] | None,
) -> Row:
    patient = patients.by_id(tx, order.patient_id)
    station = devices.by_id(tx, order.device_id) if order.device_id else None
    return Row(
        id=order.id,
        revision=order.revision,
        number=order.accession_number,
        patient=patient.name if patient else "",
        patient_number=patient.number if patient else "",
        examination=examination(order, order.procedures, language),
        at=words.moment_today(order.scheduled_at, zone, now),
        station=station.ae_title if station else "",
        priority=text(language, f"priority.{order.priority}"),
        urgency="" if order.priority is Priority.ROUTINE else order.priority,
        state=text(language, f"order.state.{order.state}"),
        tone=TONES[order.state],
        protocol=protocol,
        reason=why_discontinued([steps[one.id] for one in order.procedures if one.id in steps], language),
        can_be_cancelled=any(one.state in CANCELLABLE for one in order.procedures),
        cancelled=order.state is OrderState.CANCELLED,
        patient_id=order.patient_id,
    )
