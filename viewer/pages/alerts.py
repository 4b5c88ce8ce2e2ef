"""/alerts: the board of open critical results, their log, the list of classes and the duty list."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.actions import Action
from reading.alerts import clarification, critical
from reading.alerts import disposal as disposals
from reading.alerts.disposal import Disposal
from reading.alerts.read_back import DIFFERS, Means
from reading.desk import alert_board
from reading.errors import Invalid
from reading.viewers import Staff
from viewer.http.callers import Looking, Polling, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import acting, going_in, in_snapshot, looks_through
from viewer.http.page import language_of, staff_page, staff_part
from viewer.pages.sign_in import words_for
from viewer.views import alert_log
from viewer.views.alerts import Refused, alert_banner

router = APIRouter(prefix="/alerts")

"""In which the days of the log begin."""
DAY: Final = timedelta(days=1)
LONGEST: Final = timedelta(days=366)
EARLIEST: Final = date(2000, 1, 1)
LATEST: Final = date(2999, 12, 31)
"""Days beyond them are typed in error, and would leave the calendar of the time zones."""

Day = Annotated[date | None, Query()]


@router.get("")
def show(request: Request, staff: Looking) -> Response:
    return _board(request, staff)


@router.get("/list")
def list_part(request: Request, staff: Polling) -> Response:
    found = _open(request, staff)
    return staff_part(request, staff, "alerts_list.html", refused=None, **found)


@router.post("/{alert_id}/acknowledge")
def acknowledge(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    alert_id: str,
    read_back: Annotated[str, Form(max_length=1000)],
    spoken_with: Annotated[str, Form(max_length=100)],
    means: Annotated[Means, Form()],
    said_so: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    try:
        with going_in(office_of(request), staff, Action.CRITICAL_ACKNOWLEDGE, "alert", alert_id) as ctx:
            critical.acknowledge(ctx, alert_id, said=read_back, spoken_with=spoken_with, means=means, said_so=said_so)
    except Invalid as wrong:
        refused = Refused(
            id=alert_id,
            problem=words_for(request, wrong),
            read_back=read_back,
            spoken_with=spoken_with,
            means=means,
            differs=wrong.problem in DIFFERS,
        )
        return _board(request, staff, refused)
    return RedirectResponse("/alerts?done=acknowledged", status_code=303)


@router.post("/{alert_id}/dispose")
def dispose(
    request: Request,
    staff: Submitting,
    alert_id: str,
    disposal: Annotated[Disposal, Form()],
    disposal_text: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    try:
        with going_in(office_of(request), staff, Action.CRITICAL_DISPOSE, "alert", alert_id) as ctx:
            disposals.dispose(ctx, alert_id, disposal=disposal, text=disposal_text)
    except Invalid as wrong:
        return _board(request, staff, Refused(id=alert_id, problem=words_for(request, wrong)))
    return RedirectResponse("/alerts?done=disposed", status_code=303)


@router.post("/{alert_id}/clarify")
def clarify(
    request: Request,
    staff: Submitting,
    alert_id: str,
    spoken_with: Annotated[str, Form(max_length=100)],
    agreed: Annotated[str, Form(max_length=1000)],
) -> Response:
    try:
        with going_in(office_of(request), staff, Action.CRITICAL_CLARIFY, "alert", alert_id) as ctx:
            clarification.clarify(ctx, alert_id, spoken_with=spoken_with, agreed=agreed)
    except Invalid as wrong:
        refused = Refused(
            id=alert_id,
            problem=words_for(request, wrong),
            clarifies=True,
            spoken_with=spoken_with,
            agreed=agreed,
        )
        return _board(request, staff, refused)
    return RedirectResponse("/alerts?done=clarified", status_code=303)


@router.get("/log")
def show_log(request: Request, staff: Looking, since: Day = None, until: Day = None) -> Response:
    """The log of the last seven days, or of the days that are named, both included."""
    first, last = _days(request, since, until)
    looks_through(office_of(request), staff, Action.CRITICAL_LOG)
    with in_snapshot(office_of(request), staff) as ctx:
        log = alert_board.log(ctx, **_span(first, last, office_of(request).zone()))
    language = language_of(request)
    return staff_page(
        request,
        staff,
        "alerts_log.html",
        since=first,
        until=last,
        logged=alert_log.logged(log.alerts, language),
        share=alert_log.share(log, language),
        cut=log.cut,
    )


@router.get("/log.csv")
def csv(request: Request, staff: Looking, since: Day = None, until: Day = None) -> Response:
    first, last = _days(request, since, until)
    with acting(office_of(request), staff) as ctx:
        log = alert_board.export(ctx, **_span(first, last, office_of(request).zone()))
    return Response(
        alert_log.as_csv(log, language_of(request)),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="critical-results-{first}-{last}.csv"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _board(request: Request, staff: Staff, refused: Refused | None = None) -> Response:
    done = request.query_params.get("done", "")
    return staff_page(
        request,
        staff,
        "alerts.html",
        status=200 if refused is None else 422,
        refused=refused,
        done=done if done in {"acknowledged", "clarified", "disposed"} else "",
        **_open(request, staff),
    )


def _open(request: Request, staff: Staff) -> dict[str, Any]:
    office, language = office_of(request), language_of(request)
    looks_through(office, staff, Action.CRITICAL_BOARD)
    with in_snapshot(office, staff) as ctx:
        found = [alert_banner(one, language, ctx.now) for one in alert_board.board(ctx)]
        answers = {one.id for one in found if critical.may_answer(ctx, one.site_id)}
        clarifies = {one.id for one in found if one.differs and clarification.may_clarify(ctx, one.site_id)}
    waits = [one for one in found if one.waits]
    return {
        "groups": [
            ("overdue", [one for one in waits if one.overdue]),
            ("waiting", [one for one in waits if not one.overdue]),
            ("differs", [one for one in found if one.differs]),
            ("disposal", [one for one in found if one.to_dispose and not one.differs]),
        ],
        "answers": answers,
        "clarifies": clarifies,
    }


def _days(request: Request, since: date | None, until: date | None) -> tuple[date, date]:
    """The first and the last day of the log."""
    zone = office_of(request).zone()
    for name, day in (("since", since), ("until", until)):
        if day is not None and not EARLIEST <= day <= LATEST:
            raise Invalid(name, "range")
    last = until or office_of(request).clock().astimezone(zone).date()
    return max(since or last - 6 * DAY, last - LONGEST), last


def _span(first: date, last: date, zone: ZoneInfo) -> dict[str, datetime]:
    return {"since": datetime.combine(first, time(), zone), "until": datetime.combine(last + DAY, time(), zone)}
