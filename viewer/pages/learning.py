"""/learning: what reviews said of one's own reports, and scores that wait for a third person."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.errors import Invalid
from reading.register import region_clock
from reading.review import arbitration, discrepancies, feedback
from reading.review.scores import GIVEN, Score
from reading.teaching import collections
from viewer.http.callers import Looking, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import acting
from viewer.http.page import language_of, staff_page
from viewer.views import learning

router = APIRouter(prefix="/learning")

Ulid = Annotated[str, Form(pattern="^[0-9A-Z]{26}$")]


@router.get("")
def show(request: Request, staff: Looking, done: str = "", missing: str = "") -> Response:
    office, language = office_of(request), language_of(request)
    with acting(office, staff) as ctx:
        zone = region_clock.zone(ctx.tx).key
        said = [learning.said(one, zone, language) for one in feedback.to_author(ctx)]
        waiting = [learning.waiting(one, zone, language) for one in arbitration.waiting(ctx)]
        raised = [learning.raised(one, zone, language) for one in discrepancies.waiting(ctx)]
        judged = [learning.raised(one, zone, language) for one in discrepancies.to_author(ctx)]
    return staff_page(
        request,
        staff,
        "learning.html",
        said=said,
        unread=sum(not one["read"] for one in said),
        waiting=waiting,
        raised=raised,
        judged=judged,
        scores=sorted(GIVEN),
        teaches=any(staff.holds(role) for role in collections.KEEP),
        done=done if done in {"read", "arbitrated", "judged"} else "",
        missing=missing if missing in {"score", "comment", "judgement"} else "",
    )


@router.post("/read")
def mark_read(request: Request, staff: Submitting, review_id: Ulid) -> Response:
    with acting(office_of(request), staff) as ctx:
        feedback.mark_read(ctx, review_id)
    return _back(done="read")


@router.post("/arbitrate")
def arbitrate(
    request: Request,
    staff: Submitting,
    review_id: Ulid,
    score: Annotated[str, Form(max_length=4)] = "",
    comment: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    if score not in set(Score):
        return _back(missing="score")
    try:
        with acting(office_of(request), staff) as ctx:
            arbitration.arbitrate(ctx, review_id, score=Score(score), comment=comment)
    except Invalid as wrong:
        if wrong.field != "comment" or wrong.problem != "required":
            raise
        return _back(missing="comment")
    return _back(done="arbitrated")


@router.post("/discrepancies/read")
def mark_judged_read(request: Request, staff: Submitting, discrepancy_id: Ulid) -> Response:
    with acting(office_of(request), staff) as ctx:
        discrepancies.mark_read(ctx, discrepancy_id)
    return _back(done="read")


@router.post("/discrepancies/judge")
def judge(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    discrepancy_id: Ulid,
    revision: Annotated[int, Form()],
    score: Annotated[str, Form(max_length=4)] = "",
    comment: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    if score not in set(Score):
        return _back(missing="score")
    try:
        with acting(office_of(request), staff) as ctx:
            discrepancies.judge(ctx, discrepancy_id, score=Score(score), comment=comment, seen=revision)
    except Invalid as wrong:
        if wrong.field != "comment" or wrong.problem != "required":
            raise
        return _back(missing="judgement")
    return _back(done="judged")


def _back(**said: Any) -> RedirectResponse:
    query = "&".join(f"{name}={word}" for name, word in said.items())
    return RedirectResponse(f"/learning?{query}", status_code=303)
