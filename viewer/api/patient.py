"""/api/patient: the patient's own reports for programs; the pages of /p show the same."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from fastapi import APIRouter, Response
from starlette.requests import Request

from reading.access import door
from reading.actions import Action
from reading.errors import NotThere
from reading.reports import issues, versions
from reading.reports.seal import payload_of
from reading.reports.versions import ReportVersion
from reading.sharing import links
from reading.sharing.links import Link
from viewer.api import bodies
from viewer.http.callers import PATIENT_COOKIE, Patient, PatientActing, PatientPolling, SameOrigin, paper_origin
from viewer.http.cookies import give
from viewer.http.office import office_of
from viewer.http.on_record import ULID, acting, going_in, in_snapshot
from viewer.http.page import LINKS, language_of
from viewer.http.sessions import end_patient_session, open_patient_session
from viewer.views.patient import MOST_LISTED, awaited, looks, open_report
from viewer.views.patient_files import report_pdf, report_picture
from viewer.views.pictures import pictures_of
from viewer.views.report_sheet import Examined

router = APIRouter(prefix="/api/patient")


@router.post("/session", dependencies=[SameOrigin])
def sign_in(request: Request, response: Response, body: bodies.PatientSignIn) -> dict[str, Any]:
    opened = open_patient_session(request, body.card_type, body.card, body.code)
    give(request, response, PATIENT_COOKIE, opened.token)
    return {"csrf_token": opened.patient.csrf_token}


@router.delete("/session", status_code=204)
def sign_out(request: Request, response: Response, patient: PatientActing) -> None:
    end_patient_session(request, response, patient)


@router.get("/reports")
def reports(request: Request, patient: Patient) -> list[dict[str, Any]]:
    with acting(office_of(request), patient) as ctx:
        found = door.open_own_reports(ctx, limit=MOST_LISTED)
        numbers = issues.of_cases(ctx.tx, [each.version.case_id for each in found])
        return [_summary(each.version, numbers[each.version.id], each, each.site_name) for each in found]


@router.get("/examination")
def examination(request: Request, patient: Patient) -> dict[str, Any]:
    """How far the report of the receipt's examination is; it is known before there is one."""
    with acting(office_of(request), patient) as ctx:
        waiting = awaited(ctx)
    if waiting is None:
        raise NotThere
    return {
        **_examined(waiting.entry.case, waiting.entry.site.name),
        "state": waiting.entry.case.state,
        "due_at": waiting.entry.case.due_at.isoformat(),
        "released": waiting.entry.released,
    }


@router.get("/links")
def list_links(request: Request, patient: Patient) -> list[dict[str, Any]]:
    with acting(office_of(request), patient) as ctx:
        return [_link(one) for one in links.links_of(ctx)]


@router.post("/links", status_code=201)
def make_link(request: Request, patient: PatientActing, body: bodies.NewLink) -> dict[str, Any]:
    """A link with its secrets, which no later answer has."""
    office, case_id = office_of(request), body.case_id
    opening = going_in(office, patient, Action.LINK_MAKE, "case", case_id) if case_id else acting(office, patient)
    with opening as ctx:
        made = links.make(
            ctx, office.keys, case_id=case_id, days=body.days, with_passcode=body.passcode, label=body.label
        )
    return {
        "id": made.link_id,
        "address": f"{paper_origin(request)}{LINKS}#{made.token}",
        "passcode": made.passcode or None,
        "until": made.until.isoformat(),
    }


@router.delete("/links/{link_id}", status_code=204)
def end_link(request: Request, patient: PatientActing, link_id: str) -> None:
    with going_in(office_of(request), patient, Action.LINK_END, "link", link_id) as ctx:
        links.end(ctx, link_id)


@router.get("/reports/{version_id}.pdf")
def pdf(request: Request, patient: Patient, version_id: str) -> Response:
    return report_pdf(request, patient, version_id)


@router.get("/reports/{version_id}/standing", status_code=204)
def standing(request: Request, patient: PatientPolling, version_id: str) -> None:
    """Asked every few seconds by a page that shows the report: 404 means that it must leave the screen."""
    if not ULID.fullmatch(version_id):
        raise NotThere
    with in_snapshot(office_of(request), patient) as ctx:
        door.still_shown(ctx, version_id)


@router.get("/reports/{version_id}")
def report(request: Request, patient: Patient, version_id: str) -> dict[str, Any]:
    with going_in(office_of(request), patient, Action.REPORT_READ, "report", version_id) as ctx:
        opened = open_report(ctx, version_id, Action.REPORT_READ)
        signatures = versions.signatures_for(ctx.tx, opened.version)
        pictures = len(pictures_of(ctx, opened.version.case_id))
        lines = looks(ctx.tx, opened, language_of(request))
        number = issues.of_cases(ctx.tx, [opened.version.case_id])[version_id]
    return {
        **_summary(opened.version, number, opened.entry.case, opened.entry.site.name),
        "content": opened.version.content.to_json(),
        "signatures": [
            {"role": each.role, "name": payload_of(each)["name"], "signed_at": each.signed_at.isoformat()}
            for each in signatures
        ],
        "pictures": pictures,
        "looks": [
            {"at": look.at.isoformat(), "who": look.who, "what": look.what, "emergency": look.emergency}
            for look in lines
        ],
    }


@router.get("/reports/{version_id}/pictures/{number}")
def picture(request: Request, patient: Patient, version_id: str, number: int) -> Response:
    return report_picture(request, patient, version_id, number)


def _link(one: Link) -> dict[str, Any]:
    return {
        "id": one.id,
        "case_id": one.case_id,
        "label": one.label,
        "has_passcode": one.has_passcode,
        "made_at": one.made_at.isoformat(),
        "until": one.until.isoformat(),
        "ended_at": one.ended_at.isoformat() if one.ended_at else None,
        "end_reason": one.end_reason or None,
        "views": one.views,
        "last_at": one.last_at.isoformat() if one.last_at else None,
    }


class _Examined(Examined, Protocol):
    @property
    def examined_at(self) -> datetime: ...


def _summary(version: ReportVersion, number: int, examined: _Examined, site_name: str) -> dict[str, Any]:
    return {
        "id": version.id,
        "number": number,
        **_examined(examined, site_name),
        "released_at": version.released_at.isoformat() if version.released_at else None,
        "impression": version.content.impression,
    }


def _examined(examined: _Examined, site_name: str) -> dict[str, Any]:
    return {
        "modality": examined.modality,
        "body_part": examined.body_part,
        "laterality": examined.laterality,
        "site": site_name,
        "examined_at": examined.examined_at.isoformat(),
    }
