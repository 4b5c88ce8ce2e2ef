"""Reports as their patient reads them: list, page, PDF, pictures, original images; the pages of a link share this."""

from __future__ import annotations

from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from reading.access import door
from reading.actions import Action
from reading.patients import patients
from reading.sharing import shares
from reading.viewers import LinkViewer, PatientViewer
from viewer.http.office import office_of
from viewer.http.on_record import acting, going_in
from viewer.http.page import language_of, page
from viewer.views import sharing
from viewer.views.paper import given_out, proof_of
from viewer.views.patient import MOST_LISTED, Awaited, awaited, lines_of, looks, open_report, versions_of
from viewer.views.pictures import picture_of, pictures_of
from viewer.views.report_sheet import examination, patients_sheet, sheet_of, side
from viewer.words import words
from viewer.words.catalogue import Language, text

PICTURES_A_PAGE: Final = 24


def reports_page(request: Request, viewer: PatientViewer, *, home: str) -> Response:
    """The reports that they may see, the newest first; to the patient, what is awaited where there is none yet.

    ``home`` is the address under which this and what belongs to it lie.
    """
    language = language_of(request)
    with acting(office_of(request), viewer) as ctx:
        found = door.open_own_reports(ctx, limit=MOST_LISTED)
        waiting = None if found or isinstance(viewer, LinkViewer) else awaited(ctx)
        registered = patients.by_id(ctx.tx, viewer.patient_id) if found or waiting else None
    return page(
        request,
        "patient_reports.html",
        signed_in=True,
        home=home,
        csrf_token=viewer.csrf_token,
        name=registered.name if registered else "",
        one=viewer.case_id is not None,
        awaited=_awaited(waiting, language) if waiting else None,
        reports=lines_of(found, language),
    )


def report_page(request: Request, viewer: PatientViewer, version_id: str, page_number: int, *, home: str) -> Response:
    """The report, its pictures, and to the patient who looked; the look recorded.

    ``home`` is the address under which this and what belongs to it lie.
    """
    language = language_of(request)
    with going_in(office_of(request), viewer, Action.REPORT_READ, "report", version_id) as ctx:
        opened = open_report(ctx, version_id, Action.REPORT_READ)
        sheet = patients_sheet(ctx.tx, opened.entry, opened.version, language)
        total = len(pictures_of(ctx, opened.version.case_id))
        versions = versions_of(ctx.tx, opened, language)
        lines = [] if isinstance(viewer, LinkViewer) else looks(ctx.tx, opened, language)
        uids = [one.study_uid for one in opened.entry.studies]
        seen_by = [] if isinstance(viewer, LinkViewer) else shares.of_studies(ctx.tx, uids)
        now = ctx.now
    pages = max(1, -(-total // PICTURES_A_PAGE))
    first = (min(page_number, pages) - 1) * PICTURES_A_PAGE + 1
    zone, case = opened.zone, opened.entry.case
    return page(
        request,
        "patient_report.html",
        signed_in=True,
        home=home,
        csrf_token=viewer.csrf_token,
        id=version_id,
        examination=" ".join(filter(None, (examination(case, language), side(case, language)))),
        examined_at=words.told_moment(language, case.examined_at, zone),
        site=opened.entry.site.name,
        sheet=sheet,
        versions=versions,
        late=opened.entry.follow_up is not None,
        erased_at=words.erased_at(opened.entry.studies, zone, partial(words.told_moment, language)),
        pictures=range(first, min(first + PICTURES_A_PAGE, total + 1)),
        page=min(page_number, pages),
        pages=pages,
        shares=sharing.to_patient(seen_by, now, opened.zone, language),
        may_end=viewer.case_id is None,
        looks=[
            {
                "at": words.told_moment(language, look.at, zone),
                "who": look.who,
                "what": look.what,
                "emergency": look.emergency,
            }
            for look in lines
        ],
    )


def report_pdf(request: Request, viewer: PatientViewer, version_id: str) -> Response:
    """The report as PDF, the look recorded."""
    with going_in(office_of(request), viewer, Action.REPORT_PDF, "report", version_id) as ctx:
        opened = open_report(ctx, version_id, Action.REPORT_PDF)
        proof = proof_of(request, ctx, opened.version)
        sheet = sheet_of(ctx.tx, opened.entry, opened.version, language_of(request), proof=proof)
    return given_out(request, viewer, sheet, opened.version)


def picture_page(request: Request, viewer: PatientViewer, version_id: str, number: int, *, home: str) -> Response:
    """Picture ``number`` (from 1) alone, with the ways to the next one and back."""
    with going_in(office_of(request), viewer, Action.PICTURE_READ, "report", version_id) as ctx:
        opened = open_report(ctx, version_id, Action.PICTURE_READ)
        picture_of(ctx, opened.version.case_id, number)
        total = len(pictures_of(ctx, opened.version.case_id))
    return page(
        request,
        "patient_picture.html",
        signed_in=True,
        home=home,
        csrf_token=viewer.csrf_token,
        id=version_id,
        number=number,
        total=total,
        page=-(-number // PICTURES_A_PAGE),
    )


def report_picture(request: Request, viewer: PatientViewer, version_id: str, number: int) -> Response:
    """Picture ``number`` (from 1) of the examination, the look recorded."""
    office = office_of(request)
    with going_in(office, viewer, Action.PICTURE_READ, "report", version_id) as ctx:
        opened = open_report(ctx, version_id, Action.PICTURE_READ)
        picture = picture_of(ctx, opened.version.case_id, number)
    body, media_type = office.render(viewer, picture.study_uid, picture.number)
    return Response(body, media_type=media_type, headers={"Cache-Control": "private, no-store"})


def images_zip(request: Request, viewer: PatientViewer, version_id: str) -> Response:
    """The images as DICOM files with a DICOMDIR, as they are shown; no file name says whose they are."""
    office = office_of(request)
    with going_in(office, viewer, Action.CASE_EXPORT, "report", version_id) as ctx:
        opened = open_report(ctx, version_id, Action.CASE_EXPORT)
    pieces = office.export(viewer, opened.version.case_id)
    headers = {
        "Content-Disposition": 'attachment; filename="images.zip"',
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(pieces, media_type="application/zip", headers=headers)


def _awaited(waiting: Awaited, language: Language) -> dict[str, object]:
    entry = waiting.entry
    return {
        "examination": examination(entry.case, language),
        "side": side(entry.case, language),
        "examined_at": words.told_moment(language, entry.case.examined_at, waiting.zone),
        "site": entry.site.name,
        "state": text(language, f"patient.state.{entry.case.state}"),
        "due": words.told_moment(language, entry.case.due_at, waiting.zone),
        "overdue": entry.overdue,
        "until": words.told_day(language, waiting.receipt_until, waiting.zone) if waiting.receipt_until else "",
    }
