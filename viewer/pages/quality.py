"""/quality: conflicts, unreadable bytes, unknown patients and wrong clocks, for those in charge and their sites."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.actions import Action
from reading.kinds import Role
from reading.quality import concerns, decisions
from reading.quality.kinds import SUBJECT_KIND, Aspect, Group
from reading.quality.moves import Move
from viewer.http.callers import Looking, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import going_in, in_snapshot, looks_through
from viewer.http.page import language_of, staff_page
from viewer.views import quality
from viewer.views.quality_concern import concern_detail
from viewer.views.withheld import withheld_lines
from viewer.words import words
from viewer.words.catalogue import text

router = APIRouter(prefix="/quality")

PAGE: Final = 50


@router.get("")
def show(
    request: Request,
    staff: Looking,
    group: Group | None = None,
    decided: bool = False,  # noqa: FBT001, FBT002 -- a query parameter
    offset: Annotated[int, Query(ge=0, le=5000)] = 0,
) -> Response:
    office, language = office_of(request), language_of(request)
    looks_through(office, staff, Action.CONCERN_LIST)
    with in_snapshot(office, staff) as ctx:
        found = quality.concern_list(ctx, group, language, decided=decided, limit=PAGE, offset=offset)
        withheld = [] if decided or offset else withheld_lines(ctx, language)
    return staff_page(
        request,
        staff,
        "quality.html",
        group=group,
        in_charge=staff.holds(Role.QUALITY_MANAGER),
        decided=decided,
        found=found,
        withheld=withheld,
        offset=offset,
        earlier=max(0, offset - PAGE),
        later=offset + PAGE,
    )


@router.get("/{aspect}/{subject_id}")
def show_one(
    request: Request, staff: Looking, aspect: Aspect, subject_id: str, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    office, language = office_of(request), language_of(request)
    with going_in(office, staff, Action.CONCERN_OPEN, SUBJECT_KIND[aspect], subject_id) as ctx:
        concern = concerns.open_concern(ctx, aspect, subject_id, Action.CONCERN_OPEN)
        found = concern_detail(ctx, concern, language)
    zone = quality.FALLBACK_ZONE
    return staff_page(
        request,
        staff,
        "quality_entry.html",
        in_charge=staff.holds(Role.QUALITY_MANAGER),
        found=found,
        compared=None if found.pair is None else office.evidence.compare(*found.pair),
        done=done if done in set(Move) else "",
        history=[
            {
                "at": words.moment(one.at, zone),
                "what": text(language, f"quality.move.{one.move}"),
                "who": one.person_name,
                "why": one.reason,
            }
            for one in found.history
        ],
        attribute=partial(words.coded, language, "attribute"),
    )


@router.post("/{aspect}/{subject_id}/decide")
def decide(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    aspect: Aspect,
    subject_id: str,
    move: Annotated[Move, Form()],
    seen: Annotated[int, Form(ge=0)],
    reason: Annotated[str, Form(max_length=1000)] = "",
    alike: Annotated[str, Form(max_length=3)] = "",
) -> Response:
    office = office_of(request)
    made = decisions.decide(
        lambda action: going_in(office, staff, action, SUBJECT_KIND[aspect], subject_id),
        office.evidence.receive_again,
        aspect,
        subject_id,
        move,
        reason=reason,
        seen=seen,
        all_alike=bool(alike),
    )
    return RedirectResponse(f"/quality/{aspect}/{subject_id}?done={made.move}", status_code=303)
