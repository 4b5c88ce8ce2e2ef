"""Questions before an examination in words: for the site that asks, and for those who answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from reading.kinds import Priority
from reading.orders import orders
from reading.orders.orders import Order
from reading.patients import patients
from reading.protocolling.moves import State
from reading.protocolling.requests import ProtocolRequest
from reading.register import organisations
from viewer.views import order_form
from viewer.views.orders import PROTOCOL_TONES, examination
from viewer.words import words
from viewer.words.catalogue import Language, text


def line(one: ProtocolRequest, zone: str, language: Language) -> dict[str, Any]:
    """A question with its answer, as the page of its order shows it."""
    ended_at = one.ended_at if one.state in {State.ACCEPTED, State.REFUSED} else None
    return {
        "id": one.id,
        "revision": one.revision,
        "words": one.words,
        "asked": text(language, "question.asked", name=one.asker, at=words.moment(one.asked_at, zone)),
        "state": text(language, f"protocol.state.{one.state}"),
        "tone": PROTOCOL_TONES[one.state],
        "open": one.state is State.OPEN,
        "answer": one.answer,
        "answered": ""
        if ended_at is None
        else text(language, "question.answered", name=one.answered_by, at=words.moment(ended_at, zone)),
        "unread": ended_at is not None and one.read_at is None,
    }


def about(tx: Connection, order: Order, language: Language, now: datetime) -> dict[str, Any]:
    """The examination that is asked about: whom it is for, and what the clinic wrote."""
    patient, site = patients.by_id(tx, order.patient_id), organisations.by_id(tx, order.site_id)
    assert patient is not None  # noqa: S101 -- a foreign key
    assert site is not None  # noqa: S101 -- a foreign key
    shown = order_form.line(patient, language, now)
    agent = "with" if order.contrast else "without"
    facts = {
        "order.scheduled-at": words.moment(order.scheduled_at, site.time_zone),
        "order.department": order.department,
        "order.contrast": "" if order.contrast is None else text(language, f"order.contrast.{agent}"),
        "order.reason": order.reason,
    }
    return {
        "order_id": order.id,
        "patient": shown["name"],
        "detail": shown["detail"],
        "site": site.name,
        "examination": examination(order, order.procedures, language),
        "number": order.accession_number,
        "priority": "" if order.priority is Priority.ROUTINE else text(language, f"priority.{order.priority}"),
        "urgency": "" if order.priority is Priority.ROUTINE else order.priority,
        "facts": [(text(language, key), value) for key, value in facts.items() if value],
    }


def waiting(
    tx: Connection, found: Sequence[ProtocolRequest], zone: str, language: Language, now: datetime
) -> list[dict[str, Any]]:
    """The questions that wait for whoever reads for their sites, each with its examination."""
    known = orders.by_ids(tx, {one.order_id for one in found})
    return [line(one, zone, language) | about(tx, known[one.order_id], language, now) for one in found]
