"""/api/cases/{id}/follow-up: a reader answers images that came after a report was final."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request

from reading.actions import Action
from reading.signing import follow_up_answer
from viewer.api import bodies
from viewer.api.cases import detail, screen
from viewer.http.callers import Acting, Signing
from viewer.http.office import office_of
from viewer.http.on_record import going_in

router = APIRouter(prefix="/api/cases/{case_id}/follow-up")


@router.post("/claim")
def claim(request: Request, staff: Acting, case_id: str) -> dict[str, Any]:
    office = office_of(request)
    with going_in(office, staff, Action.FOLLOW_UP_CLAIM, "case", case_id) as ctx:
        follow_up_answer.claim(ctx, case_id)
    return detail(request, staff, case_id)


@router.post("/put-back")
def put_back(request: Request, staff: Acting, case_id: str, body: bodies.Held) -> dict[str, Any]:
    office = office_of(request)
    with going_in(office, staff, Action.FOLLOW_UP_PUT_BACK, "case", case_id) as ctx:
        follow_up_answer.put_back(ctx, case_id, revision=body.revision)
    return detail(request, staff, case_id)


@router.post("/no-change")
def no_change(request: Request, staff: Signing, case_id: str, body: bodies.NoChange) -> dict[str, Any]:
    office = office_of(request)
    with going_in(office, staff, Action.FOLLOW_UP_NO_CHANGE, "case", case_id) as ctx:
        follow_up_answer.no_change(ctx, case_id, screen=screen(body), comment=body.comment, revision=body.revision)
    return detail(request, staff, case_id)
