"""Orders at the counter of a site: placed for whoever shows a card, and cancelled."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.access import door
from reading.actions import Action
from reading.context import Context
from reading.errors import Invalid, NotAllowed, NotThere
from reading.kinds import Priority
from reading.orders import orders, progress
from reading.orders.order_state import OrderState
from reading.orders.orders import Asked, Order
from reading.orders.registration import CardHolder, find_or_register
from reading.orders.terms import MODALITIES, PAIRED
from reading.patients import persons
from reading.patients.keys import Keys
from reading.patients.patients import Patient
from reading.register import devices
from reading.register.devices import Device
from reading.register.grants import AT_THEIR_SITE, may_act
from reading.register.organisations import Organisation
from reading.register.sites import visible_site
from reading.viewers import Staff

EARLIEST: Final = timedelta(days=1)
"""So long ago an examination may have been made that could not be registered before."""
LATEST: Final = timedelta(days=366)
"""So far ahead an examination may be registered."""
LATELY: Final = timedelta(days=90)
"""A kind of examination that a site has not made for so long it has no device for."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is asked for whom."""

    site_code: str
    patient: CardHolder | str
    """Whoever is at the counter, or the id of somebody whose record at the register is open."""
    modality: str
    priority: Priority
    procedures: Sequence[Asked]
    reason: str = field(repr=False)
    scheduled_at: datetime | None
    """None: now."""
    station: str
    """AE title of the device that is to make it; empty: any of the site."""
    department: str = ""
    """The department that asks for it, in its own words."""
    contrast: bool | None = None
    """Whether it is to be made with a contrast agent; None: not said."""
    again: bool = False
    """Although the same part is ordered for the same day already."""


def place(ctx: Context[Staff], keys: Keys, request: Request) -> Order:
    """Find or register the patient, and place the order.

    Raises:
        NotThere: no such site, or not one that they see; no such patient, or none of their sites registers them.
        NotAllowed: they do not work there.
        Invalid: the card or the examination breaks its form, there is no such station, no reason is given, a part of
            which there are two has no side, or the same part is ordered for that day already.

    """
    site = visible_site(ctx.tx, ctx.who, request.site_code, ctx.now)
    _works_at(ctx, site.id)
    if any(_part(one.body_part) in PAIRED and not one.laterality for one in request.procedures):
        raise Invalid("laterality", "needed")
    if not request.reason.strip():
        raise Invalid("reason", "no_history")
    at = request.scheduled_at
    if at is not None and not -EARLIEST <= at - ctx.now <= LATEST:
        raise Invalid("scheduled_at", "range")
    patient = _patient(ctx, keys, request.patient, site.id)
    if not request.again and _ordered_that_day(ctx.tx, request, site, patient.id, at or ctx.now):
        raise Invalid("again", "same_day")
    made = orders.place(
        ctx.tx,
        site_id=site.id,
        patient_id=patient.id,
        modality=request.modality,
        priority=request.priority,
        procedures=request.procedures,
        reason=request.reason.strip(),
        ordered_by=ctx.who.person_id,
        now=ctx.now,
        scheduled_at=at,
        device_id=_station(ctx.tx, site.id, request.station, ctx.now) if request.station else None,
        department=request.department,
        contrast=request.contrast,
    )
    ctx.record(action=Action.ORDER_PLACE, subject_kind="order", subject_id=made.id)
    return made


def open_order(ctx: Context[Staff], order_id: str) -> Order:
    """An order of a site where they work, for its slip.

    Raises:
        NotThere: no such order, or not of a site that they see.
        NotAllowed: they do not work there.

    """
    door.open_order(ctx, order_id, Action.ORDER_OPEN)
    found = orders.by_id(ctx.tx, order_id)
    if found is None:
        raise NotThere
    _works_at(ctx, found.site_id)
    return found


def cancel(ctx: Context[Staff], order_id: str, *, revision: int) -> Order:
    """Cancel what has not begun of an order.

    Raises:
        NotThere: no such order, or not of a site that they see.
        NotAllowed: they do not work there.
        Stale: it has changed since ``revision``, or all of it has begun.

    """
    open_order(ctx, order_id)
    progress.cancel(ctx.tx, order_id, revision=revision)
    ctx.record(action=Action.ORDER_CANCEL, subject_kind="order", subject_id=order_id)
    changed = orders.by_id(ctx.tx, order_id)
    assert changed is not None  # noqa: S101 -- orders are never removed
    return changed


def stations(tx: Connection, site_id: str, now: datetime) -> list[Device]:
    """The devices of a site that an order may name."""
    return [one for one in devices.list_all(tx) if one.site_id == site_id and (one.until is None or one.until > now)]


def modalities(tx: Connection, sites: Collection[str], now: datetime) -> tuple[str, ...]:
    """What these sites made lately of what can be ordered, in the order of `MODALITIES`; all while they made none."""
    case = tables.case
    asked = sa.select(case.c.modality).where(case.c.site_id.in_(sites), case.c.received_at >= now - LATELY).distinct()
    made = set(tx.scalars(asked))
    return tuple(one for one in MODALITIES if one in made) or MODALITIES


def _ordered_that_day(tx: Connection, request: Request, site: Organisation, patient_id: str, at: datetime) -> bool:
    """Whether one of the parts is ordered already, by the clock of the site, and was not cancelled."""
    midnight = at.astimezone(ZoneInfo(site.time_zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    people = persons.record_ids(tx, patient_id)
    asked = {(_part(one.body_part), one.laterality) for one in request.procedures}
    return any(
        (_part(one.body_part), one.laterality) in asked and one.state is not OrderState.CANCELLED
        for order in orders.of_patients(tx, people, since=midnight, until=midnight + timedelta(days=1))
        if order.modality == request.modality
        for one in order.procedures
    )


def _part(typed: str) -> str:
    """A part as the standard writes it: programs send it in any case of letters."""
    return typed.strip().upper()


def _patient(ctx: Context[Staff], keys: Keys, asked: CardHolder | str, site_id: str) -> Patient:
    if isinstance(asked, CardHolder):
        return find_or_register(ctx, keys, asked, site_id)
    return door.open_registered_patient(ctx, asked, Action.PATIENT_OPEN)


def _station(tx: Connection, site_id: str, ae_title: str, now: datetime) -> str:
    found = next((one.id for one in stations(tx, site_id, now) if one.ae_title == ae_title), None)
    if found is None:
        raise Invalid("station", "unknown")
    return found


def _works_at(ctx: Context[Staff], site_id: str) -> None:
    if not any(may_act(ctx.tx, ctx.who, role, site_id, ctx.now) for role in AT_THEIR_SITE):
        raise NotAllowed("no_role_for_this_step")
