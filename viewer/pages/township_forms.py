"""/t/order and /t/case/{id}/link: who stands at the counter, and what is to be examined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Query
from pydantic import ValidationError
from sqlalchemy.engine import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading import orders, patients
from reading.errors import Invalid, NotThere
from reading.kinds import IdentifierKind, Sex
from reading.orders import OrderState
from reading.organisations import Organisation
from reading.viewers import Staff
from storage.database import snapshot
from viewer import putting_right, township_view, words
from viewer.api import bodies
from viewer.api.orders import BODY_PARTS, own_sites, register, shown
from viewer.door import ULID, going_in
from viewer.guard import Looking, Submitting
from viewer.locale import Language, text
from viewer.office import office_of
from viewer.page import language_of
from viewer.pages.patient import CARD_TYPES
from viewer.pages.sign_in import words_for
from viewer.pages.township import township_page
from viewer.pages.township_case import opened
from viewer.registration import found_or_registered
from viewer.report_sheet import zone_of

router = APIRouter(prefix="/t")

MODALITIES: Final = ("DX", "CR", "CT", "MR", "US", "MG")
REGISTERED_LATELY: Final = timedelta(days=3)
PERSON: Final = ("card_type", "card", "name", "sex", "birth_date")
BLANK: Final = {
    **dict.fromkeys((*PERSON, "site", "body_part", "laterality", "reason"), ""),
    "card_type": IdentifierKind.IDENTITY_CARD,
    "modality": "DX",
    "priority": "routine",
}

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
    sex: Field = "",
    birth_date: Field = "",
    laterality: Field = "",
    reason: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    typed = {
        "card_type": card_type,
        "card": card,
        "name": name,
        "sex": sex,
        "birth_date": birth_date,
        "site": site,
        "modality": modality,
        "body_part": body_part,
        "laterality": laterality,
        "priority": priority,
        "reason": reason,
    }
    try:
        body = _body(
            bodies.Order,
            {
                "site": site,
                "patient": _person(typed),
                "modality": modality,
                "priority": priority,
                "procedures": [{"body_part": body_part, "laterality": laterality}],
                "reason": reason,
            },
        )
        made = register(office_of(request), staff, body)
    except Invalid as wrong:
        return _order_form(request, staff, typed, wrong=wrong)
    return RedirectResponse(f"/t/order?made={made.id}", status_code=303)


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
    sex: Field = "",
    birth_date: Field = "",
    same_person: Field = "",
) -> Response:
    office, now = office_of(request), office_of(request).clock()
    typed = {"card_type": card_type, "card": card, "name": name, "sex": sex, "birth_date": birth_date}
    try:
        person = shown(_body(bodies.Person, _person(typed)))
        with going_in(office, staff, "case.link", "case", case_id) as tx:
            entry = opened(tx, request, staff, case_id)
            patient = found_or_registered(tx, office, staff, person, zone=zone_of(tx, entry), now=now)
            if not same_person:
                putting_right.one_person(tx, case_id, patient)
            reason = text(Language.ZH, "link.reason-names-differ" if same_person else "link.reason")
            made = putting_right.link(tx, office, staff, case_id, patient, reason=reason, now=now)
    except Invalid as wrong:
        return _link_form(request, staff, case_id, typed, wrong=wrong)
    for revision in made:
        putting_right.noted(office, revision)
    return RedirectResponse(f"/t/case/{case_id}?done=linked", status_code=303)


def _person(typed: Mapping[str, str]) -> dict[str, Any]:
    try:
        born = date.fromisoformat(typed["birth_date"]) if typed["birth_date"].strip() else None
    except ValueError as not_a_date:
        raise Invalid("birth_date", "date") from not_a_date
    return {
        "card_type": typed["card_type"],
        "card": typed["card"],
        "name": typed["name"],
        "sex": typed["sex"] or Sex.UNKNOWN,
        "birth_date": born,
    }


def _body(kind: type[Any], values: Mapping[str, Any]) -> Any:
    try:
        return kind(**values)
    except ValidationError as malformed:
        first = malformed.errors()[0]
        raise Invalid(str(first["loc"][-1]), first["type"]) from malformed


def _order_form(
    request: Request, staff: Staff, form: Mapping[str, str], *, made: str = "", wrong: Invalid | None = None
) -> Response:
    with snapshot(office_of(request).engine) as tx:
        sites = own_sites(tx, office_of(request), staff)
        waiting = _waiting(tx, request, sites)
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
        waiting=waiting,
        modalities=MODALITIES,
        body_parts=BODY_PARTS,
        card_types=CARD_TYPES,
        form=form,
        made=placed.accession_number if placed and placed.site_id in {site.id for site in sites} else "",
        wrong=wrong.field if wrong else "",
        problem=words_for(request, wrong) if wrong else "",
    )


def _waiting(tx: Connection, request: Request, sites: Sequence[Organisation]) -> list[dict[str, str]]:
    """What was registered at these sites lately and has no image yet, the latest first."""
    now, language = office_of(request).clock(), language_of(request)
    found: list[dict[str, str]] = []
    for site in sites:
        for order in orders.list_of(tx, site.id, states={OrderState.PLACED}, since=now - REGISTERED_LATELY, limit=50):
            patient = patients.by_id(tx, order.patient_id)
            parts = [
                " ".join(
                    word
                    for word in (
                        words.coded(language, "modality", order.modality),
                        words.coded(language, "body", each.body_part),
                        words.coded(language, "side", each.laterality) if each.laterality else "",
                    )
                    if word
                )
                for each in order.procedures
            ]
            found.append(
                {
                    "number": order.accession_number,
                    "patient": patient.name if patient else "",
                    "patient_number": patient.number if patient else "",
                    "examination": text(language, "list-comma").join(parts),
                    "at": words.moment_today(order.created_at, site.time_zone, now),
                }
            )
    return found


def _link_form(
    request: Request, staff: Staff, case_id: str, form: Mapping[str, str], *, wrong: Invalid | None = None
) -> Response:
    office, now = office_of(request), office_of(request).clock()
    with going_in(office, staff, "case.open", "case", case_id) as tx:
        entry = opened(tx, request, staff, case_id)
        zone = zone_of(tx, entry)
    return township_page(
        request,
        staff,
        "link.html",
        status=422 if wrong else 200,
        row=township_view.row(entry, None, zone, language_of(request), now),
        card_types=CARD_TYPES,
        form=form,
        wrong=wrong.field if wrong else "",
        problem=words_for(request, wrong) if wrong else "",
    )
