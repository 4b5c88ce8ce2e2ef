"""/t/order and /t/case/{id}/link: an examination is registered, and a case linked, for the person at the counter."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Query
from sqlalchemy.engine import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.actions import Action
from reading.context import Context
from reading.errors import Invalid, NotThere, Stale
from reading.intake import putting_right
from reading.kinds import HeldAs, IdentifierKind, Priority
from reading.orders import counter, orders
from reading.orders.orders import Asked
from reading.orders.terms import AT_THE_COUNTER, BODY_PARTS
from reading.register import organisations
from reading.register.sites import own_sites
from reading.registration import records
from reading.viewers import Staff
from storage.database import snapshot
from viewer.http.callers import Looking, Submitting
from viewer.http.office import Office, office_of
from viewer.http.on_record import ULID, acting, going_in, looks_through
from viewer.http.page import language_of, staff_page
from viewer.http.problems import problem_of
from viewer.http.typed_times import typed_moment
from viewer.pages.patient import CARD_TYPES
from viewer.pages.person_form import BLANK, holder_of, one_of
from viewer.pages.sign_in import words_for
from viewer.pages.township_case import opened
from viewer.views import meanwhile, township
from viewer.views import orders as orders_view
from viewer.views.report_sheet import zone_of

router = APIRouter(prefix="/t")

Field = Annotated[str, Form(max_length=200)]

DEPARTMENTS: Final = (
    "emergency",
    "internal",
    "surgery",
    "orthopaedics",
    "paediatrics",
    "gynaecology",
    "check_up",
    "screening",
)
"""The departments that the form suggests; any other may be typed."""


@router.get("/order")
def show_order(
    request: Request,
    staff: Looking,
    made: Annotated[str, Query(max_length=26)] = "",
    patient: Annotated[str, Query(max_length=26)] = "",
) -> Response:
    """``patient``: the id of somebody whose record at the register is open."""
    return _order_form(request, staff, {**BLANK, "patient": patient}, made=made)


@router.post("/order")
def order(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    site: Field,
    modality: Field,
    body_part: Field,
    priority: Field,
    patient: Annotated[str, Form(max_length=26)] = "",
    card_type: Field = IdentifierKind.IDENTITY_CARD,
    card: Field = "",
    name: Field = "",
    card_of: Field = HeldAs.OWN,
    guardian: Field = "",
    sex: Field = "",
    birth_date: Field = "",
    estimated_age: Field = "",
    telephone: Field = "",
    laterality: Field = "",
    reason: Annotated[str, Form(max_length=1000)] = "",
    scheduled_at: Field = "",
    station: Field = "",
    department: Field = "",
    contrast: Annotated[str, Form(pattern="^(|with|without)$")] = "",
) -> Response:
    typed = {
        "patient": patient,
        "card_type": card_type,
        "card": card,
        "card_of": card_of,
        "guardian": guardian,
        "name": name,
        "sex": sex,
        "birth_date": birth_date,
        "estimated_age": estimated_age,
        "telephone": telephone,
        "site": site,
        "modality": modality,
        "body_part": body_part,
        "laterality": laterality,
        "priority": priority,
        "reason": reason,
        "scheduled_at": scheduled_at,
        "station": station,
        "department": department,
        "contrast": contrast,
    }
    office = office_of(request)
    try:
        with _placing(office, staff, patient) as ctx:
            asked = counter.Request(
                site_code=site,
                patient=patient or holder_of(typed),
                modality=modality,
                priority=one_of(Priority, "priority", priority),
                procedures=[Asked(body_part=body_part, laterality=laterality)],
                reason=reason,
                scheduled_at=typed_moment("scheduled_at", scheduled_at, _clock(ctx.tx, site)),
                station=station,
                department=department,
                contrast={"with": True, "without": False}.get(contrast),
            )
            made = counter.place(ctx, office.keys, asked)
    except Invalid as wrong:
        return _order_form(request, staff, typed, wrong=wrong)
    return RedirectResponse(f"/t/order?made={made.id}", status_code=303)


@router.post("/order/{order_id}/cancel")
def cancel(request: Request, staff: Submitting, order_id: str, revision: Annotated[int, Form(ge=1)]) -> Response:
    with going_in(office_of(request), staff, Action.ORDER_CANCEL, "order", order_id) as ctx:
        counter.cancel(ctx, order_id, revision=revision)
    return RedirectResponse("/t/order", status_code=303)


@router.get("/case/{case_id}/link")
def show_link(request: Request, staff: Looking, case_id: str) -> Response:
    return _link_form(request, staff, case_id, BLANK)


@router.post("/case/{case_id}/link")
def link(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    case_id: str,
    revision: Annotated[int, Form(ge=1)],
    card_type: Field = IdentifierKind.IDENTITY_CARD,
    card: Field = "",
    name: Field = "",
    card_of: Field = HeldAs.OWN,
    guardian: Field = "",
    sex: Field = "",
    birth_date: Field = "",
    estimated_age: Field = "",
    telephone: Field = "",
    same_person: Field = "",
) -> Response:
    office = office_of(request)
    typed = {
        "card_type": card_type,
        "card": card,
        "card_of": card_of,
        "guardian": guardian,
        "name": name,
        "sex": sex,
        "birth_date": birth_date,
        "estimated_age": estimated_age,
        "telephone": telephone,
    }
    try:
        with going_in(office, staff, Action.CASE_LINK, "case", case_id, naming=True) as ctx:
            holder = holder_of(typed)
            putting_right.link(ctx, office.keys, case_id, holder, same_person=bool(same_person), seen=revision)
    except (Invalid, Stale) as wrong:
        return _link_form(request, staff, case_id, typed, wrong=wrong)
    return RedirectResponse(f"/t/case/{case_id}?done=linked", status_code=303)


def _placing(office: Office, staff: Staff, patient_id: str) -> AbstractContextManager[Context[Staff]]:
    if patient_id:
        return going_in(office, staff, Action.ORDER_PLACE, "patient", patient_id)
    return acting(office, staff, naming=True)


def _order_form(
    request: Request, staff: Staff, form: Mapping[str, str], *, made: str = "", wrong: Invalid | None = None
) -> Response:
    office = office_of(request)
    with snapshot(office.engine) as tx:
        now = office.clock()
        sites = own_sites(tx, staff, now)
    if not sites:
        raise NotThere  # whoever works at no site registers nobody
    looks_through(office, staff, Action.ORDER_LIST)
    with snapshot(office.engine) as tx:
        rows = orders_view.rows(tx, sites, language_of(request), now)
        devices = {one.ae_title: site.name for site in sites for one in counter.stations(tx, site.id, now)}
        placed = orders.by_id(tx, made) if ULID.fullmatch(made) else None
    known = None
    if form["patient"]:
        with going_in(office_of(request), staff, Action.PATIENT_OPEN, "patient", form["patient"]) as ctx:
            known = records.open_patient(ctx, form["patient"], Action.PATIENT_OPEN)
    return staff_page(
        request,
        staff,
        "order.html",
        status=422 if wrong else 200,
        sites=sites,
        rows=rows,
        stations=devices,
        modalities=AT_THE_COUNTER,
        body_parts=BODY_PARTS,
        departments=DEPARTMENTS,
        card_types=CARD_TYPES,
        form=form,
        known=known,
        made=placed.accession_number if placed and placed.site_id in {site.id for site in sites} else "",
        wrong=wrong.field if wrong else "",
        problem=words_for(request, wrong) if wrong else "",
    )


def _link_form(
    request: Request, staff: Staff, case_id: str, form: Mapping[str, str], *, wrong: Invalid | Stale | None = None
) -> Response:
    office, now = office_of(request), office_of(request).clock()
    with going_in(office, staff, Action.CASE_OPEN, "case", case_id) as ctx:
        entry = opened(ctx, case_id)
        zone = zone_of(ctx.tx, entry)
        newer = meanwhile.changes(ctx, entry, zone, language_of(request)) if isinstance(wrong, Stale) else []
    return staff_page(
        request,
        staff,
        "link.html",
        status=problem_of(wrong).status if wrong else 200,
        row=township.row(entry, None, zone, language_of(request), now),
        revision=entry.case.revision,
        meanwhile=newer,
        card_types=CARD_TYPES,
        form=form,
        wrong=wrong.field if isinstance(wrong, Invalid) else "",
        problem=words_for(request, wrong) if isinstance(wrong, Invalid) else "",
    )


def _clock(tx: Connection, site_code: str) -> ZoneInfo:
    site = organisations.by_code(tx, site_code)
    return ZoneInfo(site.time_zone if site else "UTC")
