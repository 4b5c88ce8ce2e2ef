"""Adds the viewer to an application: pages, JSON API, static files and the answers to errors."""

from __future__ import annotations

from mimetypes import guess_type
from typing import Final

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import BaseRoute
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from viewer.api import (
    account,
    alerts,
    attributions,
    audit,
    case_list,
    cases,
    consultations,
    devices,
    dictation,
    emergencies,
    follow_ups,
    images,
    manifests,
    orders,
    papers,
    patient,
    patients,
    private_classes,
    protocols,
    quality,
    report_search,
    reports,
    security,
    session,
    templates,
    withholding,
)
from viewer.folders import STATIC
from viewer.http import problems
from viewer.http.callers import whoever
from viewer.http.office import Office, office_of
from viewer.http.page import page
from viewer.pages import account as account_pages
from viewer.pages import (
    account_factors,
    agreement,
    agreements,
    alert_lists,
    device_rights,
    discrepancy,
    emergency,
    forwarding,
    installation,
    learning,
    messages,
    number_ratios,
    office_factors,
    opened_link,
    organisations,
    patient_consent,
    patient_links,
    patient_number,
    patient_telephone,
    people,
    person,
    policy_calendar,
    policy_questions,
    policy_switch,
    register,
    register_import,
    register_telephone,
    retention,
    second_step,
    sign_in,
    sought,
    statement_prices,
    teaching,
    teaching_collection,
    teaching_entry,
    teaching_new,
    township,
    township_case,
    township_correct,
    township_identity,
    township_images,
    township_link,
    township_match,
    township_note,
    township_order,
    township_print,
    township_protocol,
    township_share,
    township_withhold,
)
from viewer.pages import alerts as alert_pages
from viewer.pages import audit as audit_pages
from viewer.pages import consultations as consultation_pages
from viewer.pages import devices as device_pages
from viewer.pages import numbers as numbers_pages
from viewer.pages import paper as paper_pages
from viewer.pages import patient as patient_pages
from viewer.pages import policy as policy_pages
from viewer.pages import quality as quality_pages
from viewer.pages import questions as question_pages
from viewer.pages import queue_board as queue_board_pages
from viewer.pages import referrals as referral_pages
from viewer.pages import report_search as report_search_pages
from viewer.pages import roster as roster_pages
from viewer.pages import security as security_pages
from viewer.pages import simulation as simulation_pages
from viewer.pages import statements as statements_pages
from viewer.shell.navigation import arrival_of

API: Final = (
    session,
    account,
    case_list,
    cases,
    consultations,
    dictation,
    emergencies,
    follow_ups,
    images,
    withholding,
    reports,
    report_search,
    templates,
    orders,
    protocols,
    patients,
    manifests,
    alerts,
    attributions,
    devices,
    private_classes,
    quality,
    patient,
    papers,
    audit,
    security,
)
PAGES: Final = (
    sign_in,
    sought,
    second_step,
    account_factors,
    office_factors,
    account_pages,
    register,
    township,
    township_case,
    township_correct,
    township_link,
    township_order,
    township_images,
    township_identity,
    township_match,
    township_note,
    township_print,
    township_protocol,
    township_share,
    township_withhold,
    discrepancy,
    device_pages,
    device_rights,
    quality_pages,
    agreement,
    learning,
    teaching,
    teaching_collection,
    teaching_entry,
    teaching_new,
    messages,
    consultation_pages,
    emergency,
    referral_pages,
    question_pages,
    report_search_pages,
    policy_pages,
    queue_board_pages,
    number_ratios,
    numbers_pages,
    statement_prices,
    statements_pages,
    organisations,
    agreements,
    people,
    person,
    register_import,
    register_telephone,
    forwarding,
    installation,
    retention,
    roster_pages,
    audit_pages,
    security_pages,
    simulation_pages,
    policy_questions,
    policy_switch,
    policy_calendar,
    alert_pages,
    alert_lists,
    patient_pages,
    patient_consent,
    patient_links,
    patient_number,
    patient_telephone,
    opened_link,
    paper_pages,
)
LINE_WORKER: Final = "line-worker.js"
"""Answers for the pages of the counter, which lie elsewhere than it does, while there is no line."""
IMMUTABLE: Final = "public, max-age=31536000, immutable"
COMPRESSED: Final = (("br", ".br"), ("gzip", ".gz"))
"""Content codings (RFC 9110 8.4.1), the smallest first, with the endings of their files."""


class StaticAssets(StaticFiles):
    """Static files: those that the build named by their content are cached for good, others are asked for again.

    Where a compressed copy lies beside a file, a browser that accepts it gets the copy: the desk's script is 3 MB.
    """

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await self._compressed(path, scope) or await super().get_response(path, scope)
        response.headers["Cache-Control"] = IMMUTABLE if path.startswith("assets/") else "no-cache"
        response.headers["Vary"] = "Accept-Encoding"
        if path == LINE_WORKER:
            response.headers["Service-Worker-Allowed"] = "/t"
        return response

    async def _compressed(self, path: str, scope: Scope) -> Response | None:
        accepted = Headers(scope=scope).get("accept-encoding", "").replace(" ", "").lower().split(",")
        for encoding, suffix in COMPRESSED:
            # A client that ranks its codings by quality values gets the plain file.
            if encoding not in accepted:
                continue
            try:
                response = await super().get_response(path + suffix, scope)
            except HTTPException:
                continue  # there is no such copy
            response.headers["Content-Encoding"] = encoding
            response.headers["Content-Type"] = guess_type(path)[0] or "application/octet-stream"
            return response
        return None


PERMISSIONS: Final = "Permissions-Policy"
HEARS: Final = "camera=(), geolocation=(), microphone=(self), payment=(), usb=()"
"""Of the desk, where somebody may dictate; every other page says `service.processes.http_guard.HEADERS`."""


def routes() -> list[BaseRoute]:
    """The routes of API and pages; they expect the office in ``app.state.office``.

    `FastAPI.include_router` would examine each signature a second time, which doubles their time at the start.
    """
    return [route for part in (*API, *PAGES) for route in part.router.routes]


def mount(app: FastAPI, office: Office) -> None:
    """Add the viewer to an application."""
    app.state.office = office
    problems.install(app)
    app.router.routes.extend(routes())
    app.mount("/static", StaticAssets(directory=STATIC), name="static")
    app.mount("/app", StaticAssets(directory=office.web_app, check_dir=False), name="app")

    @app.get("/", include_in_schema=False)
    def desk(request: Request) -> Response:  # the worklist and the desk; it asks for a sign-in itself
        staff = whoever(request)
        arrival = "/" if staff is None else arrival_of("/", {grant.role for grant in staff.grants})
        if arrival != "/":
            return RedirectResponse(arrival, status_code=303)
        index = office.web_app / "index.html"
        if not index.exists():
            return page(request, "not_built.html", status=503)
        dictates = office_of(request).dictation is not None
        headers = {"Cache-Control": "no-cache"} | ({PERMISSIONS: HEARS} if dictates else {})
        return FileResponse(index, headers=headers)
