"""/t/case/{id}/discrepancy: a clinician says that the final report does not fit, and sees what was said of it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.actions import Action
from reading.cases import cases
from reading.errors import Invalid, MoveNotAllowed, NotAllowed, Stale
from reading.reports import versions
from reading.review import discrepancies
from reading.review.discrepancy_moves import Reason, State
from reading.viewers import Staff
from viewer.http.callers import Looking, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import going_in
from viewer.http.page import language_of, staff_page
from viewer.http.problems import problem_of
from viewer.pages.sign_in import words_for
from viewer.pages.township_case import opened
from viewer.views import township
from viewer.views.report_sheet import zone_of
from viewer.words import words as wording
from viewer.words.catalogue import text

router = APIRouter(prefix="/t/case")

Ulid = Annotated[str, Form(pattern="^[0-9A-Z]{26}$")]


@router.get("/{case_id}/discrepancy")
def show(request: Request, staff: Looking, case_id: str) -> Response:
    return _page(request, staff, case_id)


@router.post("/{case_id}/discrepancy")
def submit(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    case_id: str,
    version: Annotated[str, Form(max_length=26)] = "",
    reason: Annotated[str, Form(max_length=20)] = "",
    words: Annotated[str, Form(max_length=4000)] = "",
    evidence: Annotated[str, Form(max_length=8000)] = "",
) -> Response:
    try:
        with going_in(office_of(request), staff, Action.DISCREPANCY_RAISE, "case", case_id) as ctx:
            discrepancies.raise_discrepancy(
                ctx, case_id, reason=_reason(reason), words=words, evidence=evidence, seen=version
            )
    except (Invalid, MoveNotAllowed, Stale) as refused:
        typed = {"reason": reason, "words": words, "evidence": evidence}
        return _page(request, staff, case_id, typed=typed, refused=refused)
    return RedirectResponse(f"/t/case/{case_id}/discrepancy", status_code=303)


@router.post("/{case_id}/discrepancy/withdraw")
def withdraw(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    case_id: str,
    discrepancy_id: Ulid,
    revision: Annotated[int, Form()],
    why: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    try:
        with going_in(office_of(request), staff, Action.DISCREPANCY_WITHDRAW, "case", case_id) as ctx:
            discrepancies.withdraw(ctx, discrepancy_id, why=why, seen=revision)
    except (Invalid, MoveNotAllowed, Stale) as refused:
        return _page(request, staff, case_id, refused=refused)
    return RedirectResponse(f"/t/case/{case_id}/discrepancy", status_code=303)


def _reason(word: str) -> Reason:
    if word not in set(Reason):
        raise Invalid("reason", "required")
    return Reason(word)


def _page(
    request: Request,
    staff: Staff,
    case_id: str,
    *,
    typed: dict[str, str] | None = None,
    refused: Exception | None = None,
) -> Response:
    office, language = office_of(request), language_of(request)
    with going_in(office, staff, Action.CASE_OPEN, "case", case_id) as ctx:
        entry = opened(ctx, case_id)
        if not discrepancies.may_raise(ctx.tx, staff, cases.by_id(ctx.tx, case_id), ctx.now):
            raise NotAllowed("no_role_for_this_step")
        zone, final = zone_of(ctx.tx, entry), versions.final(ctx.tx, case_id)
        row = township.row(entry, None, zone, language, ctx.now)
        before: list[dict[str, Any]] = [
            {
                "id": one.id,
                "revision": one.revision,
                "open": one.state is State.OPEN,
                "state": text(language, f"discrepancy.state.{one.state}"),
                "reason": text(language, f"discrepancy.reason.{one.reason}"),
                "words": one.words,
                "evidence": one.evidence,
                "comment": one.comment,
                "at": wording.moment(one.raised_at, zone),
                "ended": wording.moment(one.ended_at, zone) if one.ended_at else "",
            }
            for one in discrepancies.of_case(ctx.tx, case_id)
        ]
    return staff_page(
        request,
        staff,
        "discrepancy.html",
        status=200 if refused is None else problem_of(refused).status,
        row=row,
        version="" if final is None else final.id,
        waits=any(one["open"] for one in before),
        before=before,
        reasons=list(Reason),
        typed={"reason": "", "words": "", "evidence": ""} | (typed or {}),
        problem="" if refused is None else words_for(request, refused),
    )
