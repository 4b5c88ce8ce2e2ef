"""/learning/agreement: how far second readings agree with the first, for those who manage quality."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from reading.double_reading import figures
from reading.errors import Invalid
from reading.register import region_clock
from reading.review import discrepancies
from reading.review.scores import GIVEN
from viewer.http.callers import Looking
from viewer.http.office import office_of
from viewer.http.on_record import acting, in_snapshot
from viewer.http.page import language_of, staff_page
from viewer.http.typed_times import typed_day
from viewer.views import agreement, learning
from viewer.words.catalogue import text

router = APIRouter(prefix="/learning")

USUAL: Final = timedelta(days=90)
"""The period that is shown first."""


@router.get("/agreement")
def show(request: Request, staff: Looking, since: str = "", until: str = "") -> Response:
    office, language = office_of(request), language_of(request)
    with in_snapshot(office, staff) as ctx:
        zone = region_clock.zone(ctx.tx)
    today = office.clock().astimezone(zone).date()
    found, problem = [], ""
    try:
        last = typed_day("until", until) or today
        first = typed_day("since", since) or last - USUAL
        begins, ends = (datetime.combine(day, time(), zone) for day in (first, last + timedelta(days=1)))
        with in_snapshot(office, staff) as ctx:
            found = agreement.tables(figures.figures(ctx, since=begins, until=ends), language)
    except Invalid:
        first, last, problem = today - USUAL, today, text(language, "agreement.period")
    with acting(office, staff) as ctx:
        raised = [learning.raised(one, zone.key, language) for one in discrepancies.waiting(ctx)]
    return staff_page(
        request,
        staff,
        "agreement.html",
        raised=raised,
        scores=sorted(GIVEN),
        since=first.isoformat(),
        until=last.isoformat(),
        problem=problem,
        tables=found,
        fewest=figures.FEWEST,
    )
