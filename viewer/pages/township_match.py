"""/t/case/{id}/order: a study that came without an order is matched to one, and parted from it again."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Query
from sqlalchemy.engine import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.actions import Action
from reading.desk.entries import Entry
from reading.dicom_dates import parse_date
from reading.errors import Invalid, Stale
from reading.intake import order_match
from reading.orders import matching
from reading.orders.matching import Proposal, Trait
from reading.orders.orders import Order
from reading.patients import patients
from reading.patients.names import person_name
from reading.viewers import Staff
from viewer.http.callers import Looking, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import going_in
from viewer.http.page import language_of, staff_page
from viewer.http.plain_fields import Plain
from viewer.http.problems import problem_of
from viewer.http.sought import Sought
from viewer.http.sought import opened as opened_search
from viewer.pages.sign_in import words_for
from viewer.pages.township_case import opened
from viewer.views import meanwhile, orders, township
from viewer.views.report_sheet import zone_of
from viewer.words import words
from viewer.words.catalogue import Language, text

router = APIRouter(prefix="/t/case")

TRAITS: Final = tuple(Trait)
"""The traits in the order in which the page names them."""


@router.get("/{case_id}/order")
def show(
    request: Request,
    staff: Looking,
    case_id: str,
    sought: Sought = "",
    order: Annotated[str, Query(max_length=26)] = "",
) -> Response:
    """``sought``: by a name or a number, of an order; ``order``: one that was registered for these images."""
    try:
        q = opened_search(request, staff, f"/t/case/{case_id}/order", sought).get("q", "")
    except Invalid as over:
        return _form(request, staff, case_id, chosen=order, wrong=over)
    return _form(request, staff, case_id, q=q, chosen=order)


@router.post("/{case_id}/order")
def match(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    case_id: str,
    revision: Annotated[int, Form(ge=1)],
    order: Annotated[str, Form(max_length=26)] = "",
    same_person: Annotated[str, Form(max_length=10)] = "",
    why: Annotated[str, Form(max_length=1000)] = "",
    q: Annotated[Annotated[str, Form(max_length=64)], Plain] = "",
) -> Response:
    try:
        with going_in(office_of(request), staff, Action.CASE_MATCH, "case", case_id) as ctx:
            order_match.match(ctx, case_id, order, same_person=bool(same_person), why=why, seen=revision)
    except (Invalid, Stale) as wrong:
        return _form(request, staff, case_id, q=q, chosen=order, why=why, wrong=wrong)
    return RedirectResponse(f"/t/case/{case_id}?done=matched", status_code=303)


@router.post("/{case_id}/order/part")
def part(request: Request, staff: Submitting, case_id: str, revision: Annotated[int, Form(ge=1)]) -> Response:
    """The match was wrong and is taken back."""
    office = office_of(request)
    try:
        with going_in(office, staff, Action.CASE_UNMATCH, "case", case_id) as ctx:
            order_match.part(ctx, office.keys, case_id, seen=revision)
    except Stale as wrong:
        return _form(request, staff, case_id, wrong=wrong)
    return RedirectResponse(f"/t/case/{case_id}?done=unmatched", status_code=303)


def _form(
    request: Request,
    staff: Staff,
    case_id: str,
    *,
    q: str = "",
    chosen: str = "",
    why: str = "",
    wrong: Invalid | Stale | None = None,
) -> Response:
    office, now, language = office_of(request), office_of(request).clock(), language_of(request)
    with going_in(office, staff, Action.CASE_OPEN, "case", case_id) as ctx:
        entry = opened(ctx, case_id)
        zone = zone_of(ctx.tx, entry)
        order = matching.order_of(ctx.tx, case_id)
        found = [] if order else order_match.candidates(ctx, case_id, text=q, chosen=chosen)
        values: dict[str, Any] = {
            "row": township.row(entry, None, zone, language, now),
            "matched": _order(ctx.tx, order, zone, language) if order else None,
            "proposals": [_proposal(ctx.tx, one, zone, language) for one in found],
            "said": _said(entry, language),
            "revision": entry.case.revision,
            "meanwhile": meanwhile.changes(ctx, entry, zone, language) if isinstance(wrong, Stale) else [],
        }
    return staff_page(
        request,
        staff,
        "match.html",
        status=problem_of(wrong).status if wrong else 200,
        q=q,
        chosen=chosen,
        why=why,
        wrong=wrong.field if isinstance(wrong, Invalid) else "",
        problem=words_for(request, wrong) if isinstance(wrong, Invalid) else "",
        **values,
    )


def _order(tx: Connection, order: Order, zone: str, language: Language) -> dict[str, Any]:
    patient = patients.by_id(tx, order.patient_id)
    return {
        "id": order.id,
        "number": order.accession_number,
        "patient": patient.name if patient else "",
        "sex": words.coded(language, "sex", patient.sex) if patient and patient.sex else "",
        "born": patient.birth_date.isoformat() if patient and patient.birth_date else "",
        "examination": orders.examination(order, order.procedures, language),
        "at": words.moment(order.scheduled_at, zone),
    }


def _proposal(tx: Connection, one: Proposal, zone: str, language: Language) -> dict[str, Any]:
    return {
        **_order(tx, one.order, zone, language),
        "fits": [text(language, f"match.{trait}") for trait in TRAITS if trait in one.fits],
        "differs": [text(language, f"match.{trait}") for trait in TRAITS if trait in one.differs],
    }


def _said(entry: Entry, language: Language) -> list[str]:
    """The person whom the images name, to be compared with the order's patient."""
    born = parse_date(entry.patient.birth_date)
    return [
        person_name(entry.patient.name) or text(language, "patient-unknown"),
        *([words.coded(language, "sex", entry.patient.sex)] if entry.patient.sex else []),
        *([born.isoformat() if born else entry.patient.birth_date] if entry.patient.birth_date else []),
    ]
