"""/api/cases/{id}/withhold and what ends it: shown again, read again, or entered in error."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from sqlalchemy.engine import Connection
from starlette.requests import Request

from reading import cases, people, withhold
from reading.viewers import Staff
from viewer.api import bodies
from viewer.api.cases import detail
from viewer.door import going_in
from viewer.guard import Acting, Looking, Signing
from viewer.office import Office, office_of

router = APIRouter(prefix="/api/cases")


@router.post("/{case_id}/withhold")
def withhold_(request: Request, staff: Acting, case_id: str, body: bodies.Why) -> dict[str, str]:
    office, now = office_of(request), office_of(request).clock()
    with going_in(office, staff, "case.withhold", "case", case_id) as tx:
        withheld = withhold.withhold(tx, office.audit, staff, case_id, why=body.why, now=now)
        study_uids = cases.study_uids(tx, case_id)
    _note(office, "hide", study_uids, staff, now)
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
        study_uids = cases.study_uids(tx, case_id)
    _note(office, "unhide", study_uids, staff, now)
    return detail(request, staff, case_id)


@router.post("/{case_id}/read-again")
def read_again(request: Request, staff: Acting, case_id: str, body: bodies.Why) -> dict[str, Any]:
    office, now = office_of(request), office_of(request).clock()
    with going_in(office, staff, "case.read_again", "case", case_id) as tx:
        withhold.read_again(tx, office.audit, staff, case_id, why=body.why, now=now)
        study_uids = cases.study_uids(tx, case_id)
    _note(office, "unhide", study_uids, staff, now)
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


def _note(office: Office, kind: str, study_uids: tuple[str, ...] | list[str], staff: Staff, now: datetime) -> None:
    office.note(kind, {"study_uids": list(study_uids), "by": staff.person_id, "at": now.isoformat()})
