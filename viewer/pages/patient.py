"""/p: the patient's page for the phone; it works without JavaScript."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.errors import Invalid, TooManyAttempts, WrongCredentials
from reading.kinds import IdentifierKind
from reading.messages.routes import Audience
from reading.sessions.patient_sessions import PATIENT_NUMBER
from viewer.http.callers import PATIENT_COOKIE, Patient, PatientSubmitting, SameOrigin, patient_of
from viewer.http.cookies import forget, give
from viewer.http.office import office_of
from viewer.http.page import PATIENTS, language_of
from viewer.http.plain_fields import Plain
from viewer.http.problems import SignedOut
from viewer.http.sessions import end_patient_session, open_patient_session
from viewer.pages.door_form import door_form
from viewer.views.patient_files import images_zip, picture_page, report_page, report_pdf, report_picture, reports_page
from viewer.words.catalogue import text

router = APIRouter(prefix="/p")

CARD_TYPES: Final = (IdentifierKind.IDENTITY_CARD, IdentifierKind.HEALTH_CARD, IdentifierKind.INSURANCE_CARD)

Field = Annotated[str, Form(max_length=200)]
Number = Annotated[Field, Plain]


@router.get("")
def show(request: Request, ended: Annotated[int, Query(ge=0, le=3)] = 0) -> Response:
    try:
        patient_of(request)
    except SignedOut as over:
        notice = {1: "patient.expired", 2: "patient.ended", 3: "number.changed"}.get(ended)
        response = _form(request, notice=text(language_of(request), notice) if notice else "")
        forget(request, response, over.ended)
        return response
    return RedirectResponse("/p/reports", status_code=303)


@router.post("", dependencies=[SameOrigin])
def sign_in(request: Request, card_type: Field, card: Number, code: Number) -> Response:
    try:
        opened = open_patient_session(request, card_type, card, code)
    except (WrongCredentials, TooManyAttempts, Invalid) as refusal:
        return _form(request, card_type=card_type, refusal=refusal)
    response = RedirectResponse("/p/reports", status_code=303)
    give(request, response, PATIENT_COOKIE, opened.token)
    return response


@router.post("/sign-out")
def sign_out(request: Request, patient: PatientSubmitting) -> Response:
    response = RedirectResponse("/p?ended=2", status_code=303)
    end_patient_session(request, response, patient)
    return response


@router.get("/reports")
def reports(request: Request, patient: Patient) -> Response:
    return reports_page(request, patient, home=PATIENTS)


@router.get("/reports/{version_id}.pdf")
def pdf(request: Request, patient: Patient, version_id: str) -> Response:
    return report_pdf(request, patient, version_id)


@router.get("/reports/{version_id}")
def report(
    request: Request, patient: Patient, version_id: str, page_number: Annotated[int, Query(alias="page", ge=1)] = 1
) -> Response:
    return report_page(request, patient, version_id, page_number, home=PATIENTS)


@router.get("/reports/{version_id}/images.zip")
def images(request: Request, patient: Patient, version_id: str) -> Response:
    return images_zip(request, patient, version_id)


@router.get("/reports/{version_id}/view/{number}")
def view(request: Request, patient: Patient, version_id: str, number: int) -> Response:
    return picture_page(request, patient, version_id, number, home=PATIENTS)


@router.get("/reports/{version_id}/pictures/{number}")
def picture(request: Request, patient: Patient, version_id: str, number: int) -> Response:
    return report_picture(request, patient, version_id, number)


def _form(
    request: Request,
    *,
    card_type: str = "",
    notice: str = "",
    refusal: WrongCredentials | TooManyAttempts | Invalid | None = None,
) -> Response:
    return door_form(
        request,
        "patient_sign_in.html",
        wrong=text(language_of(request), "patient.wrong"),
        refusal=refusal,
        card_types=(*CARD_TYPES, PATIENT_NUMBER),
        card_type=card_type,
        notice=notice,
        by_telephone=office_of(request).reaches(Audience.PATIENT),
    )
