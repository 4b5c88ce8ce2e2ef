"""The form of an order: whom it is for and what they had before, and the slip that goes with them to the device."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from reading.context import Context
from reading.desk.entries import Entry
from reading.desk.township import Examination
from reading.dicom_dates import parse_date
from reading.kinds import Priority, Sex
from reading.orders.counter import EARLIEST, LATEST
from reading.orders.order_state import OrderState
from reading.orders.orders import Order
from reading.orders.terms import BODY_PARTS, LATERALITIES, MODALITIES, OTHER_PARTS
from reading.patients import patients
from reading.patients.majority import ZONE
from reading.patients.names import person_name
from reading.patients.patients import Patient
from reading.protocolling import standing
from reading.register import organisations
from reading.viewers import Staff
from viewer.views import orders, register, township
from viewer.views.barcode import barcode_of
from viewer.words import words
from viewer.words.catalogue import Language, text


def line(patient: Patient, language: Language, now: datetime, *, child: bool = False) -> dict[str, str]:
    """A person as one of several whose card it may be; ``child``: a guardian shows it for them."""
    shown = register.line(patient, language, now.astimezone(ZONE).date())
    by = text(language, "order.child-of-card") if child else ""
    detail = " · ".join(part for part in (shown.sex, shown.born, shown.number, by) if part)
    return {
        "id": patient.merged_into or patient.id,
        "name": shown.name or text(language, "patient-unknown"),
        "detail": detail,
    }


def known(patient: Patient, earlier: Sequence[Examination], language: Language, now: datetime) -> dict[str, Any]:
    """The person whose record is open, with their earlier examinations."""
    shown = register.line(patient, language, now.astimezone(ZONE).date())
    return {
        "id": patient.id,
        "name": shown.name or text(language, "patient-unknown"),
        "number": shown.number,
        "detail": " · ".join(part for part in (shown.sex, shown.born) if part),
        "earlier": [township.row(each.entry, each.printable, each.time_zone, language, now) for each in earlier],
    }


def of_images(entry: Entry, zone: str, now: datetime) -> dict[str, str]:
    """What the form says of images that came without an order, by the names of its fields.

    A time that no order may have any more is left out.
    """
    case, patient = entry.case, entry.patient
    born = parse_date(patient.birth_date)
    made = case.examined_at.astimezone(ZoneInfo(zone))
    return {
        "name": person_name(patient.name),
        "sex": patient.sex if patient.sex in set(Sex) else "",
        "birth_date": born.isoformat() if born else "",
        "site": entry.site.code,
        "modality": case.modality if case.modality in MODALITIES else "",
        "body_part": case.body_part if case.body_part in (*BODY_PARTS, *OTHER_PARTS) else "",
        "laterality": case.laterality if case.laterality in LATERALITIES else "",
        "priority": case.priority,
        "scheduled_at": made.strftime("%Y-%m-%dT%H:%M") if -EARLIEST <= made - now <= LATEST else "",
    }


def slip(ctx: Context[Staff], order: Order, language: Language) -> dict[str, Any]:
    """The slip of an order that the caller has opened."""
    site, patient = organisations.by_id(ctx.tx, order.site_id), patients.by_id(ctx.tx, order.patient_id)
    assert site is not None  # noqa: S101 -- a foreign key
    assert patient is not None  # noqa: S101 -- a foreign key
    shown = line(patient, language, ctx.now)
    agent = "with" if order.contrast else "without"
    contrast = "" if order.contrast is None else text(language, f"order.contrast.{agent}")
    facts = {
        "order.scheduled-at": words.moment(order.scheduled_at, site.time_zone),
        "order.department": order.department,
        "order.contrast": contrast,
        "order.reason": order.reason,
    }
    told = standing.of_orders(ctx.tx, [order.id]).get(order.id)
    cancelled = order.state is OrderState.CANCELLED
    left = [one for one in order.procedures if one.state is not OrderState.CANCELLED or cancelled]
    return {
        "site": site.name,
        "patient": shown["name"],
        "detail": shown["detail"],
        "examination": orders.examination(order, left, language),
        "priority": "" if order.priority is Priority.ROUTINE else text(language, f"priority.{order.priority}"),
        "number": order.accession_number,
        "barcode": "" if cancelled else barcode_of(order.accession_number),
        "cancelled": cancelled,
        "protocol": told,
        "facts": [(text(language, key), value) for key, value in facts.items() if value],
    }
