"""/api/cases: the worklist by tab and filters, or by whom somebody seeks, and what an open one asks by itself."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Response
from pydantic import Field, StringConstraints
from starlette.requests import Request

from reading.actions import Action
from reading.cases.moves import State, Step
from reading.desk import ahead, pulse, tab_counts, worklist
from reading.desk.sorting import Sorting
from reading.desk.tab_counts import MOST, Counted
from reading.desk.worklist import Filters, Tab
from reading.kinds import Tier
from reading.roster import at_work
from reading.roster.groups import GROUPS
from reading.viewers import Staff
from storage.database import snapshot
from viewer.api.bodies import Body
from viewer.http.callers import Polling, Renewing
from viewer.http.known import unless_known
from viewer.http.office import office_of
from viewer.http.on_record import in_snapshot, looks_through
from viewer.http.page import language_of
from viewer.http.plain_fields import Plain
from viewer.views import api_around, api_json

router = APIRouter(prefix="/api/cases")

MINE: Final = "mine"
"""The tab with the cases that somebody holds."""


class Listed(Body):
    """Which cases are listed, and in what order; what this says names nobody."""

    state: State | None = None
    tier: Tier | None = None
    step: Step | None = None
    site: Annotated[str, StringConstraints(max_length=40)] | None = None
    modality: Annotated[str, StringConstraints(max_length=16)] | None = None
    tab: Literal["before_release", "sampled", "escalated", "disputed", "late", "mine"] | None = None
    page: Annotated[int, Field(ge=1, le=10_000)] = 1
    size: Annotated[int, Field(ge=1, le=200)] = 50
    sort: Literal["urgency", "due", "arrival", "patient", "modality", "site", "state"] = "urgency"
    descending: bool = False
    counts: Annotated[list[Counted], Field(max_length=len(Counted), default_factory=list)]


class Sought(Listed):
    q: Annotated[Annotated[str, StringConstraints(max_length=64)], Plain]
    """A name or a number."""


@router.get("")
def list_cases(
    request: Request,
    staff: Polling,  # the worklist asks every few seconds by itself
    asked: Annotated[Listed, Query()],
) -> Response:
    """A page of the worklist; 304 without it where the page has the same already (``If-None-Match``)."""
    return unless_known(request, _page(request, staff, asked, ""))


@router.post("/search")
def search(request: Request, staff: Renewing, body: Sought) -> Response:
    """The same of whom ``q`` seeks; posted, so that it stands in no address."""
    return unless_known(request, _page(request, staff, body, body.q))


@router.get("/pulse")
def pulse_(request: Request, staff: Polling) -> dict[str, str]:
    """Asked every few seconds by an open worklist, which asks for its list when the answer is another one."""
    office = office_of(request)
    with snapshot(office.engine) as tx:
        return {"pulse": pulse.pulse(tx, staff, office.clock())}


@router.get("/next", response_model=None)
def next_(request: Request, staff: Polling, step: Step | None = None) -> dict[str, Any] | Response:
    """The case that a claim would hand to the caller, left where it waits: asked by a desk that fetches ahead."""
    with in_snapshot(office_of(request), staff) as ctx:
        found = ahead.ahead(ctx, step)
        if found is None:
            return Response(status_code=204)
        return {"id": found.case_id, "studies": list(found.study_uids), "earlier": list(found.earlier_study_uids)}


def _page(request: Request, staff: Staff, asked: Listed, text: str) -> dict[str, Any]:
    office, now = office_of(request), office_of(request).clock()
    wanted = Filters(
        states=frozenset() if asked.state is None else frozenset({asked.state}),
        tier=asked.tier,
        step=asked.step,
        site_code=asked.site,
        modality=asked.modality,
        text=text,
        tab=None if asked.tab in {None, MINE} else Tab(asked.tab),
        held_by=staff.person_id if asked.tab == MINE else None,
        sorting=Sorting(asked.sort),
        descending=asked.descending,
    )
    looks_through(office, staff, Action.WORKLIST_OPEN)
    with snapshot(office.engine) as tx:
        offset = (asked.page - 1) * asked.size
        found = worklist.list_cases(tx, staff, wanted, limit=asked.size, offset=offset, now=now, counted=MOST)
        of_tabs = tab_counts.counts(tx, staff, asked.counts, now)
        parked = worklist.parked(tx, staff, now)
        places = {grant.organisation_id for grant in staff.grants if grant.role in GROUPS}
        duty = [api_around.on_duty(one, staff) for one in at_work.on_duty(tx, places, now)] if places else []
    language = language_of(request)
    return {
        "items": [api_json.case(entry, staff, language) for entry in found.entries],
        "total": min(found.total, MOST),
        "more": found.total > MOST,
        "page": asked.page,
        "size": asked.size,
        "parked": [api_json.case(entry, staff, language) for entry in parked],
        "on_duty": duty,
        "counts": {tab: {"n": min(number, MOST), "more": number > MOST} for tab, number in of_tabs.items()},
    }
