"""/api/emergencies: opened in an emergency by a full number, seen, closed; and judged by the security administrator."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import StringConstraints
from starlette.requests import Request

from reading.actions import Action
from reading.administrators import emergencies
from reading.emergency_access import opening, rules
from reading.emergency_access.emergency_rows import Emergency
from reading.emergency_access.opening import Wanted
from reading.emergency_access.rules import FoundBy, Reason, Verdict
from reading.errors import NotThere
from viewer.api.bodies import Body
from viewer.http.callers import Acting, Looking
from viewer.http.office import office_of
from viewer.http.on_record import ULID, acting, acts_of, going_in
from viewer.http.page import language_of
from viewer.http.plain_fields import Plain
from viewer.views.emergency import judged_line, opened_lines

router = APIRouter(prefix="/api")


class Opening(Body):
    by: FoundBy
    value: Annotated[Annotated[str, StringConstraints(max_length=200)], Plain]
    site: Annotated[str, StringConstraints(max_length=64)] = ""
    """The code of the institution whose accession number it is."""
    reason: Reason
    words: Annotated[str, StringConstraints(max_length=rules.MOST_WORDS)]


class Judgement(Body):
    verdict: Verdict
    comment: Annotated[str, StringConstraints(max_length=rules.COMMENT_MOST)]


@router.get("/emergencies")
def own(request: Request, staff: Looking) -> dict[str, Any]:
    """What the caller opened in an emergency and sees now."""
    with acting(office_of(request), staff) as ctx:
        return {"items": opened_lines(ctx, opening.own(ctx), language_of(request), "UTC")}


@router.post("/emergencies", status_code=201)
def open_it(request: Request, staff: Acting, body: Opening) -> dict[str, Any]:
    """Open a person or an examination; 403 /problems/prove-again until POST /api/session/proof was sent for it."""
    office = office_of(request)
    wanted = Wanted(by=body.by, value=body.value, site_code=body.site, reason=body.reason, words=body.words)
    with acting(office, staff, naming=True) as ctx:
        made = opening.open_in_emergency(ctx, office.keys, wanted, office.emergency_lasts)
    return {"items": [_json(one) for one in made]}


@router.post("/emergencies/{emergency_id}/close", status_code=204)
def close(request: Request, staff: Acting, emergency_id: str) -> None:
    with going_in(office_of(request), staff, Action.EMERGENCY_CLOSE, "emergency", emergency_id) as ctx:
        opening.close(ctx, emergency_id)


@router.get("/security/emergencies")
def listed(request: Request, staff: Looking) -> dict[str, Any]:
    """What was opened in emergencies: by whom, when, why and how much; of whom is not in it."""
    return {"items": [judged_line(one, "UTC") for one in emergencies.listed(acts_of(office_of(request), staff))]}


@router.post("/security/emergencies/{emergency_id}/judge", status_code=204)
def judge(request: Request, staff: Acting, emergency_id: str, body: Judgement) -> None:
    if not ULID.fullmatch(emergency_id):
        raise NotThere
    with acting(office_of(request), staff) as ctx:
        emergencies.judge(ctx, emergency_id, body.verdict, body.comment)


def _json(one: Emergency) -> dict[str, Any]:
    return {"id": one.id, "subject": one.subject[0], "reason": one.reason.value, "until": one.until.isoformat()}
