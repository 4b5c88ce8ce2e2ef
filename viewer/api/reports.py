"""/api/reports: the sheet as PDF, what it cannot print, and the addendum to a final report."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from reading.actions import Action
from reading.desk import desk
from reading.reports.content import Content
from reading.signing import printing, signatures
from viewer.api import bodies
from viewer.api.cases import screen
from viewer.http.callers import Acting, Looking, Signing
from viewer.http.office import office_of
from viewer.http.on_record import going_in
from viewer.http.page import language_of
from viewer.views import api_json
from viewer.views.glyphs import code_of, unprintable
from viewer.views.paper import given_out, proof_of
from viewer.views.report_sheet import sheet_for

router = APIRouter(prefix="/api/reports")


@router.get("/{version_id}.pdf")
def pdf(request: Request, staff: Looking, version_id: str) -> Response:
    """The sheet as a file; that it left the service is on record."""
    office = office_of(request)
    with going_in(office, staff, Action.REPORT_PRINT, "report", version_id) as ctx:
        version = printing.hand_out(ctx, version_id)
        proof = proof_of(request, ctx, version)
        sheet = sheet_for(ctx.tx, staff, version, language_of(request), ctx.now, proof=proof)
    return given_out(request, staff, sheet, version)


@router.post("/unprintable")
def not_printed(staff: Acting, body: bodies.ToPrint) -> dict[str, Any]:  # noqa: ARG001 -- whoever is signed in
    """The characters of a text that a sheet prints as codes, each with its code: said before it is signed."""
    content = Content.from_json(body.content)
    texts = (content.findings, content.impression, content.recommendation, *(one.text for one in content.marks))
    lost = dict.fromkeys(one for each in texts for one in unprintable(each))
    return {"unprintable": [{"character": one, "printed": code_of(one)} for one in lost]}


@router.post("/{version_id}/addendum")
def addendum(request: Request, staff: Signing, version_id: str, body: bodies.Addendum) -> dict[str, Any]:
    office = office_of(request)
    content = Content.from_json(body.content)
    with going_in(office, staff, Action.REPORT_ADDENDUM, "report", version_id) as ctx:
        made = signatures.addendum(ctx, office.seal, version_id, content=content, screen=screen(body))
    with going_in(office, staff, Action.CASE_OPEN, "case", made.case_id) as ctx:
        found = desk.detail(ctx, made.case_id)
    return api_json.detail(found, staff, language_of(request))
