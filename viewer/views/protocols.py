"""Questions before an examination in words: for the site that asks, and for those who answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy.engine import Connection

from reading.cases.identity_moves import OPEN_TO_THE_PATIENT
from reading.context import Context
from reading.kinds import Priority
from reading.orders import orders
from reading.orders.order_state import CANCELLABLE, OPEN
from reading.orders.orders import Order
from reading.patients import patients
from reading.protocolling import earlier, standing
from reading.protocolling.earlier import Earlier
from reading.protocolling.moves import State
from reading.protocolling.request_rows import ProtocolRequest
from reading.register import organisations
from reading.viewers import Staff
from viewer.views import order_form
from viewer.views.orders import examination, protocol_state
from viewer.views.report_sheet import examination_with_side
from viewer.words import words
from viewer.words.catalogue import Language, text

ANSWERED: Final = frozenset({State.ACCEPTED, State.REFUSED, State.CORRECTED})


def line(one: ProtocolRequest, order: Order, zone: str, language: Language) -> dict[str, Any]:
    """A question with its answer, as the page of its order shows it."""
    state, tone = protocol_state(one, order.state, language)
    ended_at = one.ended_at if one.state in ANSWERED else None
    return {
        "id": one.id,
        "revision": one.revision,
        "words": one.words,
        "asked": text(language, "question.asked", name=one.asker, at=words.moment(one.asked_at, zone)),
        "state": state,
        "tone": tone,
        "open": one.state is State.OPEN and order.state in OPEN,
        "decision": "",
        "answer": one.answer,
        "answered": ""
        if ended_at is None
        else text(language, "question.answered", name=one.answered_by, at=words.moment(ended_at, zone)),
        "unread": one.state in {State.ACCEPTED, State.REFUSED} and one.read_at is None,
    }


def to_json(one: ProtocolRequest) -> dict[str, Any]:
    answered = one.state in ANSWERED
    return {
        "id": one.id,
        "order_id": one.order_id,
        "words": one.words,
        "asked_by": {"id": one.asked_by, "name": one.asker},
        "asked_at": one.asked_at.isoformat(),
        "state": one.state,
        "answer": one.answer,
        "answered_by": one.answered_by if answered else None,
        "ended_at": one.ended_at.isoformat() if one.ended_at else None,
        "read_at": one.read_at.isoformat() if one.read_at else None,
        "revision": one.revision,
    }


def earlier_json(made: Earlier) -> dict[str, Any]:
    return {
        "priors": [
            {
                "case_id": one.case.id,
                "examined_at": one.case.examined_at.isoformat(),
                "modality": one.case.modality,
                "body_part": one.case.body_part,
                "confirmed": one.case.identity in OPEN_TO_THE_PATIENT,
                "impression": one.impression,
            }
            for one in made.examinations
        ],
        "older_priors": made.more,
    }


def earlier_lines(made: Earlier, zone: str, language: Language) -> dict[str, Any]:
    """What was examined of the person before, each with the way to its report and pictures."""
    return {
        "earlier": [
            {
                "case_id": one.case.id,
                "at": words.moment(one.case.examined_at, zone),
                "examination": examination_with_side(one.case, language),
                "doubt": "" if one.case.identity in OPEN_TO_THE_PATIENT else text(language, "protocol.prior-doubt"),
                "impression": one.impression or text(language, "desk.prior-without-report"),
            }
            for one in made.examinations
        ],
        "older": made.more,
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
        "revision": order.revision,
        "can_be_cancelled": any(one.state in CANCELLABLE for one in order.procedures),
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
    ctx: Context[Staff], found: Sequence[ProtocolRequest], zone: str, language: Language
) -> list[dict[str, Any]]:
    """The questions that wait for whoever reads for their sites, each with its examination and the earlier ones."""
    known, made = orders.by_ids(ctx.tx, {one.order_id for one in found}), earlier.of_requests(ctx, found)
    return [
        line(one, known[one.order_id], zone, language)
        | about(ctx.tx, known[one.order_id], language, ctx.now)
        | earlier_lines(made[one.order_id], zone, language)
        for one in found
    ]


def given(ctx: Context[Staff], found: Sequence[ProtocolRequest], zone: str, language: Language) -> list[dict[str, Any]]:
    """The answers that somebody gave, each with what became of it, and whether they may still correct it."""
    known = orders.by_ids(ctx.tx, {one.order_id for one in found})
    last = standing.last_answers(ctx.tx, set(known))
    return [
        line(one, known[one.order_id], zone, language)
        | about(ctx.tx, known[one.order_id], language, ctx.now)
        | _became(one, known[one.order_id], zone, language, stands=last[one.order_id].id == one.id)
        for one in found
    ]


def _became(one: ProtocolRequest, order: Order, zone: str, language: Language, *, stands: bool) -> dict[str, Any]:
    to_be_made = order.state in OPEN
    if one.read_at is not None:
        seen = text(language, "protocol.seen", at=words.moment(one.read_at, zone))
    elif not stands:
        seen = text(language, "protocol.newer")
    else:
        seen = text(language, "protocol.not-seen" if to_be_made else "protocol.over")
    decision = "accept" if one.state is State.ACCEPTED else "refuse"
    return {"seen": seen, "decision": decision, "correctable": one.read_at is None and stands and to_be_made}


def too_late(one: ProtocolRequest, zone: str, language: Language) -> dict[str, str]:
    """Who answered what, or took the question back, for somebody whose answer came later."""
    state = text(language, f"protocol.state.{one.state}")
    at = "" if one.ended_at is None else words.moment(one.ended_at, zone)
    return {
        "question": one.words,
        "said": text(language, "question.settled", state=state, name=one.answered_by, at=at) if at else "",
        "answer": one.answer,
    }
