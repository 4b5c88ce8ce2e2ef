"""/p/number: a patient who signed in by telephone changes the number, with a code to the old one and one to the new."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.actions import Action
from reading.errors import Invalid, NotThere
from reading.messages.routes import Audience
from reading.telephones import change
from reading.viewers import PatientViewer
from viewer.http.callers import Patient, PatientSubmitting
from viewer.http.office import Office, office_of
from viewer.http.on_record import going_in
from viewer.http.page import page
from viewer.http.problems import problem_of
from viewer.pages.patient import Number
from viewer.pages.sign_in import words_for

router = APIRouter(prefix="/p/number")


@router.get("")
def show(request: Request, patient: Patient) -> Response:
    _open(request, patient)
    return _page(request, patient)


@router.post("")
def ask(request: Request, patient: PatientSubmitting, telephone: Number) -> Response:
    office = _open(request, patient)
    try:
        with going_in(office, patient, Action.PATIENT_TELEPHONE_CODE, "patient", patient.patient_id) as ctx:
            unsent = change.ask(ctx, office.keys, telephone)
    except Invalid as refused:
        return _page(request, patient, telephone=telephone, refused=refused)
    if unsent is not None:
        return _page(request, patient, telephone=telephone, refused=unsent)
    return _page(request, patient, sent=True)


@router.post("/codes")
def take(request: Request, patient: PatientSubmitting, old: Number, new: Number) -> Response:
    office = _open(request, patient)
    try:
        with going_in(office, patient, Action.PATIENT_TELEPHONE, "patient", patient.patient_id) as ctx:
            wrong = change.change(ctx, office.keys, old=old, new=new)
    except Invalid as refused:
        return _page(request, patient, refused=refused)
    if wrong is not None:
        return _page(request, patient, sent=True, refused=wrong)
    # The session ended with the number that opened it.
    return RedirectResponse("/p?ended=3", status_code=303)


def _open(request: Request, patient: PatientViewer) -> Office:
    """Raises: NotThere, where nothing is sent to patients, or a receipt opened the session."""
    office = office_of(request)
    if not office.reaches(Audience.PATIENT) or patient.case_id is not None:
        raise NotThere
    return office


def _page(
    request: Request, patient: PatientViewer, *, telephone: str = "", sent: bool = False, refused: Invalid | None = None
) -> Response:
    return page(
        request,
        "patient_number.html",
        status=problem_of(refused).status if refused else 200,
        signed_in=True,
        home="/p",
        csrf_token=patient.csrf_token,
        telephone=telephone,
        sent=sent,
        problem=words_for(request, refused) if refused else "",
    )
