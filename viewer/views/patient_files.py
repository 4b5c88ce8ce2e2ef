"""A patient's report as PDF and its pictures: answers that the API and the patient's page share."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from reading.actions import Action
from reading.viewers import PatientViewer
from viewer.http.office import office_of
from viewer.http.on_record import going_in
from viewer.http.page import language_of
from viewer.views.paper import given_out, proof_of
from viewer.views.patient import open_report
from viewer.views.pictures import picture_of
from viewer.views.report_sheet import sheet_of


def report_pdf(request: Request, patient: PatientViewer, version_id: str) -> Response:
    """The report as PDF, the look recorded."""
    with going_in(office_of(request), patient, Action.REPORT_PDF, "report", version_id) as ctx:
        opened = open_report(ctx, version_id, Action.REPORT_PDF)
        proof = proof_of(request, ctx, opened.version)
        sheet = sheet_of(ctx.tx, opened.entry, opened.version, language_of(request), proof=proof)
    return given_out(request, patient, sheet, opened.version)


def report_picture(request: Request, patient: PatientViewer, version_id: str, number: int) -> Response:
    """Picture ``number`` (from 1) of the examination, the look recorded."""
    office = office_of(request)
    with going_in(office, patient, Action.PICTURE_READ, "report", version_id) as ctx:
        opened = open_report(ctx, version_id, Action.PICTURE_READ)
        picture = picture_of(ctx, opened.version.case_id, number)
    body, media_type = office.render(patient, picture.study_uid, picture.number)
    return Response(body, media_type=media_type, headers={"Cache-Control": "private, no-store"})
