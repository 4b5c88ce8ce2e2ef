"""/t/patients: the register of patients: searched, registered without an order, corrected, cards, merges."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.actions import Action
from reading.context import Context
from reading.errors import Invalid, MoveNotAllowed, NotAllowed, NotThere, Stale
from reading.kinds import HeldAs, IdentifierKind, Role, Sex
from reading.messages.routes import Audience
from reading.patients.majority import ZONE
from reading.patients.merge_moves import Move
from reading.patients.patient_identifiers import Identifier
from reading.register.grants import AT_THEIR_SITE
from reading.register.organisations import Organisation
from reading.register.sites import registering_sites
from reading.registration import cards, corrections, merging, records
from reading.registration.corrections import Facts
from reading.registration.records import Search
from reading.viewers import Staff
from storage.database import snapshot
from viewer.http.callers import Looking, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import acting, going_in
from viewer.http.page import language_of, staff_page
from viewer.http.plain_fields import Plain
from viewer.http.problems import problem_of
from viewer.http.sought import Sought, opened
from viewer.pages.patient import CARD_TYPES
from viewer.pages.person_form import BLANK, TypedPerson, holder_of, one_of, typed_date
from viewer.pages.sign_in import words_for
from viewer.views import register as view

router = APIRouter(prefix="/t/patients")

Field = Annotated[str, Form(max_length=200)]
Why = Annotated[str, Form(max_length=1000)]
Revision = Annotated[int, Form(ge=0)]
DONE: Final = (
    *("registered", "corrected", "card_added", "card_ended", "proposed", "merge", "decline", "undo"),
    *("code-sent", "verified"),
)
Done = Annotated[str, Query(pattern=f"^(|{'|'.join(DONE)})$")]

PAGE: Final = "/t/patients"
SEARCH: Final = ("card_type", "card", "number", "name", "birth_date")
Refused = Invalid | Stale | NotAllowed | MoveNotAllowed


@router.get("")
def show(request: Request, staff: Looking, sought: Sought = "") -> Response:
    office = office_of(request)
    typed: dict[str, str] = dict.fromkeys(SEARCH, "")
    try:
        said = opened(request, staff, PAGE, sought)
        if not said:
            return _search_page(request, staff, typed)
        typed |= said
        asked = Search(
            kind=one_of(IdentifierKind, "card_type", typed["card_type"]),
            card=typed["card"],
            number=typed["number"],
            name=typed["name"],
            birth_date=typed_date(typed["birth_date"]),
        )
        with acting(office, staff) as ctx:
            found = records.search(ctx, office.keys, asked)
            lines = view.lines(found, language_of(request), ctx.now.astimezone(ZONE).date())
    except Invalid as wrong:
        return _search_page(request, staff, typed, wrong=wrong)
    return _search_page(request, staff, typed, found=lines)


@router.get("/new")
def show_new(request: Request, staff: Looking) -> Response:
    return _new_page(request, staff, BLANK)


@router.post("/new")
def register(request: Request, staff: Submitting, site: Field, person: TypedPerson) -> Response:
    typed = {**asdict(person), "site": site}
    office = office_of(request)
    try:
        with acting(office, staff, naming=True) as ctx:
            made = records.register(ctx, office.keys, holder_of(typed), site)
    except Invalid as wrong:
        return _new_page(request, staff, typed, wrong=wrong)
    return RedirectResponse(f"/t/patients/{made.id}?done=registered", status_code=303)


@router.get("/{patient_id}")
def show_record(request: Request, staff: Looking, patient_id: str, done: Done = "") -> Response:
    return record_page(request, staff, patient_id, done=done)


@router.post("/{patient_id}/correct")
def correct(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    patient_id: str,
    revision: Revision,
    name: Field = "",
    sex: Field = "",
    birth_date: Annotated[Field, Plain] = "",
    telephone: Annotated[Field, Plain] = "",
    why: Why = "",
) -> Response:
    typed = {"name": name, "sex": sex, "birth_date": birth_date, "telephone": telephone, "why": why}

    def act(ctx: Context[Staff]) -> None:
        facts = Facts(name=name, sex=one_of(Sex, "sex", sex), birth_date=typed_date(birth_date), telephone=telephone)
        corrections.correct(ctx, office_of(request).keys, patient_id, facts, revision=revision, reason=why)

    return _act(request, staff, patient_id, Action.PATIENT_CORRECT, act, done="corrected", typed=typed)


@router.post("/{patient_id}/cards")
def add_card(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    patient_id: str,
    revision: Revision,
    card_type: Field,
    card: Annotated[Field, Plain] = "",
    card_of: Field = HeldAs.OWN,
    guardian: Field = "",
    why: Why = "",
) -> Response:
    def act(ctx: Context[Staff]) -> None:
        held_as = one_of(HeldAs, "card_of", card_of)
        held = Identifier(
            kind=one_of(IdentifierKind, "card_type", card_type),
            value=card,
            held_as=held_as,
            holder_name=guardian if held_as is HeldAs.GUARDIAN else "",
        )
        cards.add(ctx, office_of(request).keys, patient_id, held, revision=revision, reason=why)

    return _act(request, staff, patient_id, Action.PATIENT_CARD_ADD, act, done="card_added")


@router.post("/{patient_id}/cards/{card_id}/end")
def end_card(  # noqa: PLR0917 -- the fields of the form
    request: Request, staff: Submitting, patient_id: str, card_id: str, revision: Revision, why: Why = ""
) -> Response:
    def act(ctx: Context[Staff]) -> None:
        cards.end(ctx, office_of(request).keys, patient_id, card_id, revision=revision, reason=why)

    return _act(request, staff, patient_id, Action.PATIENT_CARD_END, act, done="card_ended")


@router.post("/{patient_id}/merges")
def propose(
    request: Request, staff: Submitting, patient_id: str, other: Annotated[str, Form(max_length=26)], why: Why = ""
) -> Response:
    """``other``: the number or the id of the record that becomes one of this person."""

    def act(ctx: Context[Staff]) -> None:
        named = records.search(ctx, office_of(request).keys, Search(number=other))
        if not named:
            raise Invalid("other", "unknown")
        merging.propose(ctx, office_of(request).keys, named[0].id, patient_id, reason=why)

    return _act(request, staff, patient_id, Action.PATIENT_MERGE_PROPOSE, act, done="proposed")


@router.post("/{patient_id}/merges/{merge_id}")
def decide(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    patient_id: str,
    merge_id: str,
    revision: Revision,
    move: Field,
    why: Why = "",
) -> Response:
    def act(ctx: Context[Staff]) -> None:
        meant = one_of(Move, "move", move)
        if meant not in merging.ACTIONS:
            raise Invalid("move", "unknown")
        merging.decide(ctx, office_of(request).keys, merge_id, meant, revision=revision, reason=why)

    return _act(request, staff, patient_id, Action.PATIENT_MERGE, act, done=move)


def _act(
    request: Request,
    staff: Staff,
    patient_id: str,
    action: Action,
    act: Callable[[Context[Staff]], None],
    *,
    done: str,
    typed: Mapping[str, str] | None = None,
) -> Response:
    try:
        with going_in(office_of(request), staff, action, "patient", patient_id) as ctx:
            act(ctx)
    except (Invalid, Stale, NotAllowed, MoveNotAllowed) as refused:
        return record_page(request, staff, patient_id, refused=refused, typed=typed)
    return RedirectResponse(f"/t/patients/{patient_id}?done={done}", status_code=303)


def _search_page(
    request: Request,
    staff: Staff,
    form: Mapping[str, str],
    *,
    found: list[view.PatientLine] | None = None,
    wrong: Invalid | None = None,
) -> Response:
    sites = _sites(request, staff)
    office, language = office_of(request), language_of(request)
    with acting(office, staff) as ctx:
        today = ctx.now.astimezone(ZONE).date()
        waiting = [view.merge(ctx.tx, one, language, sites[0].time_zone, today) for one in merging.proposals(ctx)]
    return staff_page(
        request,
        staff,
        "register.html",
        status=422 if wrong else 200,
        card_types=CARD_TYPES,
        form=form,
        found=found,
        waiting=waiting,
        wrong=wrong.field if wrong else "",
        problem=words_for(request, wrong) if wrong else "",
    )


def _new_page(request: Request, staff: Staff, form: Mapping[str, str], *, wrong: Invalid | None = None) -> Response:
    return staff_page(
        request,
        staff,
        "register_new.html",
        status=422 if wrong else 200,
        sites=_sites(request, staff),
        card_types=CARD_TYPES,
        form=form,
        wrong=wrong.field if wrong else "",
        problem=words_for(request, wrong) if wrong else "",
    )


def record_page(
    request: Request,
    staff: Staff,
    patient_id: str,
    *,
    done: str = "",
    refused: Refused | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response:
    office, language = office_of(request), language_of(request)
    with going_in(office, staff, Action.PATIENT_OPEN, "patient", patient_id) as ctx:
        record = records.open_record(ctx, office.keys, patient_id)
        patient, today, zone = record.patient, ctx.now.astimezone(ZONE).date(), view.zone_of(ctx.tx, record.patient)
        shown: dict[str, Any] = {
            "patient": view.line(patient, language, today),
            "telephone": patient.telephone,
            "verified": view.telephone(record.telephone, zone),
            "can_verify": office.reaches(Audience.PATIENT),
            "revision": patient.revision,
            "others": view.lines(record.others, language, today),
            "locked": view.locked(record),
            "cards": [view.card(one, language, zone) for one in record.identifiers],
            "history": [view.change(ctx.tx, one, language, zone) for one in record.history],
            "merges": [view.merge(ctx.tx, one, language, zone, today) for one in record.merges],
            "likely": view.lines(record.likely, language, today),
        }
    before = {
        "name": patient.name,
        "sex": str(patient.sex),
        "birth_date": patient.birth_date.isoformat() if patient.birth_date else "",
        "telephone": patient.telephone,
        "why": "",
    }
    return staff_page(
        request,
        staff,
        "register_record.html",
        status=problem_of(refused).status if refused else 200,
        **shown,
        form={**BLANK, **before, **(typed or {})},
        card_types=CARD_TYPES,
        decides=staff.holds(Role.QUALITY_MANAGER),
        orders_here=any(staff.holds(role) for role in AT_THEIR_SITE),
        done=done,
        wrong=refused.field if isinstance(refused, Invalid) else "",
        problem=words_for(request, refused) if refused else "",
    )


def _sites(request: Request, staff: Staff) -> list[Organisation]:
    with snapshot(office_of(request).engine) as tx:
        sites = registering_sites(tx, staff, office_of(request).clock())
    if not sites:
        raise NotThere  # whoever neither works at a site nor manages one registers nobody
    return sites
