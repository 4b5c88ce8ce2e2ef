"""/api/patients and /api/merges: the register of patients for programs, by the same acts as its pages."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request

from reading.actions import Action
from reading.patients.merge_moves import Move
from reading.patients.patient_identifiers import Identifier
from reading.registration import cards, corrections, merging, records
from reading.registration.corrections import Facts
from reading.registration.records import Search
from viewer.api import bodies
from viewer.api.orders import holder_of
from viewer.http.callers import Acting, Looking
from viewer.http.office import office_of
from viewer.http.on_record import acting, going_in
from viewer.views import register as view

router = APIRouter(prefix="/api")


@router.post("/patients", status_code=201)
def register(request: Request, staff: Acting, body: bodies.Registered) -> dict[str, Any]:
    """Find or register somebody."""
    office = office_of(request)
    with acting(office, staff, naming=True) as ctx:
        made = records.register(ctx, office.keys, holder_of(body), body.site)
        return {**view.line_json(made), "revision": made.revision}


@router.post("/patients/search")
def search(request: Request, staff: Acting, body: bodies.PatientSearch) -> dict[str, Any]:
    """People of their sites; posted, so that what is searched for stands in no address."""
    office = office_of(request)
    asked = Search(kind=body.card_type, card=body.card, number=body.number, name=body.name, birth_date=body.birth_date)
    with acting(office, staff) as ctx:
        return {"patients": [view.line_json(one) for one in records.search(ctx, office.keys, asked)]}


@router.get("/patients/{patient_id}")
def show(request: Request, staff: Looking, patient_id: str) -> dict[str, Any]:
    office = office_of(request)
    with going_in(office, staff, Action.PATIENT_OPEN, "patient", patient_id) as ctx:
        return view.as_json(records.open_record(ctx, office.keys, patient_id))


@router.patch("/patients/{patient_id}")
def correct(request: Request, staff: Acting, patient_id: str, body: bodies.PatientCorrection) -> dict[str, Any]:
    office = office_of(request)
    with going_in(office, staff, Action.PATIENT_CORRECT, "patient", patient_id) as ctx:
        opened = records.open_patient(ctx, patient_id, Action.PATIENT_OPEN)
        facts = Facts(
            name=opened.name if body.name is None else body.name,
            sex=opened.sex if body.sex is None else body.sex,
            birth_date=body.birth_date if "birth_date" in body.model_fields_set else opened.birth_date,
            telephone=opened.telephone if body.telephone is None else body.telephone,
        )
        corrections.correct(ctx, office.keys, patient_id, facts, revision=body.revision, reason=body.reason)
        return view.as_json(records.open_record(ctx, office.keys, patient_id))


@router.post("/patients/{patient_id}/cards", status_code=201)
def add_card(request: Request, staff: Acting, patient_id: str, body: bodies.PatientCard) -> dict[str, Any]:
    office = office_of(request)
    card = Identifier(
        kind=body.card_type, value=body.card, held_as=body.card_of, holder_name=body.guardian, until=body.until
    )
    with going_in(office, staff, Action.PATIENT_CARD_ADD, "patient", patient_id) as ctx:
        cards.add(ctx, office.keys, patient_id, card, revision=body.revision, reason=body.reason)
        return view.as_json(records.open_record(ctx, office.keys, patient_id))


@router.post("/patients/{patient_id}/cards/{card_id}/end")
def end_card(request: Request, staff: Acting, patient_id: str, card_id: str, body: bodies.Because) -> dict[str, Any]:
    office = office_of(request)
    with going_in(office, staff, Action.PATIENT_CARD_END, "patient", patient_id) as ctx:
        cards.end(ctx, office.keys, patient_id, card_id, revision=body.revision, reason=body.reason)
        return view.as_json(records.open_record(ctx, office.keys, patient_id))


@router.post("/patients/{patient_id}/merges", status_code=201)
def propose(request: Request, staff: Acting, patient_id: str, body: bodies.ProposedMerge) -> dict[str, Any]:
    """Propose that another record is one of this person."""
    office = office_of(request)
    with going_in(office, staff, Action.PATIENT_MERGE_PROPOSE, "patient", patient_id) as ctx:
        return view.merge_json(merging.propose(ctx, office.keys, body.other, patient_id, reason=body.reason))


@router.post("/merges/{merge_id}")
def decide(request: Request, staff: Acting, merge_id: str, body: bodies.MergeDecision) -> dict[str, Any]:
    """Merge, decline, or part again."""
    office = office_of(request)
    with going_in(office, staff, Action.PATIENT_MERGE, "merge", merge_id) as ctx:
        move = Move(body.move)
        made = merging.decide(ctx, office.keys, merge_id, move, revision=body.revision, reason=body.reason)
        return view.merge_json(made)
