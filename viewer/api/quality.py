"""/api/quality: what a person in charge has to look at, and what they decide about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from reading.access import door
from reading.actions import Action
from reading.quality import concerns, decisions
from reading.quality.concerns import Concern
from reading.quality.kinds import GROUP_OF, SUBJECT_KIND, Aspect, Group
from storage.database import snapshot
from storage.records import Held
from viewer.api import bodies
from viewer.http.callers import Acting, Looking
from viewer.http.office import office_of
from viewer.http.on_record import going_in, looks_through
from viewer.http.page import language_of
from viewer.views.quality_concern import concern_detail

router = APIRouter(prefix="/api/quality")

ATTACHMENT: Mapping[str, str] = {
    "Content-Disposition": 'attachment; filename="quarantine.bin"',
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


@router.get("")
def listed(  # noqa: PLR0917
    request: Request,
    staff: Looking,
    group: Group | None = None,
    decided: bool = False,  # noqa: FBT001, FBT002 -- a query parameter
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0, le=5000)] = 0,
) -> dict[str, Any]:
    office = office_of(request)
    looks_through(office, staff, Action.CONCERN_LIST)
    with snapshot(office.engine) as tx:
        found = concerns.list_concerns(tx, staff, group, office.clock(), decided=decided, limit=limit, offset=offset)
    return {
        "total": found.total,
        "counts": {str(kind): number for kind, number in found.counts.items()},
        "concerns": [_line(one) for one in found.concerns],
        "classes_refused": [
            {"device": one.ae_title, "site_id": one.site_id, "classes": one.classes, "at": one.at.isoformat()}
            for one in found.refused_classes
        ],
    }


@router.get("/{aspect}/{subject_id}")
def one(request: Request, staff: Looking, aspect: Aspect, subject_id: str) -> dict[str, Any]:
    office = office_of(request)
    with going_in(office, staff, Action.CONCERN_OPEN, SUBJECT_KIND[aspect], subject_id) as ctx:
        concern = concerns.open_concern(ctx, aspect, subject_id, Action.CONCERN_OPEN)
        found = concern_detail(ctx, concern, language_of(request))
    compared = None if found.pair is None else office.evidence.compare(*found.pair)
    return {
        **_line(concern),
        "facts": [{"label": each.label, "arrived": each.arrived, "beside": each.beside} for each in found.facts],
        "pixels": None if compared is None else compared.pixels,
        "differences": None
        if compared is None
        else [
            {"keyword": each.keyword, "stored": each.stored, "newcomer": each.newcomer} for each in compared.attributes
        ],
        "moves": [str(move) for move in found.moves],
        "seen": len(found.history),
        "others": list(found.others),
        "history": [_decision(each) for each in found.history],
    }


@router.post("/{aspect}/{subject_id}/decide")
def decide(request: Request, staff: Acting, aspect: Aspect, subject_id: str, body: bodies.Decide) -> dict[str, Any]:
    office = office_of(request)
    made = decisions.decide(
        lambda action: going_in(office, staff, action, SUBJECT_KIND[aspect], subject_id),
        office.evidence.receive_again,
        aspect,
        subject_id,
        body.move,
        reason=body.reason,
        seen=body.seen,
        all_alike=body.alike,
    )
    return _decision(made)


@router.get("/bytes/{subject_id}/picture")
def picture(request: Request, staff: Looking, subject_id: str) -> Response:
    office = office_of(request)
    body, media_type = office.evidence.picture(_held(request, staff, subject_id, Action.CONCERN_PICTURE))
    return Response(body, media_type=media_type, headers={"Cache-Control": "private, no-cache"})


@router.get("/bytes/{subject_id}/content")
def content(request: Request, staff: Looking, subject_id: str) -> Response:
    """The bytes for the vendor's engineer, as an attachment, so that no browser opens them."""
    office = office_of(request)
    chunks = office.evidence.content(_held(request, staff, subject_id, Action.CONCERN_DOWNLOAD))
    return StreamingResponse(chunks, media_type="application/octet-stream", headers=ATTACHMENT)


def _held(request: Request, staff: Looking, subject_id: str, action: Action) -> Held:
    office = office_of(request)
    with going_in(office, staff, action, "quarantine", subject_id) as ctx:
        return door.open_quarantined(ctx, subject_id, action)


def _line(one: Concern) -> dict[str, Any]:
    held = one.held
    return {
        "aspect": one.aspect,
        "id": one.subject_id,
        "kind": one.kind,
        "group": GROUP_OF[one.kind],
        "site_id": one.site_id,
        "device_id": None if held is None else held.device_id,
        "size": None if held is None else held.size,
        "received_at": one.at.isoformat(),
        "decided": one.decided,
        "alike": one.alike,
    }


def _decision(made: decisions.Decision) -> dict[str, Any]:
    return {
        "number": made.number,
        "move": made.move,
        "reason": made.reason,
        "by": made.person_name,
        "at": made.at.isoformat(),
    }
