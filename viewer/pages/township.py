"""/t: the township's list of examinations, its banners, and the answers to them."""

from __future__ import annotations

from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.actions import Action
from reading.alerts import critical
from reading.alerts import disposal as disposals
from reading.alerts.disposal import Disposal
from reading.alerts.read_back import DIFFERS, Means
from reading.desk.stages import Stage
from reading.desk.withheld import at_own_sites
from reading.errors import Invalid
from reading.signing import change_notices
from reading.viewers import Staff
from storage.ids import new_id
from viewer.http.callers import Looking, Polling, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import going_in, in_snapshot, looks_through
from viewer.http.page import language_of, staff_page, staff_part
from viewer.http.sought import NAME, Sought, opened
from viewer.pages.sign_in import words_for
from viewer.views import township
from viewer.views.alerts import Refused
from viewer.views.township_acts import acts_of
from viewer.views.township_banners import banners

router = APIRouter(prefix="/t")

Days = Annotated[int, Query(ge=1, le=30)]
Which = Annotated[Stage | None, Query()]
LOOK_BACK: Final = 7
PAGE: Final = "/t"


@router.get("")
def show(
    request: Request, staff: Looking, days: Days = LOOK_BACK, sought: Sought = "", stage: Which = None
) -> Response:
    return _show(request, staff, days=days, sought=sought, stage=stage)


def _show(
    request: Request,
    staff: Staff,
    *,
    days: int = LOOK_BACK,
    sought: str = "",
    stage: Stage | None = None,
    refused: Refused | None = None,
) -> Response:
    listed = _list(request, staff, sought, days, stage)
    return staff_page(
        request,
        staff,
        "township.html",
        status=422 if refused is not None or listed["over"] else 200,
        refused=refused,
        batch=new_id(),
        **listed,
        **_banners(request, staff),
    )


@router.get("/list")
def list_part(
    request: Request, staff: Polling, days: Days = LOOK_BACK, sought: Sought = "", stage: Which = None
) -> Response:
    return staff_part(request, staff, "township_list.html", **_list(request, staff, sought, days, stage))


@router.get("/banners")
def banners_part(request: Request, staff: Polling) -> Response:
    looks_through(office_of(request), staff, Action.TOWNSHIP_OPEN)
    return staff_part(request, staff, "township_banners.html", refused=None, **_banners(request, staff))


@router.post("/alerts/{alert_id}/acknowledge")
def acknowledge(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    alert_id: str,
    read_back: Annotated[str, Form(max_length=1000)],
    spoken_with: Annotated[str, Form(max_length=100)],
    means: Annotated[Means, Form()],
    said_so: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    office = office_of(request)
    try:
        with going_in(office, staff, Action.CRITICAL_ACKNOWLEDGE, "alert", alert_id) as ctx:
            alert = critical.acknowledge(
                ctx, alert_id, said=read_back, spoken_with=spoken_with, means=means, said_so=said_so
            )
    except Invalid as wrong:
        refused = Refused(
            id=alert_id,
            problem=words_for(request, wrong),
            read_back=read_back,
            spoken_with=spoken_with,
            means=means,
            differs=wrong.problem in DIFFERS,
        )
        return _show(request, staff, refused=refused)
    return RedirectResponse(f"/t/case/{alert.case_id}?done=acknowledged", status_code=303)


@router.post("/alerts/{alert_id}/dispose")
def dispose(
    request: Request,
    staff: Submitting,
    alert_id: str,
    disposal: Annotated[Disposal, Form()],
    disposal_text: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """What was done with the patient."""
    office = office_of(request)
    try:
        with going_in(office, staff, Action.CRITICAL_DISPOSE, "alert", alert_id) as ctx:
            alert = disposals.dispose(ctx, alert_id, disposal=disposal, text=disposal_text)
    except Invalid as wrong:
        refused = Refused(id=alert_id, problem=words_for(request, wrong))
        return _show(request, staff, refused=refused)
    return RedirectResponse(f"/t/case/{alert.case_id}?done=disposed", status_code=303)


@router.post("/notices/{notice_id}/acknowledge")
def acknowledge_notice(request: Request, staff: Submitting, notice_id: str) -> Response:
    with going_in(office_of(request), staff, Action.CHANGE_ACKNOWLEDGE, "notice", notice_id) as ctx:
        change_notices.acknowledge(ctx, notice_id)
    return RedirectResponse("/t", status_code=303)


def _list(request: Request, staff: Staff, sought: str, days: int, stage: Stage | None) -> dict[str, Any]:
    office, q, over = office_of(request), "", ""
    try:
        q = opened(request, staff, PAGE, sought).get("q", "")
    except Invalid as refusal:
        over = words_for(request, refusal)
    looks_through(office, staff, Action.TOWNSHIP_OPEN)
    stage = None if q else stage
    with in_snapshot(office, staff) as ctx:
        found = township.table(ctx, q=q, days=days, stage=stage, language=language_of(request))
        withheld = at_own_sites(ctx)
    return {
        "withheld": withheld,
        "q": q,
        "over": over,
        "address": urlencode({"days": days} | ({NAME: sought} if sought else {}) | ({"stage": stage} if stage else {})),
        "days": days,
        "stage": stage,
        "stages": found.counts,
        "rows": [(row, acts_of(row, stage)) for row in found.rows],
        "total": found.total,
        "more": found.total > len(found.rows),
    }


def _banners(request: Request, staff: Staff) -> dict[str, Any]:
    with in_snapshot(office_of(request), staff) as ctx:
        found = banners(ctx, language_of(request))
    return {"alerts": found.alerts, "returned": found.returned, "changed": found.changed, "late": found.late}
