"""/t/case/{id}/identity: what images say and what order and register say side by side, and what a person decides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.actions import Action
from reading.cases.identity_moves import DECIDED, Identity, QuestionState
from reading.context import Context
from reading.dicom_dates import parse_date
from reading.errors import Invalid, MoveNotAllowed, NotAllowed, Stale
from reading.intake import identity_decision
from reading.intake.identity_decision import Sides
from reading.intake.identity_evidence import SaidByStudy, contradicting_images
from reading.intake.putting_right import Reason
from reading.patients.names import person_name
from reading.patients.same_person import Fact, Said
from reading.viewers import Staff
from viewer.http.callers import Looking, Submitting
from viewer.http.office import Office, office_of
from viewer.http.on_record import going_in
from viewer.http.page import language_of, staff_page
from viewer.http.problems import problem_of
from viewer.pages.sign_in import words_for
from viewer.pages.township_case import opened, series_of
from viewer.views import orders, retakes, township
from viewer.views.report_sheet import zone_of
from viewer.words import words
from viewer.words.catalogue import Language, text

router = APIRouter(prefix="/t/case")
Deciding = Callable[[Context[Staff], Office], None]
REFUSALS: Final = (Invalid, MoveNotAllowed, NotAllowed, Stale)
"""What the page says itself, with what was typed."""


@router.get("/{case_id}/identity")
def show(request: Request, staff: Looking, case_id: str) -> Response:
    return _page(request, staff, case_id)


@router.post("/{case_id}/identity/confirm")
def confirm(
    request: Request,
    staff: Submitting,
    case_id: str,
    revision: Annotated[int, Form(ge=1)],
    why: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """One person all the same."""
    return _decided(
        request, staff, case_id, why, lambda ctx, _: identity_decision.confirm(ctx, case_id, why=why, seen=revision)
    )


@router.post("/{case_id}/identity/part")
def part(
    request: Request,
    staff: Submitting,
    case_id: str,
    revision: Annotated[int, Form(ge=1)],
    why: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Another person."""
    return _decided(
        request,
        staff,
        case_id,
        why,
        lambda ctx, office: identity_decision.part(ctx, office.keys, case_id, why=why, seen=revision),
    )


@router.post("/{case_id}/identity/undo")
def undo(
    request: Request,
    staff: Submitting,
    case_id: str,
    revision: Annotated[int, Form(ge=1)],
    why: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """The last decision is taken back."""
    return _decided(
        request, staff, case_id, why, lambda ctx, _: identity_decision.undo(ctx, case_id, why=why, seen=revision)
    )


def _decided(request: Request, staff: Staff, case_id: str, why: str, decide: Deciding) -> Response:
    office = office_of(request)
    try:
        with going_in(office, staff, Action.IDENTITY_OPEN, "case", case_id) as ctx:
            decide(ctx, office)
    except REFUSALS as wrong:
        return _page(request, staff, case_id, why=why, wrong=wrong)
    return RedirectResponse(f"/t/case/{case_id}/identity", status_code=303)


def _page(
    request: Request,
    staff: Staff,
    case_id: str,
    *,
    why: str = "",
    wrong: Exception | None = None,
) -> Response:
    office, now, language = office_of(request), office_of(request).clock(), language_of(request)
    with going_in(office, staff, Action.IDENTITY_OPEN, "case", case_id) as ctx:
        entry = opened(ctx, case_id)
        zone = zone_of(ctx.tx, entry)
        sides = identity_decision.open_sides(ctx, case_id)
        values: dict[str, Any] = {
            "row": township.row(entry, None, zone, language, now),
            "registered": _registered(sides, zone, language),
            "studies": [_study(ctx, one, language) for one in sides.studies],
            "history": [
                {
                    "what": text(language, f"identity.move-{one.move}"),
                    "who": one.person_name or text(language, "identity.system"),
                    "at": words.moment(one.at, zone),
                    "why": _reason(one.reason, language),
                }
                for one in sides.history
            ],
            "verdict": text(language, f"identity.{sides.case.identity}"),
            "differs": sides.case.identity is Identity.DIFFERS,
            "numbers": bool(sides.question and sides.question.number_differs),
            "may_confirm": sides.decides and _may_confirm(sides),
            "may_part": sides.decides and _is_open(sides),
            "may_undo": sides.decides and _is_decided(sides) and not _is_signed_for(sides),
            "withhold_first": sides.decides and _is_decided(sides) and _is_signed_for(sides),
            "revision": sides.case.revision,
            "retakes": retakes.proposed(ctx, sides.case, zone, language) if sides.decides else [],
        }
    status = 200 if wrong is None else problem_of(wrong).status
    problem = words_for(request, wrong) if wrong else ""
    return staff_page(request, staff, "identity.html", status=status, why=why, problem=problem, **values)


def _is_open(sides: Sides) -> bool:
    return sides.question is not None and sides.question.state is QuestionState.OPEN


def _is_decided(sides: Sides) -> bool:
    return sides.question is not None and sides.question.state in DECIDED


def _is_signed_for(sides: Sides) -> bool:
    """A report stands for the person of a confirmation, which cannot be taken back under it."""
    return sides.report_stands and sides.case.patient_id is not None


def _may_confirm(sides: Sides) -> bool:
    return _is_open(sides) or (sides.case.identity is Identity.SILENT and sides.case.patient_id is not None)


def _registered(sides: Sides, zone: str, language: Language) -> dict[str, str] | None:
    patient, order = sides.patient, sides.order
    if patient is None:
        return None
    return {
        "name": patient.name,
        "sex": words.coded(language, "sex", patient.sex) if patient.sex else "",
        "birth_date": patient.birth_date.isoformat() if patient.birth_date else "",
        "number": patient.number,
        "order": f"{orders.examination(order, order.procedures, language)} · {order.accession_number}" if order else "",
        "at": words.moment(order.scheduled_at, zone) if order else "",
    }


def _study(ctx: Context[Staff], one: SaidByStudy, language: Language) -> dict[str, Any]:
    odd = contradicting_images(ctx.tx, one)
    return {
        "said": [_said(said, language) for said in (one.shown, *one.others)],
        "differing": [text(language, f"match.{fact}") for fact in Fact if fact in one.differing],
        "facts": [
            {"key": str(fact), "label": text(language, f"match.{fact}"), "differs": fact in one.differing}
            for fact in Fact
        ],
        "series": series_of(ctx, one.study_uid, language, always=odd),
        "odd": {uid: _said(said, language) for uid, said in odd.items()},
    }


def _said(said: Said, language: Language) -> dict[str, str]:
    born = parse_date(said.birth_date)
    return {
        "name": person_name(said.name) or text(language, "patient-unknown"),
        "sex": words.coded(language, "sex", said.sex) if said.sex else "",
        "birth_date": born.isoformat() if born else said.birth_date,
    }


def _reason(reason: str, language: Language) -> str:
    return text(language, f"reason.{reason}") if reason in set(Reason) else reason
