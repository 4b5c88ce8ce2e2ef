"""/api/orders: an examination to be made; its accession number brings the images to the right patient."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import AwareDatetime
from sqlalchemy.engine import Connection
from starlette.requests import Request

from reading.access import access
from reading.actions import Action
from reading.audit import actor_of
from reading.context import Context
from reading.errors import Invalid, NotAllowed, NotThere
from reading.orders import orders, progress
from reading.orders.order_state import OrderState
from reading.orders.orders import Asked, Order
from reading.register import devices, organisations
from reading.register.devices import Device
from reading.register.grants import AT_THEIR_SITE, may_act, reach
from reading.register.organisations import Organisation
from reading.viewers import Staff
from storage.database import snapshot, transaction
from viewer.acts.registration import Shown, found_or_registered
from viewer.api import bodies
from viewer.http.callers import Acting, Looking
from viewer.http.office import Office, office_of
from viewer.http.on_record import going_in

router = APIRouter(prefix="/api/orders")

BODY_PARTS: Final = (
    "CHEST",
    "ABDOMEN",
    "HEAD",
    "CSPINE",
    "TSPINE",
    "LSPINE",
    "PELVIS",
    "SHOULDER",
    "ARM",
    "ELBOW",
    "FOREARM",
    "WRIST",
    "HAND",
    "HIP",
    "THIGH",
    "KNEE",
    "LEG",
    "ANKLE",
    "FOOT",
)
"""What the form offers (defined terms of PS3.16 annex L)."""
EARLIEST: Final = timedelta(days=1)
"""So far back an examination may be registered that was made before it could be."""
LATEST: Final = timedelta(days=366)


@router.get("")
def list_orders(  # noqa: PLR0917 -- what is asked
    request: Request,
    staff: Looking,
    site: Annotated[str, Query(max_length=40)],
    state: Annotated[list[OrderState] | None, Query()] = None,
    since: AwareDatetime | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """The orders of a site of theirs, the latest first."""
    office, now = office_of(request), office_of(request).clock()
    with transaction(office.engine) as tx:
        where = site_of(tx, office, staff, site)
        access.open_list(Context(tx, office.audit, now, staff), Action.ORDER_LIST)
        found = orders.list_of(tx, where.id, states=state or frozenset(OrderState), since=since, limit=limit)
        return {"orders": [_told(tx, one) for one in found]}


@router.post("", status_code=201)
def place(request: Request, staff: Acting, body: bodies.Order) -> dict[str, Any]:
    made = register(office_of(request), staff, body)
    with snapshot(office_of(request).engine) as tx:
        return _told(tx, made)


@router.post("/{order_id}/cancel")
def cancel(request: Request, staff: Acting, order_id: str, body: bodies.Held) -> dict[str, Any]:
    office = office_of(request)
    with going_in(office, staff, Action.ORDER_CANCEL, "order", order_id) as ctx:
        return _told(ctx.tx, cancelled(ctx.tx, office, staff, order_id, body.revision))


def register(office: Office, staff: Staff, body: bodies.Order) -> Order:
    """The patient, found or registered, and the order.

    Raises:
        NotThere: no such site, or not one that they see.
        NotAllowed: they do not work there.
        Invalid: the card or the examination breaks its form, or there is no such station.

    """
    now = office.clock()
    with transaction(office.engine) as tx:
        site = site_of(tx, office, staff, body.site)
        if not any(may_act(tx, staff, role, site.id, now) for role in AT_THEIR_SITE):
            raise NotAllowed("no_role_for_this_step")
        if body.scheduled_at is not None and not -EARLIEST <= body.scheduled_at - now <= LATEST:
            raise Invalid("scheduled_at", "range")
        patient = found_or_registered(tx, office, staff, shown(body.patient), zone=site.time_zone, now=now)
        made = orders.place(
            tx,
            site_id=site.id,
            patient_id=patient.id,
            modality=body.modality,
            priority=body.priority,
            procedures=[Asked(body_part=each.body_part, laterality=each.laterality) for each in body.procedures],
            reason=body.reason.strip(),
            ordered_by=staff.person_id,
            now=now,
            scheduled_at=body.scheduled_at,
            device_id=_station(tx, site.id, body.station, now) if body.station else None,
        )
        office.audit.record(
            tx, actor=actor_of(staff), action=Action.ORDER_PLACE, subject_kind="order", subject_id=made.id, now=now
        )
    return made


def cancelled(tx: Connection, office: Office, staff: Staff, order_id: str, revision: int) -> Order:
    """An order of a site where they work, cancelled.

    Raises:
        NotThere: no such order, or not one that they see.
        NotAllowed: they do not work there.
        Stale: it has changed since, or all of it has begun.

    """
    now = office.clock()
    found = orders.by_id(tx, order_id)
    if found is None or found.site_id not in reach(tx, staff, now).sites:
        raise NotThere
    if not any(may_act(tx, staff, role, found.site_id, now) for role in AT_THEIR_SITE):
        raise NotAllowed("no_role_for_this_step")
    progress.cancel(tx, order_id, revision=revision)
    office.audit.record(
        tx, actor=actor_of(staff), action=Action.ORDER_CANCEL, subject_kind="order", subject_id=order_id, now=now
    )
    changed = orders.by_id(tx, order_id)
    if changed is None:
        raise NotThere
    return changed


def stations(tx: Connection, site_id: str, now: datetime) -> list[Device]:
    """The devices of a site that an order may name."""
    return [one for one in devices.list_all(tx) if one.site_id == site_id and (one.until is None or one.until > now)]


def _station(tx: Connection, site_id: str, ae_title: str, now: datetime) -> str:
    found = next((one.id for one in stations(tx, site_id, now) if one.ae_title == ae_title), None)
    if found is None:
        raise Invalid("station", "unknown")
    return found


def _told(tx: Connection, order: Order) -> dict[str, Any]:
    station = devices.by_id(tx, order.device_id) if order.device_id else None
    return {
        "id": order.id,
        "accession_number": order.accession_number,
        "modality": order.modality,
        "priority": order.priority,
        "state": order.state,
        "scheduled_at": order.scheduled_at.isoformat(),
        "station": station.ae_title if station else None,
        "revision": order.revision,
        "procedures": [
            {
                "body_part": each.body_part,
                "laterality": each.laterality,
                "study_uid": each.study_uid,
                "state": each.state,
            }
            for each in order.procedures
        ],
    }


def own_sites(tx: Connection, office: Office, staff: Staff) -> list[Organisation]:
    """Where somebody takes pictures or orders them."""
    found = (organisations.by_id(tx, site_id) for site_id in sorted(reach(tx, staff, office.clock()).own))
    return sorted((site for site in found if site is not None), key=lambda site: site.code)


def site_of(tx: Connection, office: Office, staff: Staff, code: str) -> Organisation:
    """A site by its code.

    Raises:
        NotThere: there is none, or not one that they see.

    """
    site = organisations.by_code(tx, code)
    if site is None or site.id not in reach(tx, staff, office.clock()).sites:
        raise NotThere
    return site


def shown(person: bodies.Person) -> Shown:
    return Shown(
        kind=person.card_type, card=person.card, name=person.name, sex=person.sex, birth_date=person.birth_date
    )
