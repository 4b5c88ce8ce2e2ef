"""/api/reports and /api/searches: final reports are found, and searches kept with a count of what is new."""

from __future__ import annotations

from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from pydantic import StringConstraints
from starlette.requests import Request

from reading.actions import Action
from reading.register import region_clock
from reading.search import finding, saved
from reading.search.grams import sought_words
from reading.search.saved import SavedSearch
from viewer.api.bodies import Body
from viewer.http.callers import Acting, Looking
from viewer.http.office import office_of
from viewer.http.on_record import acting, going_in, in_snapshot, on_record
from viewer.http.page import language_of
from viewer.http.report_query import Typed, typed_of
from viewer.views import found_reports

router = APIRouter(prefix="/api")

SIZE: Final = 50


class Kept(Body):
    name: Annotated[str, StringConstraints(max_length=200)]
    query: Typed


@router.post("/reports/search")
def find(request: Request, staff: Acting, asked: Typed) -> dict[str, Any]:
    """The final reports that the caller may see and for which every part of the query holds, the newest first.

    Posted, so that what is searched for stands in no address.
    """
    with in_snapshot(office_of(request), staff) as ctx:
        hits = finding.look_up(ctx, asked.query(region_clock.zone(ctx.tx)), limit=SIZE, offset=SIZE * (asked.page - 1))
    with acting(office_of(request), staff) as ctx:
        found = finding.shown(ctx, hits)
        lines = found_reports.lines(ctx, found.versions, sought_words(asked.q), language_of(request))
    items = [{**one, "parts": [{"text": piece, "sought": sought} for piece, sought in one["parts"]]} for one in lines]
    return {"items": items, "page": asked.page, "size": SIZE, "more": found.more}


@router.get("/searches")
def own(request: Request, staff: Looking) -> dict[str, Any]:
    with in_snapshot(office_of(request), staff) as ctx:
        zone = region_clock.zone(ctx.tx)
        return {"items": [_kept(one, zone) for one in saved.own(ctx)]}


@router.post("/searches", status_code=201)
def save(request: Request, staff: Acting, body: Kept) -> dict[str, Any]:
    with acting(office_of(request), staff) as ctx:
        zone = region_clock.zone(ctx.tx)
        return _kept(saved.save(ctx, body.name, body.query.query(zone)), zone)


@router.post("/searches/{search_id}/seen")
def look(request: Request, staff: Acting, search_id: str) -> dict[str, Any]:
    """What the search finds is not new from now on."""
    office = office_of(request)
    with on_record(office, staff, Action.REPORT_SEARCH, "search", search_id):
        with in_snapshot(office, staff) as ctx:
            found, at = saved.look(ctx, search_id), ctx.now
        with acting(office, staff) as ctx:
            saved.seen(ctx, search_id, at)
    return _kept(found, office.zone())


@router.delete("/searches/{search_id}", status_code=204)
def end(request: Request, staff: Acting, search_id: str) -> None:
    with going_in(office_of(request), staff, Action.REPORT_SEARCH, "search", search_id) as ctx:
        saved.end(ctx, search_id)


def _kept(one: SavedSearch, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "query": typed_of(one.query, zone).said(),
        "seen_at": one.seen_at.isoformat(),
        "new": one.new,
    }
