"""/t/order: an examination is registered: the card first, then the person and what they had, then what is asked for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Query
from sqlalchemy.engine import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.actions import Action
from reading.context import Context
from reading.desk import township
from reading.errors import Invalid, NotThere
from reading.kinds import HeldAs, IdentifierKind, Priority, Sex
from reading.orders import counter, orders
from reading.orders.orders import Asked
from reading.orders.terms import BODY_PARTS, MODALITIES, OTHER_PARTS, PAIRED
from reading.patients import card_facts, patients
from reading.patients.patient_identifiers import Identifier
from reading.patients.patients import Patient
from reading.register import organisations
from reading.register.sites import own_sites
from reading.registration import records
from reading.registration.records import Search
from reading.viewers import Staff
from storage.database import snapshot
from viewer.http.callers import Looking, Submitting
from viewer.http.office import Office, office_of
from viewer.http.on_record import ULID, acting, going_in, looks_through
from viewer.http.page import language_of, staff_page
from viewer.http.plain_fields import Plain
from viewer.http.typed_times import typed_moment
from viewer.pages.patient import CARD_TYPES
from viewer.pages.person_form import BLANK, NO_PAPERS, TypedPerson, holder_of, one_of
from viewer.pages.sign_in import words_for
from viewer.pages.township_case import opened
from viewer.views import order_form
from viewer.views import orders as orders_view
from viewer.views import township as township_view
from viewer.views.report_sheet import zone_of

router = APIRouter(prefix="/t/order")

Field = Annotated[str, Form(max_length=200)]
By = Literal["", "card", "guardian", "none"]

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
STARTS: Final[Mapping[By, Mapping[str, str]]] = {
    "card": {},
    "guardian": {"card_of": HeldAs.GUARDIAN},
    "none": {"card_type": NO_PAPERS},
}
"""What the whole form begins with, by how the person is known."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What the page shows besides its list."""

    form: Mapping[str, str]
    step: Literal["card", "order"] = "order"
    made: str = ""
    """The id of an order that was just placed."""
    cancelled: str = ""
    """The id of an order that was just cancelled."""
    case: str = ""
    """The id of the case whose images came without it."""
    found: Sequence[Patient] = ()
    """People whose card it may be, where it is not its owner's alone."""
    children: Collection[str] = ()
    """The ids of those for whom a guardian shows it."""
    wrong: Invalid | None = None


@router.get("")
def show(  # noqa: PLR0917 -- what leads here
    request: Request,
    staff: Looking,
    made: Annotated[str, Query(max_length=26)] = "",
    cancelled: Annotated[str, Query(max_length=26)] = "",
    patient: Annotated[str, Query(max_length=26)] = "",
    by: Annotated[By, Query()] = "",
    case: Annotated[str, Query(max_length=26)] = "",
) -> Response:
    """``patient``: the id of somebody whose record at the register is open; ``case``: of images without an order."""
    if not patient and not by:
        return _page(request, staff, Shown(form=BLANK, step="card", made=made, cancelled=cancelled, case=case))
    form = {**BLANK, **_said(request, staff, case), **STARTS.get(by, {}), "patient": patient}
    return _page(request, staff, Shown(form=form, made=made, case=case))


@router.post("/card")
def show_card(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    card_type: Field,
    card: Annotated[Field, Plain] = "",
    own: Annotated[str, Form(pattern="^(|yes)$")] = "",
    case: Annotated[str, Form(max_length=26)] = "",
) -> Response:
    """The card comes first: its owner is there at once; of somebody unknown what the card says is filled in.

    A card for which the site knows children alone may be shown for one of them or by its owner: that is asked. ``own``:
    by the owner, whom nobody has registered yet.
    """
    office, typed = office_of(request), {**BLANK, "card_type": card_type, "card": card.strip()}
    try:
        shown = _card(card_type, typed["card"])
        with acting(office, staff) as ctx:
            found = [] if own else records.search(ctx, office.keys, Search(kind=shown.kind, card=shown.value))
            children = {one.id for one in patients.wards(ctx.tx, office.keys, shown, ctx.now)}
            sex, born = card_facts.settled([shown], Sex.UNKNOWN, None, ctx.now)
    except Invalid as wrong:
        return _page(request, staff, Shown(form=typed, step="card", case=case, wrong=wrong))
    people = list({one.merged_into or one.id: one for one in found}.items())
    if len(people) == 1 and people[0][1].id not in children:
        return RedirectResponse(f"/t/order?patient={people[0][0]}{f'&case={case}' if case else ''}", status_code=303)
    if people:
        return _page(request, staff, Shown(form=typed, step="card", case=case, found=found, children=children))
    by_card = {"sex": sex, "birth_date": born.isoformat() if born else ""}
    said = {field: value for field, value in (*typed.items(), *by_card.items()) if value}
    return _page(request, staff, Shown(form={**BLANK, **_said(request, staff, case), **said}, case=case))


@router.post("")
def order(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    site: Field,
    modality: Field,
    body_part: Field,
    priority: Field,
    person: TypedPerson,
    patient: Annotated[str, Form(max_length=26)] = "",
    laterality: Field = "",
    reason: Annotated[str, Form(max_length=1000)] = "",
    scheduled_at: Field = "",
    station: Field = "",
    department: Field = "",
    contrast: Annotated[str, Form(pattern="^(|with|without)$")] = "",
    again: Annotated[str, Form(pattern="^(|yes)$")] = "",
    case: Annotated[str, Form(max_length=26)] = "",
) -> Response:
    """Place it; of images that came without one the way leads back to where it is matched with them."""
    typed = {
        "patient": patient,
        **asdict(person),
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
                again=bool(again),
            )
            made = counter.place(ctx, office.keys, asked)
    except Invalid as wrong:
        return _page(request, staff, Shown(form=typed, case=case, wrong=wrong))
    onward = f"/t/case/{case}/order?order={made.id}" if ULID.fullmatch(case) else f"/t/order?made={made.id}"
    return RedirectResponse(onward, status_code=303)


@router.post("/{order_id}/cancel")
def cancel(request: Request, staff: Submitting, order_id: str, revision: Annotated[int, Form(ge=1)]) -> Response:
    with going_in(office_of(request), staff, Action.ORDER_CANCEL, "order", order_id) as ctx:
        counter.cancel(ctx, order_id, revision=revision)
    return RedirectResponse(f"/t/order?cancelled={order_id}", status_code=303)


@router.get("/{order_id}/slip")
def slip(request: Request, staff: Looking, order_id: str) -> Response:
    """What goes with the patient to the device, as often as somebody wants it: it opens nothing."""
    with going_in(office_of(request), staff, Action.ORDER_OPEN, "order", order_id) as ctx:
        shown = order_form.slip(ctx, counter.open_order(ctx, order_id), language_of(request))
    return staff_page(request, staff, "order_slip.html", slip=shown)


def _card(card_type: str, value: str) -> Identifier:
    if not value:
        raise Invalid("card", "empty")
    return Identifier(kind=one_of(IdentifierKind, "card_type", card_type), value=value)


def _placing(office: Office, staff: Staff, patient_id: str) -> AbstractContextManager[Context[Staff]]:
    if patient_id:
        return going_in(office, staff, Action.ORDER_PLACE, "patient", patient_id)
    return acting(office, staff, naming=True)


def _page(request: Request, staff: Staff, shown: Shown) -> Response:
    office, language = office_of(request), language_of(request)
    with snapshot(office.engine) as tx:
        now = office.clock()
        sites = own_sites(tx, staff, now)
    if not sites:
        raise NotThere  # whoever works at no site registers nobody
    looks_through(office, staff, Action.ORDER_LIST)
    with snapshot(office.engine) as tx:
        rows = orders_view.rows(tx, sites, language, now)
        usual = counter.modalities(tx, {site.id for site in sites}, now)
        devices = {one.ae_title: site.name for site in sites for one in counter.stations(tx, site.id, now)}
        placed = orders.by_id(tx, shown.made) if ULID.fullmatch(shown.made) else None
        gone = next((one for one in rows if one.id == shown.cancelled and not one.can_be_cancelled), None)
    wrong = shown.wrong
    return staff_page(
        request,
        staff,
        "order.html",
        status=422 if wrong else 200,
        step=shown.step,
        sites=sites,
        rows=rows,
        stations=devices,
        modalities=usual,
        other_modalities=[one for one in MODALITIES if one not in usual],
        body_parts=BODY_PARTS,
        other_parts=OTHER_PARTS,
        paired=PAIRED,
        departments=DEPARTMENTS,
        card_types=CARD_TYPES,
        form={**shown.form, "modality": shown.form["modality"] or usual[0]},
        known=_known(request, staff, shown.form["patient"]),
        found=[order_form.line(one, language, now, child=one.id in shown.children) for one in shown.found],
        owner_unknown=all(one.id in shown.children for one in shown.found),
        case=shown.case,
        images=_images(request, staff, shown.case),
        made=placed if placed and placed.site_id in {site.id for site in sites} else None,
        gone=gone,
        wrong=wrong.field if wrong else "",
        problem=words_for(request, wrong) if wrong else "",
    )


def _known(request: Request, staff: Staff, patient_id: str) -> dict[str, Any] | None:
    if not patient_id:
        return None
    with going_in(office_of(request), staff, Action.PATIENT_OPEN, "patient", patient_id) as ctx:
        opened = records.open_patient(ctx, patient_id, Action.PATIENT_OPEN)
        earlier = township.earlier(ctx, opened.id)
        return order_form.known(opened, earlier, language_of(request), ctx.now)


def _said(request: Request, staff: Staff, case_id: str) -> dict[str, str]:
    """What images that came without an order say of it; nothing where the order is for none."""
    if not case_id:
        return {}
    with going_in(office_of(request), staff, Action.CASE_OPEN, "case", case_id) as ctx:
        entry = opened(ctx, case_id)
        return order_form.of_images(entry, zone_of(ctx.tx, entry), ctx.now)


def _images(request: Request, staff: Staff, case_id: str) -> township_view.Row | None:
    if not case_id:
        return None
    with going_in(office_of(request), staff, Action.CASE_OPEN, "case", case_id) as ctx:
        entry = opened(ctx, case_id)
        return township_view.row(entry, None, zone_of(ctx.tx, entry), language_of(request), ctx.now)


def _clock(tx: Connection, site_code: str) -> ZoneInfo:
    site = organisations.by_code(tx, site_code)
    return ZoneInfo(site.time_zone if site else "UTC")
