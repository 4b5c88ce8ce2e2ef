"""/api/cases/{id}/withhold and what ends it: shown again, read again, or entered in error."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from sqlalchemy.engine import Connection
from starlette.requests import Request

from reading.register import people
from reading.signing import withhold
from viewer.api import bodies
from viewer.api.cases import detail
from viewer.http.callers import Acting, Looking, Signing
from viewer.http.office import office_of
from viewer.http.on_record import going_in

router = APIRouter(prefix="/api/cases")


@router.post("/{case_id}/withhold")
def withhold_(request: Request, staff: Acting, case_id: str, body: bodies.Why) -> dict[str, str]:
    office, now = office_of(request), office_of(request).clock()
    with going_in(office, staff, "case.withhold", "case", case_id) as tx:
        withheld = withhold.withhold(tx, office.audit, staff, case_id, why=body.why, now=now)
    return {"id": withheld.id, "state": withheld.state}  # whoever withheld it may not see it any longer


@router.get("/{case_id}/looks")
def looks(request: Request, staff: Looking, case_id: str) -> list[dict[str, Any]]:
    """Who had seen it, the latest first: the people who must be told."""
    office = office_of(request)
    with going_in(office, staff, "case.who_saw", "case", case_id) as tx:
        seen = withhold.who_saw(tx, office.audit, staff, case_id, office.clock())
        return [
            {"kind": look.actor.kind, "name": _name(tx, look), "action": look.action, "at": look.at.isoformat()}
            for look in seen
        ]


@router.post("/{case_id}/restore")
def restore(request: Request, staff: Signing, case_id: str, body: bodies.Why) -> dict[str, Any]:
    office, now = office_of(request), office_of(request).clock()
    with going_in(office, staff, "case.restore", "case", case_id) as tx:
        withhold.restore(tx, office.audit, office.seal, staff, case_id, why=body.why, now=now)
    return detail(request, staff, case_id)


@router.post("/{case_id}/read-again")
def read_again(request: Request, staff: Acting, case_id: str, body: bodies.Why) -> dict[str, Any]:
    office, now = office_of(request), office_of(request).clock()
    with going_in(office, staff, "case.read_again", "case", case_id) as tx:
        withhold.read_again(tx, office.audit, staff, case_id, why=body.why, now=now)
    return detail(request, staff, case_id)


@router.post("/{case_id}/enter-in-error")
def enter_in_error(request: Request, staff: Acting, case_id: str, body: bodies.Why) -> dict[str, Any]:
    office, now = office_of(request), office_of(request).clock()
    with going_in(office, staff, "case.enter_in_error", "case", case_id) as tx:
        withhold.enter_in_error(tx, office.audit, staff, case_id, why=body.why, now=now)
    return detail(request, staff, case_id)


def _name(tx: Connection, look: withhold.Look) -> str | None:
    person = people.by_id(tx, look.actor.id) if look.actor.kind == "staff" else None
    return None if person is None else person.name
