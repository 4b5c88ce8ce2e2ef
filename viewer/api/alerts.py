"""/api/alerts: a critical result is read back, what was read back otherwise is clarified, what was done is answered."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from starlette.requests import Request

from reading.actions import Action
from reading.alerts import clarification, critical, disposal
from reading.desk import alert_bar
from storage.database import snapshot
from viewer.api import bodies
from viewer.http.callers import Acting, Watching
from viewer.http.office import office_of
from viewer.http.on_record import going_in
from viewer.http.page import language_of
from viewer.views import alerts

router = APIRouter(prefix="/api/alerts")


@router.get("/bar", response_model=None)
def bar(request: Request, watching: Watching) -> dict[str, Any] | Response:
    """Asked every few seconds by every page of staff, also while it is locked; it names nobody."""
    if watching is None:
        return Response(status_code=204)
    (staff, locked), office = watching, office_of(request)
    now = office.clock()
    with snapshot(office.engine) as tx:
        found = alert_bar.waiting(tx, staff, now)
    return alerts.bar(found, staff, language_of(request), now, locked=locked)


@router.post("/{alert_id}/acknowledge")
def acknowledge(request: Request, staff: Acting, alert_id: str, body: bodies.ReadBack) -> dict[str, Any]:
    with going_in(office_of(request), staff, Action.CRITICAL_ACKNOWLEDGE, "alert", alert_id) as ctx:
        alert = critical.acknowledge(
            ctx,
            alert_id,
            said=body.read_back,
            spoken_with=body.spoken_with,
            means=body.means,
            said_so=body.said_so,
        )
    return {"id": alert.id, "acknowledged_by": staff.name, "acknowledged_at": ctx.now.isoformat()}


@router.post("/{alert_id}/dispose")
def dispose(request: Request, staff: Acting, alert_id: str, body: bodies.Disposal) -> dict[str, Any]:
    with going_in(office_of(request), staff, Action.CRITICAL_DISPOSE, "alert", alert_id) as ctx:
        alert = disposal.dispose(ctx, alert_id, disposal=body.disposal, text=body.text)
    return {"id": alert.id, "disposed_by": staff.name, "disposed_at": ctx.now.isoformat()}


@router.post("/{alert_id}/clarify")
def clarify(request: Request, staff: Acting, alert_id: str, body: bodies.Clarification) -> dict[str, Any]:
    with going_in(office_of(request), staff, Action.CRITICAL_CLARIFY, "alert", alert_id) as ctx:
        alert = clarification.clarify(ctx, alert_id, spoken_with=body.spoken_with, agreed=body.agreed)
    return {"id": alert.id, "state": alert.state, "clarified_at": ctx.now.isoformat()}
