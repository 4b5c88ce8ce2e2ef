"""/t/print and the patient's receipt: what goes on paper, each print logged."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Final

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.access import door
from reading.actions import Action
from reading.errors import NotDone
from reading.messages.routes import Audience
from reading.reports import versions
from reading.reports.versions import VALID
from reading.signing import printing
from reading.telephones.numbers import told_at
from reading.viewers import Staff
from storage.ids import new_id
from viewer.http.callers import Looking, Submitting, address_lacks, paper_origin
from viewer.http.office import office_of
from viewer.http.on_record import ULID, going_in
from viewer.http.page import language_of, staff_page
from viewer.pages.township_case import opened
from viewer.views import township
from viewer.views.paper import proof_of
from viewer.views.qr import qr_of
from viewer.views.report_pdf import Sheet
from viewer.views.report_sheet import sheet_for, zone_of, zone_of_case
from viewer.words import words
from viewer.words.catalogue import text

router = APIRouter(prefix="/t")

Button = Annotated[str, Form(pattern=f"^({ULID.pattern})?$")]
"""Of each time that a page with the button was shown: who loads the answer again presses it no second time."""
MOST: Final = 50
"""Reports that are printed at once."""
ULID_TIME: Final = 10
"""Characters of a ULID that say when."""
QUEUE: Final = "/t?stage=to_print"


@router.get("/print/{version_id}")
def preview(request: Request, staff: Looking, version_id: str) -> Response:
    """The sheet on the screen; paper stays blank until the print is logged."""
    office, language = office_of(request), language_of(request)
    with going_in(office, staff, Action.REPORT_READ, "report", version_id) as ctx:
        version = door.open_report(ctx, version_id, Action.REPORT_READ)
        sheet = sheet_for(ctx.tx, staff, version, language, ctx.now)
        printed = printing.of_versions(ctx, [version_id]).get(version_id)
        stands = versions.valid(ctx.tx, version.case_id)
        zone = zone_of_case(ctx.tx, version.case_id)
        paper = township.paper(printed, zone, language, ctx.now)
    return staff_page(
        request,
        staff,
        "print.html",
        sheets=[sheet],
        lacks=address_lacks(request),
        address=paper_origin(request),
        version_id=version.id,
        case_id=version.case_id,
        stands=stands.id if stands is not None and stands.id != version.id else "",
        valid=version.status in VALID and not version.broken,
        paper=paper,
        button=new_id(),
    )


@router.post("/print/{version_id}")
def print_(request: Request, staff: Submitting, version_id: str, button: Button = "") -> Response:
    """The sheet for the printer, once for each time that the button was pressed."""
    found = _printed(request, staff, version_id, button or new_id())
    if found is None:
        return RedirectResponse(f"/t/print/{version_id}", status_code=303)
    return staff_page(request, staff, "printed.html", sheets=[found], back=f"/t/print/{version_id}", refused=0)


@router.post("/print")
def print_several(
    request: Request, staff: Submitting, batch: Button, chosen: Annotated[list[str], Form(default_factory=list)]
) -> Response:
    """The sheets of several reports, one after the other; those that may not be printed any more are counted."""
    sheets: list[Sheet] = []
    refused = 0
    for version_id in dict.fromkeys(chosen[:MOST]):
        try:
            found = _printed(request, staff, version_id, sheet_of(batch, version_id))
        except NotDone:
            refused += 1
        else:
            sheets += [found] if found is not None else []
    if not sheets and not refused:
        return RedirectResponse(QUEUE, status_code=303)
    return staff_page(request, staff, "printed.html", sheets=sheets, back=QUEUE, refused=refused)


def sheet_of(batch: str, version_id: str) -> str:
    """The id of one sheet of a batch: the time of the batch, the random part of the version."""
    return batch[:ULID_TIME] + version_id[ULID_TIME:]


def _printed(request: Request, staff: Staff, version_id: str, button: str) -> Sheet | None:
    """A sheet for the printer; None where this button has printed it a while ago."""
    office = office_of(request)
    with going_in(office, staff, Action.REPORT_PRINT, "report", version_id) as ctx:
        printout = printing.print_report(ctx, version_id, sheet=button)
        if printout.again:
            return None
        language, proof = language_of(request), proof_of(request, ctx, printout.version)
        sheet = sheet_for(ctx.tx, staff, printout.version, language, ctx.now, proof=proof)
    if printout.number == 1:
        return sheet
    return replace(sheet, copy=text(language, "print.copy", n=printout.number))


@router.post("/case/{case_id}/receipt")
def receipt(request: Request, staff: Submitting, case_id: str, button: Button = "") -> Response:
    """A new code; it is shown this once, and a page that is loaded again makes none."""
    office, language = office_of(request), language_of(request)
    with going_in(office, staff, Action.RECEIPT_PRINT, "case", case_id) as ctx:
        entry = opened(ctx, case_id)
        zone = zone_of(ctx.tx, entry)
        printed, now = printing.print_receipt(ctx, office.keys, case_id, sheet=button or new_id()), ctx.now
        told = office.reaches(Audience.PATIENT) and bool(told_at(ctx.tx, office.keys, entry.case.patient_id or ""))
    if printed is None:
        return RedirectResponse(f"/t/case/{case_id}?done=receipt", status_code=303)
    # Nothing of the person; the square code has the code besides, which its address does not show.
    address = f"{paper_origin(request)}/p"
    return staff_page(
        request,
        staff,
        "receipt.html",
        site=entry.site.name,
        row=township.row(entry, None, zone, language, now),
        code=f"{printed.code[:4]} {printed.code[4:]}",
        copy=text(language, "receipt.copy", n=printed.number) if printed.number > 1 else "",
        printed_at=words.told_moment(language, now, zone),
        expires_at=words.told_moment(language, printed.expires_at, zone),
        told=told,
        address=address,
        lacks=address_lacks(request),
        patient_number=printed.patient_number,
        qr=qr_of("#".join((address, ".".join(filter(None, (printed.code, printed.patient_number)))))),
    )
