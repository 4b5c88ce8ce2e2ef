"""/p/links: what a patient lets doctors see by a link: made, listed with how often it was opened, ended."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.access import door
from reading.actions import Action
from reading.errors import Invalid
from reading.register.organisations import TIME_ZONE
from reading.sharing import links
from reading.sharing.links import Link
from viewer.http.callers import Patient, PatientSubmitting, address_lacks, paper_origin
from viewer.http.office import office_of
from viewer.http.on_record import acting, going_in
from viewer.http.page import LINKS, PATIENTS, language_of, page
from viewer.http.plain_fields import Plain
from viewer.http.problems import problem_of
from viewer.http.slips import hand_over, handed_over, shown
from viewer.pages.sign_in import words_for
from viewer.views.patient import MOST_LISTED
from viewer.views.qr import qr_of
from viewer.views.report_sheet import examination_with_side
from viewer.words import words
from viewer.words.catalogue import Language, text

router = APIRouter(prefix=f"{PATIENTS}/links")

DAYS: Final = (1, 3, 7, 14, 30)
USUAL_DAYS: Final = 7
EVERYTHING: Final = "all"


@router.get("")
def show(request: Request, patient: Patient) -> Response:
    return _page(request, patient)


@router.post("")
def make(  # noqa: PLR0917
    request: Request,
    patient: PatientSubmitting,
    what: Annotated[str, Form(max_length=26)],
    days: Annotated[Annotated[int, Form()], Plain],
    label: Annotated[str, Form(max_length=200)] = "",
    passcode: Annotated[str, Form(max_length=3)] = "",
) -> Response:
    """Make a link; its secrets are shown on the page that follows, this once."""
    office = office_of(request)
    try:
        case_id = None if what == EVERYTHING else what
        opening = going_in(office, patient, Action.LINK_MAKE, "case", what) if case_id else acting(office, patient)
        with opening as ctx:
            made = links.make(
                ctx, office.keys, case_id=case_id, days=days, with_passcode=passcode == "yes", label=label
            )
    except Invalid as refusal:
        return _page(request, patient, refusal=refusal)
    slip = {"token": made.token, "passcode": made.passcode, "until": made.until.isoformat()}
    return hand_over(request, patient, f"{PATIENTS}/links", slip)


@router.post("/{link_id}/end")
def end(request: Request, patient: PatientSubmitting, link_id: str) -> Response:
    with going_in(office_of(request), patient, Action.LINK_END, "link", link_id) as ctx:
        links.end(ctx, link_id)
    return RedirectResponse(f"{PATIENTS}/links", status_code=303)


def _page(request: Request, patient: Patient, *, refusal: Invalid | None = None) -> Response:
    office, language = office_of(request), language_of(request)
    with acting(office, patient) as ctx:
        found = door.open_own_reports(ctx, limit=MOST_LISTED)
        listed, now = links.links_of(ctx), ctx.now
    zone = found[0].time_zone if found else TIME_ZONE
    of_case = {
        each.version.case_id: " · ".join(
            (examination_with_side(each, language), words.told_day(language, each.examined_at, zone))
        )
        for each in found
    }
    slip = handed_over(request, patient)
    problem = problem_of(refusal) if refusal else None
    made: dict[str, Any] | None = None
    if slip is not None:
        address = f"{paper_origin(request)}{LINKS}#{slip['token']}"
        until = words.told_moment(language, datetime.fromisoformat(slip["until"]), zone)
        made = {"address": address, "qr": qr_of(address), "passcode": slip["passcode"], "until": until}
        made["here"] = address_lacks(request) == "here"
    response = page(
        request,
        "patient_links.html",
        status=problem.status if problem else 200,
        signed_in=True,
        home=PATIENTS,
        csrf_token=patient.csrf_token,
        made=made,
        problem=words_for(request, refusal) if refusal else "",
        choices=list(of_case.items()),
        everything=patient.case_id is None and len(of_case) > 1,
        days=DAYS,
        usual_days=USUAL_DAYS,
        links=[_line(one, of_case, language, zone, now) for one in listed],
    )
    return response if slip is None else shown(request, response)


def _line(one: Link, of_case: dict[str, str], language: Language, zone: str, now: datetime) -> dict[str, object]:
    state = "open" if one.in_force(now) else (f"ended-{one.end_reason}" if one.ended_at else "over")
    return {
        "id": one.id,
        "what": text(language, "links.everything") if one.case_id is None else of_case.get(one.case_id, ""),
        "label": one.label,
        "made_at": words.told_moment(language, one.made_at, zone),
        "until": words.told_moment(language, one.until, zone),
        "is_open": state == "open",
        "state": "" if state == "open" else text(language, f"links.state.{state}"),
        "has_passcode": one.has_passcode,
        "views": one.views,
        "last_at": words.told_moment(language, one.last_at, zone) if one.last_at else "",
    }
