"""/api/attributions: what was wrong in a study is put right; the bytes stay, every egress shows the correction."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request

from reading.access import access
from reading.actions import Action
from reading.context import Context
from reading.errors import Invalid, NotAllowed
from reading.intake.intake import ATTRIBUTED_BY
from reading.patients import patients
from reading.register.grants import may_act
from storage.database import transaction
from viewer.acts.putting_right import put_right
from viewer.api import bodies
from viewer.http.callers import Acting
from viewer.http.office import office_of

router = APIRouter(prefix="/api/attributions")


@router.post("", status_code=201)
def correct(request: Request, staff: Acting, body: bodies.Attribution) -> dict[str, Any]:
    office, now = office_of(request), office_of(request).clock()
    with transaction(office.engine) as tx:
        study = access.open_study(Context(tx, office.audit, now, staff), body.study_uid, Action.STUDY_CORRECT)
        if not any(may_act(tx, staff, role, study.site_id, now) for role in ATTRIBUTED_BY):
            raise NotAllowed("no_role_for_this_step")
        patient = None if body.patient_number is None else patients.by_number(tx, body.patient_number)
        if body.patient_number is not None and patient is None:
            raise Invalid("patient_number", "unknown")
        made = put_right(
            tx,
            office,
            staff,
            body.study_uid,
            body.attributes,
            patient_id=patient.id if patient else None,
            reason=body.reason,
            now=now,
        )
    return {
        "study_uid": made.study_uid,
        "revision": made.revision,
        "attributes": dict(made.attributes),
        "reason": made.reason,
        "made_at": made.made_at.isoformat(),
    }
