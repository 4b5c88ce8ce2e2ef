"""/api/patient: the patient's own reports for programs; the pages of /p show the same."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from starlette.requests import Request

from reading.actions import Action
from reading.audit import STRANGER
from reading.reports import versions
from reading.reports.seal import payload_of
from reading.sessions import patient_sessions
from reading.sessions.patient_sessions import PatientSession
from reading.viewers import PatientViewer
from storage.database import transaction
from viewer.api import bodies
from viewer.api.reports import as_pdf
from viewer.http.callers import PATIENT_COOKIE, Patient, PatientActing, SameOrigin, address_of, give, take
from viewer.http.office import office_of
from viewer.http.on_record import acting, going_in, looks_through
from viewer.http.page import language_of
from viewer.views import patient as patient_view
from viewer.views.patient import Report
from viewer.views.pictures import picture_of, pictures_of
from viewer.views.report_sheet import sheet_of

router = APIRouter(prefix="/api/patient")


@router.post("/session", dependencies=[SameOrigin])
def sign_in(request: Request, response: Response, body: bodies.PatientSignIn) -> dict[str, Any]:
    opened = open_session(request, body.card_type, body.card, body.code)
    give(request, response, PATIENT_COOKIE, opened.token)
    return {"csrf_token": opened.patient.csrf_token}


@router.delete("/session", status_code=204)
def sign_out(request: Request, response: Response, patient: PatientActing) -> None:  # noqa: ARG001 -- being it is the check
    end_session(request)
    take(request, response, PATIENT_COOKIE)


@router.get("/reports")
def reports(request: Request, patient: Patient) -> list[dict[str, Any]]:
    office = office_of(request)
    looks_through(office, patient, Action.REPORTS_OPEN)
    with transaction(office.engine) as tx:
        found = patient_view.reports_of(tx, office.audit, patient, office.clock())
    return [_summary(each) for each in found]


@router.get("/reports/{version_id}.pdf")
def pdf(request: Request, patient: Patient, version_id: str) -> Response:
    return pdf_for(request, patient, version_id)


@router.get("/reports/{version_id}")
def report(request: Request, patient: Patient, version_id: str) -> dict[str, Any]:
    office, now = office_of(request), office_of(request).clock()
    with going_in(office, patient, Action.REPORT_READ, "report", version_id) as ctx:
        opened = patient_view.opened(ctx.tx, office.audit, patient, version_id, Action.REPORT_READ, now)
        signatures = versions.signatures_for(ctx.tx, opened.version)
        pictures = len(pictures_of(ctx.tx, opened.version.case_id))
        looks = patient_view.looks_at(ctx.tx, opened, language_of(request))
    return {
        **_summary(opened),
        "content": opened.version.content.to_json(),
        "signatures": [
            {"role": each.role, "name": payload_of(each)["name"], "signed_at": each.signed_at.isoformat()}
            for each in signatures
        ],
        "pictures": pictures,
        "looks": [{"at": look.at.isoformat(), "who": look.who, "what": look.what} for look in looks],
    }


@router.get("/reports/{version_id}/pictures/{number}")
def picture(request: Request, patient: Patient, version_id: str, number: int) -> Response:
    return picture_for(request, patient, version_id, number)


def open_session(request: Request, card_type: str, card: str, code: str) -> PatientSession:
    """A new session.

    Raises:
        WrongCredentials, TooManyAttempts: after the failure was counted.
        Invalid: no such kind of card.

    """
    office = office_of(request)
    with acting(office, STRANGER) as ctx:
        opened = patient_sessions.open_session(
            ctx,
            office.keys,
            card_kind=card_type,
            card=card,
            code=code,
            address=address_of(request),
        )
    if not isinstance(opened, PatientSession):
        raise opened
    return opened


def end_session(request: Request) -> None:
    office = office_of(request)
    with transaction(office.engine) as tx:
        patient_sessions.end(tx, request.cookies[PATIENT_COOKIE], office.clock())


def pdf_for(request: Request, patient: PatientViewer, version_id: str) -> Response:
    office, now = office_of(request), office_of(request).clock()
    with going_in(office, patient, Action.REPORT_PDF, "report", version_id) as ctx:
        opened = patient_view.opened(ctx.tx, office.audit, patient, version_id, Action.REPORT_PDF, now)
        sheet = sheet_of(ctx.tx, opened.entry, opened.version, language_of(request))
    return as_pdf(sheet, opened.version)


def picture_for(request: Request, patient: PatientViewer, version_id: str, number: int) -> Response:
    office, now = office_of(request), office_of(request).clock()
    with going_in(office, patient, Action.PICTURE_READ, "report", version_id) as ctx:
        opened = patient_view.opened(ctx.tx, office.audit, patient, version_id, Action.PICTURE_READ, now)
        picture = picture_of(ctx.tx, opened.version.case_id, number)
    body, media_type = office.render(patient, picture.study_uid, picture.number)
    return Response(body, media_type=media_type, headers={"Cache-Control": "private, no-store"})


def _summary(report: Report) -> dict[str, Any]:
    case, version = report.entry.case, report.version
    return {
        "id": version.id,
        "number": version.number,
        "modality": case.modality,
        "body_part": case.body_part,
        "laterality": case.laterality,
        "site": report.entry.site.name,
        "examined_at": case.examined_at.isoformat(),
        "released_at": version.released_at.isoformat() if version.released_at else None,
        "impression": version.content.impression,
    }
