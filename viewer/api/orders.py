"""/api/orders: examinations to be made; the accession number brings the images to the right patient."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import AwareDatetime
from sqlalchemy.engine import Connection
from starlette.requests import Request

from reading.access import door
from reading.actions import Action
from reading.errors import Invalid
from reading.orders import counter, orders
from reading.orders.order_state import OrderState
from reading.orders.orders import Asked, Order
from reading.orders.registration import CardHolder
from reading.register import devices
from reading.register.sites import visible_site
from viewer.api import bodies
from viewer.http.callers import Acting, Looking
from viewer.http.office import office_of
from viewer.http.on_record import acting, going_in

router = APIRouter(prefix="/api/orders")


@router.get("")
def list_orders(  # noqa: PLR0917 -- what is asked
    request: Request,
    staff: Looking,
    site: Annotated[str, Query(max_length=40)],
    state: Annotated[list[OrderState] | None, Query()] = None,
    since: AwareDatetime | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """The orders of a site that they see, the latest first."""
    with acting(office_of(request), staff) as ctx:
        where = visible_site(ctx.tx, staff, site, ctx.now)
        door.open_list(ctx, Action.ORDER_LIST)
        found = orders.list_of(ctx.tx, where.id, states=state or frozenset(OrderState), since=since, limit=limit)
        return {"orders": [_order(ctx.tx, one) for one in found]}


@router.post("", status_code=201)
def place(request: Request, staff: Acting, body: bodies.Order) -> dict[str, Any]:
    office = office_of(request)
    asked = counter.Request(
        site_code=body.site,
        patient=_patient(body),
        modality=body.modality,
        priority=body.priority,
        procedures=[Asked(body_part=each.body_part, laterality=each.laterality) for each in body.procedures],
        reason=body.reason,
        scheduled_at=body.scheduled_at,
        station=body.station,
        department=body.department,
        contrast=body.contrast,
        again=body.again,
    )
    if body.patient_id is not None:
        with going_in(office, staff, Action.ORDER_PLACE, "patient", body.patient_id) as ctx:
            return _order(ctx.tx, counter.place(ctx, office.keys, asked))
    with acting(office, staff, naming=True) as ctx:
        return _order(ctx.tx, counter.place(ctx, office.keys, asked))


@router.post("/{order_id}/cancel")
def cancel(request: Request, staff: Acting, order_id: str, body: bodies.Held) -> dict[str, Any]:
    with going_in(office_of(request), staff, Action.ORDER_CANCEL, "order", order_id) as ctx:
        return _order(ctx.tx, counter.cancel(ctx, order_id, revision=body.revision))


def holder_of(person: bodies.Person) -> CardHolder:
    """The person at the counter and their card."""
    return CardHolder(
        kind=person.card_type,
        card=person.card,
        name=person.name,
        sex=person.sex,
        birth_date=person.birth_date,
        held_as=person.card_of,
        guardian=person.guardian,
        telephone=person.telephone,
        estimated_age=person.estimated_age,
    )


def _patient(body: bodies.Order) -> CardHolder | str:
    if (body.patient is None) == (body.patient_id is None):
        raise Invalid("patient", "required")
    return holder_of(body.patient) if body.patient is not None else body.patient_id or ""


def _order(tx: Connection, order: Order) -> dict[str, Any]:
    station = devices.by_id(tx, order.device_id) if order.device_id else None
    return {
        "id": order.id,
        "accession_number": order.accession_number,
        "modality": order.modality,
        "priority": order.priority,
        "state": order.state,
        "scheduled_at": order.scheduled_at.isoformat(),
        "station": station.ae_title if station else None,
        "department": order.department,
        "contrast": order.contrast,
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
