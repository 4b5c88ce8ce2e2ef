"""/api/cases/{id}/withhold and the three acts that end it: restore, read again, enter in error."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from sqlalchemy.engine import Connection
from starlette.requests import Request

from reading.actions import Action
from reading.register import people
from reading.signing import withhold
from viewer.api import bodies
from viewer.api.cases import detail
from viewer.http.callers import Acting, Looking, Signing
from viewer.http.office import office_of
from viewer.http.on_record import going_in

router = APIRouter(prefix="/api/cases")


@router.post("/{case_id}/withhold")
def withhold_case(request: Request, staff: Acting, case_id: str, body: bodies.Why) -> dict[str, str]:
    office = office_of(request)
    with going_in(office, staff, Action.CASE_WITHHOLD, "case", case_id) as ctx:
        withheld = withhold.withhold(ctx, case_id, why=body.why)
    return {"id": withheld.id, "state": withheld.state}  # whoever withheld it may not see it any longer


@router.get("/{case_id}/looks")
def looks(request: Request, staff: Looking, case_id: str) -> list[dict[str, Any]]:
    """Who opened the case, the latest first: these people must be notified."""
    office = office_of(request)
    with going_in(office, staff, Action.CASE_WHO_SAW, "case", case_id) as ctx:
        found = withhold.who_saw(ctx, case_id)
        return [
            {"kind": look.actor.kind, "name": _name(ctx.tx, look), "action": look.action, "at": look.at.isoformat()}
            for look in found
        ]


@router.post("/{case_id}/restore")
def restore(request: Request, staff: Signing, case_id: str, body: bodies.SeenWhy) -> dict[str, Any]:
    office = office_of(request)
    with going_in(office, staff, Action.CASE_RESTORE, "case", case_id) as ctx:
        withhold.restore(ctx, office.seal, case_id, why=body.why, seen=body.revision)
    return detail(request, staff, case_id)


@router.post("/{case_id}/read-again")
def read_again(request: Request, staff: Acting, case_id: str, body: bodies.SeenWhy) -> dict[str, Any]:
    office = office_of(request)
    with going_in(office, staff, Action.CASE_READ_AGAIN, "case", case_id) as ctx:
        withhold.read_again(ctx, case_id, why=body.why, seen=body.revision)
    return detail(request, staff, case_id)


@router.post("/{case_id}/enter-in-error")
def enter_in_error(request: Request, staff: Acting, case_id: str, body: bodies.SeenWhy) -> dict[str, Any]:
    office = office_of(request)
    with going_in(office, staff, Action.CASE_ENTER_IN_ERROR, "case", case_id) as ctx:
        withhold.enter_in_error(ctx, case_id, why=body.why, seen=body.revision)
    return detail(request, staff, case_id)


def _name(tx: Connection, look: withhold.Look) -> str | None:
    person = people.by_id(tx, look.actor.id) if look.actor.kind == "staff" else None
    return None if person is None else person.name
