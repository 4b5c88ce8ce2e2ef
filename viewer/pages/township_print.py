"""/t/print and the patient's receipt: what goes on paper, each print logged."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from reading.access import door
from reading.actions import Action
from reading.reports.versions import VALID
from reading.signing import printing
from viewer.http.callers import Looking, Submitting, paper_origin
from viewer.http.office import office_of
from viewer.http.on_record import going_in
from viewer.http.page import language_of, staff_page
from viewer.pages.township_case import opened
from viewer.views import township
from viewer.views.paper import proof_of
from viewer.views.qr import qr_of
from viewer.views.report_sheet import sheet_for, zone_of
from viewer.words import words

router = APIRouter(prefix="/t")


@router.get("/print/{version_id}")
def preview(request: Request, staff: Looking, version_id: str) -> Response:
    """The sheet on the screen; paper stays blank until the print is logged."""
    office = office_of(request)
    with going_in(office, staff, Action.REPORT_READ, "report", version_id) as ctx:
        version = door.open_report(ctx, version_id, Action.REPORT_READ)
        sheet = sheet_for(ctx.tx, staff, version, language_of(request), ctx.now)
    return staff_page(
        request,
        staff,
        "print.html",
        sheet=sheet,
        version_id=version.id,
        case_id=version.case_id,
        valid=version.status in VALID and not version.broken,
        logged=False,
    )


@router.post("/print/{version_id}")
def print_(request: Request, staff: Submitting, version_id: str) -> Response:
    office = office_of(request)
    with going_in(office, staff, Action.REPORT_PRINT, "report", version_id) as ctx:
        version = printing.print_report(ctx, version_id)
        proof = proof_of(request, ctx, version)
        sheet = sheet_for(ctx.tx, staff, version, language_of(request), ctx.now, proof=proof)
    return staff_page(
        request,
        staff,
        "print.html",
        sheet=sheet,
        version_id=version.id,
        case_id=version.case_id,
        valid=True,
        logged=True,
    )


@router.post("/case/{case_id}/receipt")
def receipt(request: Request, staff: Submitting, case_id: str) -> Response:
    """A new code; it is shown this once."""
    office, language = office_of(request), language_of(request)
    with going_in(office, staff, Action.RECEIPT_PRINT, "case", case_id) as ctx:
        entry = opened(ctx, case_id)
        zone = zone_of(ctx.tx, entry)
        printed, now = printing.print_receipt(ctx, office.keys, case_id), ctx.now
    # Nothing of the person; the square code has the code besides, which its address does not show.
    address = f"{paper_origin(request)}/p"
    return staff_page(
        request,
        staff,
        "receipt.html",
        site=entry.site.name,
        row=township.row(entry, None, zone, language, now),
        code=f"{printed.code[:4]} {printed.code[4:]}",
        printed_at=words.moment(now, zone),
        expires_at=words.moment(printed.expires_at, zone),
        address=address,
        qr=qr_of(f"{address}#{printed.code}"),  # behind #: it stays in the phone
    )
