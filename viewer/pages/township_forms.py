"""/t/order and /t/case/{id}/link: an examination is registered, and a case linked, for the person at the counter."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Final, TypeVar
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Query
from sqlalchemy.engine import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.actions import Action
from reading.errors import Invalid, NotThere, Stale
from reading.intake import putting_right
from reading.kinds import HeldAs, IdentifierKind, Priority, Sex
from reading.orders import counter, orders
from reading.orders.orders import Asked
from reading.orders.registration import CardHolder
from reading.orders.terms import AT_THE_COUNTER, BODY_PARTS
from reading.register import organisations
from reading.register.sites import own_sites
from reading.viewers import Staff
from storage.database import snapshot
from viewer.http.callers import Looking, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import ULID, acting, going_in
from viewer.http.page import language_of
from viewer.http.problems import problem_of
from viewer.pages.patient import CARD_TYPES
from viewer.pages.sign_in import words_for
from viewer.pages.township import township_page
from viewer.pages.township_case import opened
from viewer.views import meanwhile, township
from viewer.views import orders as orders_view
from viewer.views.report_sheet import zone_of

router = APIRouter(prefix="/t")

PERSON: Final = ("card_type", "card", "card_of", "guardian", "name", "sex", "birth_date", "telephone")
BLANK: Final = {
    **dict.fromkeys((*PERSON, "site", "body_part", "laterality", "reason", "scheduled_at", "station"), ""),
    "card_type": IdentifierKind.IDENTITY_CARD,
    "card_of": HeldAs.OWN,
    "modality": "DX",
    "priority": "routine",
}

WordT = TypeVar("WordT", bound=StrEnum)
Field = Annotated[str, Form(max_length=200)]


@router.get("/order")
def show_order(request: Request, staff: Looking, made: Annotated[str, Query(max_length=26)] = "") -> Response:
    return _order_form(request, staff, BLANK, made=made)


@router.post("/order")
def order(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    card_type: Field,
    card: Field,
    name: Field,
    site: Field,
    modality: Field,
    body_part: Field,
    priority: Field,
    card_of: Field = HeldAs.OWN,
    guardian: Field = "",
    sex: Field = "",
    birth_date: Field = "",
    telephone: Field = "",
    laterality: Field = "",
    reason: Annotated[str, Form(max_length=1000)] = "",
    scheduled_at: Field = "",
    station: Field = "",
) -> Response:
    typed = {
        "card_type": card_type,
        "card": card,
        "card_of": card_of,
        "guardian": guardian,
        "name": name,
        "sex": sex,
        "birth_date": birth_date,
        "telephone": telephone,
        "site": site,
        "modality": modality,
        "body_part": body_part,
        "laterality": laterality,
        "priority": priority,
        "reason": reason,
        "scheduled_at": scheduled_at,
        "station": station,
    }
    office = office_of(request)
    try:
        with acting(office, staff) as ctx:
            asked = counter.Request(
                site_code=site,
                holder=_holder(typed),
                modality=modality,
                priority=_one_of(Priority, "priority", priority),
                procedures=[Asked(body_part=body_part, laterality=laterality)],
                reason=reason,
                scheduled_at=_moment(ctx.tx, site, scheduled_at),
                station=station,
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
    card_type: Field,
    card: Field,
    name: Field,
    revision: Annotated[int, Form(ge=1)],
    card_of: Field = HeldAs.OWN,
    guardian: Field = "",
    sex: Field = "",
    birth_date: Field = "",
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
        "telephone": telephone,
    }
    try:
        with going_in(office, staff, Action.CASE_LINK, "case", case_id) as ctx:
            putting_right.link(ctx, office.keys, case_id, _holder(typed), same_person=bool(same_person), seen=revision)
    except (Invalid, Stale) as wrong:
        return _link_form(request, staff, case_id, typed, wrong=wrong)
    return RedirectResponse(f"/t/case/{case_id}?done=linked", status_code=303)


def _holder(typed: Mapping[str, str]) -> CardHolder:
    try:
        born = date.fromisoformat(typed["birth_date"]) if typed["birth_date"].strip() else None
    except ValueError as not_a_date:
        raise Invalid("birth_date", "date") from not_a_date
    return CardHolder(
        kind=_one_of(IdentifierKind, "card_type", typed["card_type"]),
        card=typed["card"],
        name=typed["name"],
        sex=_one_of(Sex, "sex", typed["sex"]),
        birth_date=born,
        held_as=_one_of(HeldAs, "card_of", typed["card_of"]),
        guardian=typed["guardian"],
        telephone=typed["telephone"],
    )


def _one_of(words: type[WordT], field: str, typed: str) -> WordT:
    try:
        return words(typed)
    except ValueError as unknown:
        raise Invalid(field, "unknown") from unknown


def _moment(tx: Connection, site_code: str, typed: str) -> datetime | None:
    """A day and hour on the clock of the site."""
    if not typed.strip():
        return None
    site = organisations.by_code(tx, site_code)
    try:
        return datetime.fromisoformat(typed).replace(tzinfo=ZoneInfo(site.time_zone if site else "UTC"))
    except ValueError as not_a_time:
        raise Invalid("scheduled_at", "date") from not_a_time


def _order_form(
    request: Request, staff: Staff, form: Mapping[str, str], *, made: str = "", wrong: Invalid | None = None
) -> Response:
    with snapshot(office_of(request).engine) as tx:
        now = office_of(request).clock()
        sites = own_sites(tx, staff, now)
        rows = orders_view.rows(tx, sites, language_of(request), now)
        devices = {one.ae_title: site.name for site in sites for one in counter.stations(tx, site.id, now)}
        placed = orders.by_id(tx, made) if ULID.fullmatch(made) else None
    if not sites:
        raise NotThere  # whoever works at no site registers nobody
    return township_page(
        request,
        staff,
        "order.html",
        tab="order",
        status=422 if wrong else 200,
        sites=sites,
        rows=rows,
        stations=devices,
        modalities=AT_THE_COUNTER,
        body_parts=BODY_PARTS,
        card_types=CARD_TYPES,
        form=form,
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
        newer = meanwhile.changes(ctx.tx, entry, zone, language_of(request)) if isinstance(wrong, Stale) else []
    return township_page(
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
