"""/t/case/{id}/share and /t/shared: images that another site may see for a while, and those that others let us see."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.actions import Action
from reading.cases import cases
from reading.errors import Invalid, NotAllowed, NotDone, NotThere, Stale
from reading.register import organisations
from reading.sharing import shares
from reading.sharing.shares import LONGEST
from reading.viewers import Staff
from viewer.http.callers import Looking, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import acting, going_in
from viewer.http.page import language_of, staff_page
from viewer.http.plain_fields import Plain
from viewer.http.problems import explained, problem_of
from viewer.pages.township_case import opened, series_of
from viewer.views import sharing, township
from viewer.views.report_sheet import zone_of
from viewer.words.catalogue import text

router = APIRouter(prefix="/t")

USUAL: Final = dt.timedelta(days=30)
"""How long a share lasts if nobody says otherwise."""
MOST: Final = 1000
"""Pictures of a series on the page of a shared study."""
Why = Annotated[str, Form(max_length=1000)]
Done = Literal["shared", "ended", ""]


@router.get("/shared")
def show_shared(request: Request, staff: Looking) -> Response:
    """The studies that other sites let ours see."""
    with acting(office_of(request), staff) as ctx:
        found = shares.shared_here(ctx)
    return staff_page(request, staff, "shared.html", studies=[sharing.line(one, language_of(request)) for one in found])


@router.get("/shared/{share_id}")
def show_shared_study(request: Request, staff: Looking, share_id: str) -> Response:
    language = language_of(request)
    with going_in(office_of(request), staff, Action.STUDY_SHARED, "share", share_id) as ctx:
        found = shares.open_shared(ctx, share_id)
        series = series_of(ctx, found.share.study_uid, language, most=MOST)
    return staff_page(request, staff, "shared_study.html", line=sharing.line(found, language), series=series)


@router.get("/case/{case_id}/share")
def show_share(request: Request, staff: Looking, case_id: str, done: Annotated[Done, Query()] = "") -> Response:
    return _page(request, staff, case_id, done=done)


@router.post("/case/{case_id}/share")
def share(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    case_id: str,
    site: Annotated[str, Form(max_length=40)] = "",
    until: Annotated[Annotated[str, Form(max_length=10)], Plain] = "",
    why: Why = "",
) -> Response:
    """Share the studies of a case until the end of a day, as the clock of its site counts days."""
    try:
        with going_in(office_of(request), staff, Action.STUDY_SHARE, "case", case_id) as ctx:
            zone = ZoneInfo(zone_of(ctx.tx, opened(ctx, case_id)))
            shares.share_case(ctx, case_id, site_code=_chosen(site), until=_end_of(until, zone), reason=why)
    except (Invalid, NotAllowed) as refused:
        return _page(request, staff, case_id, typed={"site": site, "until": until, "why": why}, refused=refused)
    return RedirectResponse(f"/t/case/{case_id}/share?done=shared", status_code=303)


@router.post("/case/{case_id}/share/end")
def end(
    request: Request,
    staff: Submitting,
    case_id: str,
    share_id: Annotated[str, Form(alias="share", max_length=26)],
    why: Why = "",
) -> Response:
    try:
        with going_in(office_of(request), staff, Action.STUDY_SHARE_END, "case", case_id) as ctx:
            opened(ctx, case_id)
            theirs = shares.of_studies(ctx.tx, cases.study_uids(ctx.tx, case_id))
            if share_id not in {one.id for one in theirs}:
                raise NotThere
            shares.end(ctx, share_id, reason=why)
    except (Invalid, NotAllowed, Stale) as refused:
        return _page(request, staff, case_id, refused=refused)
    return RedirectResponse(f"/t/case/{case_id}/share?done=ended", status_code=303)


def _page(
    request: Request,
    staff: Staff,
    case_id: str,
    *,
    typed: dict[str, str] | None = None,
    refused: NotDone | None = None,
    done: str = "",
) -> Response:
    office, now, language = office_of(request), office_of(request).clock(), language_of(request)
    with going_in(office, staff, Action.CASE_OPEN, "case", case_id) as ctx:
        entry = opened(ctx, case_id)
        zone = zone_of(ctx.tx, entry)
        given = shares.of_studies(ctx.tx, cases.study_uids(ctx.tx, case_id))
        may = shares.may_share(ctx.tx, staff, entry.case.site_id, now) is not None
        others = [
            (one.code, one.name)
            for one in organisations.list_all(ctx.tx)
            if one.until is None and one.id != entry.case.site_id
        ]
    told = None if refused is None else problem_of(refused)
    problem = ""
    if told is not None:
        problem = explained(request, told) or text(language, f"problem.{told.slug}.advice", **told.fields)
    today = now.astimezone(ZoneInfo(zone)).date()
    return staff_page(
        request,
        staff,
        "share.html",
        status=200 if told is None else told.status,
        row=township.row(entry, None, zone, language, now),
        shares=sharing.given(given, now, zone, language),
        may=may,
        sites=sorted(others, key=lambda each: each[1]),
        form={"site": "", "until": (today + USUAL).isoformat(), "why": "", **(typed or {})},
        earliest=today.isoformat(),
        latest=(today + LONGEST - dt.timedelta(days=1)).isoformat(),
        done=done,
        problem=problem,
    )


def _chosen(site: str) -> str:
    if not site:
        raise Invalid("site", "empty")
    return site


def _end_of(day: str, zone: ZoneInfo) -> dt.datetime:
    """The midnight that ends a day."""
    try:
        after = dt.date.fromisoformat(day) + dt.timedelta(days=1)
    except (ValueError, OverflowError) as no_day:
        raise Invalid("until", "date") from no_day
    return dt.datetime.combine(after, dt.time(), zone)
