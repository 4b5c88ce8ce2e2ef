"""/api/attributions: corrections of studies; the bytes stay, and whatever leaves shows the correction."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request

from reading.intake import putting_right
from viewer.api import bodies
from viewer.http.callers import Acting
from viewer.http.office import office_of
from viewer.http.on_record import acting

router = APIRouter(prefix="/api/attributions")


@router.post("", status_code=201)
def correct(request: Request, staff: Acting, body: bodies.Attribution) -> dict[str, Any]:
    with acting(office_of(request), staff, naming=body.patient_number is not None) as ctx:
        made = putting_right.correct_study(
            ctx,
            body.study_uid,
            body.attributes,
            patient_number=body.patient_number,
            reason=body.reason,
            seen=body.revision,
        )
    return {
        "study_uid": made.study_uid,
        "revision": made.revision,
        "attributes": dict(made.attributes),
        "reason": made.reason,
        "made_at": made.made_at.isoformat(),
    }
