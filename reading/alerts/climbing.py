"""Climbing: an alert that nobody answers in time notifies the next level, again and again."""

from __future__ import annotations

from reading.actions import Action
from reading.alerts import critical, notices
from reading.alerts.critical import Alert
from reading.audit import SYSTEM
from reading.cases import cases
from reading.context import Context, Who, without_door

_AT_ONCE = 100
"""The most alerts that climb in one transaction."""


@without_door("The worker's step climbs the alerts of every site.")
def climb(ctx: Context[Who]) -> int:
    """Notify the next level of every overdue alert and restart its clock; answers how many climbed."""
    overdue = critical.lock_overdue(ctx.tx, ctx.now, limit=_AT_ONCE)
    for alert in overdue:
        _climb(ctx, alert)
    return len(overdue)


def _climb(ctx: Context[Who], alert: Alert) -> None:
    climbed = critical.raise_level(ctx.tx, alert, ctx.now)
    site_id = cases.by_id(ctx.tx, alert.case_id).site_id
    notices.post(
        ctx.tx,
        alert_id=alert.id,
        case_id=alert.case_id,
        level=climbed.level,
        person_id=None,
        organisation_id=notices.organisation_at(ctx.tx, site_id, alert.level),
        now=ctx.now,
    )
    ctx.by(SYSTEM).record(
        action=Action.CRITICAL_CLIMB, subject_kind="case", subject_id=alert.case_id, details={"level": climbed.level}
    )
