"""/api/orders: an examination to be made; its accession number brings the images to the right patient."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter
from sqlalchemy.engine import Connection
from starlette.requests import Request

from reading import orders, organisations
from reading.audit import actor_of
from reading.errors import NotAllowed, NotThere
from reading.grants import AT_THEIR_SITE, may_act, reach
from reading.orders import Asked, Order
from reading.organisations import Organisation
from reading.viewers import Staff
from storage.database import transaction
from viewer.api import bodies
from viewer.guard import Acting
from viewer.office import Office, office_of
from viewer.registration import Shown, found_or_registered

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


@router.post("", status_code=201)
def place(request: Request, staff: Acting, body: bodies.Order) -> dict[str, Any]:
    made = register(office_of(request), staff, body)
    return {
        "id": made.id,
        "accession_number": made.accession_number,
        "modality": made.modality,
        "priority": made.priority,
        "scheduled_at": made.scheduled_at.isoformat(),
        "procedures": [
            {"body_part": each.body_part, "laterality": each.laterality, "study_uid": each.study_uid}
            for each in made.procedures
        ],
    }


def register(office: Office, staff: Staff, body: bodies.Order) -> Order:
    """The patient, found or registered, and the order.

    Raises:
        NotThere: no such site, or not one that they see.
        NotAllowed: they do not work there.
        Invalid: the card or the examination breaks its form.

    """
    now = office.clock()
    with transaction(office.engine) as tx:
        site = site_of(tx, office, staff, body.site)
        if not any(may_act(tx, staff, role, site.id, now) for role in AT_THEIR_SITE):
            raise NotAllowed("no_role_for_this_step")
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
        )
        office.audit.record(
            tx, actor=actor_of(staff), action="order.place", subject_kind="order", subject_id=made.id, now=now
        )
    return made


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
