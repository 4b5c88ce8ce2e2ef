"""/t/patients/.../telephone: a code goes to a patient's number, and the person at the counter says it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.actions import Action
from reading.errors import Invalid, NotThere
from reading.messages.routes import Audience
from reading.registration import telephones
from viewer.http.callers import Submitting
from viewer.http.office import Office, office_of
from viewer.http.on_record import going_in
from viewer.http.plain_fields import Plain
from viewer.pages.register import Field, record_page

router = APIRouter(prefix="/t/patients/{patient_id}/telephone")


@router.post("/code")
def send_code(request: Request, staff: Submitting, patient_id: str) -> Response:
    office = _open(request)
    try:
        with going_in(office, staff, Action.PATIENT_TELEPHONE_CODE, "patient", patient_id) as ctx:
            unsent = telephones.send_code(ctx, office.keys, patient_id)
    except Invalid as refused:
        return record_page(request, staff, patient_id, refused=refused)
    if unsent is not None:
        return record_page(request, staff, patient_id, refused=unsent)
    return RedirectResponse(f"/t/patients/{patient_id}?done=code-sent", status_code=303)


@router.post("")
def verify(request: Request, staff: Submitting, patient_id: str, code: Annotated[Field, Plain] = "") -> Response:
    office = _open(request)
    try:
        with going_in(office, staff, Action.PATIENT_TELEPHONE, "patient", patient_id) as ctx:
            wrong = telephones.verify(ctx, office.keys, patient_id, code)
    except Invalid as refused:
        return record_page(request, staff, patient_id, refused=refused, done="code-sent")
    if wrong is not None:
        return record_page(request, staff, patient_id, refused=wrong, done="code-sent")
    return RedirectResponse(f"/t/patients/{patient_id}?done=verified", status_code=303)


def _open(request: Request) -> Office:
    """Raises: NotThere, where no gateway sends anything to patients."""
    office = office_of(request)
    if not office.reaches(Audience.PATIENT):
        raise NotThere
    return office
