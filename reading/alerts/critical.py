"""Critical results: a named person is told as soon as the flag is set, and it climbs until somebody answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import outbox, tables
from reading.access import access
from reading.actions import Action
from reading.audit import SYSTEM
from reading.cases import cases
from reading.context import Context, Who, without_door
from reading.errors import Invalid, MoveNotAllowed, NotAllowed, NotThere
from reading.kinds import Role
from reading.register import organisations
from reading.register.grants import may_act
from reading.row_rules import valid_at
from reading.rules import triage
from reading.texts import storable
from reading.viewers import Staff
from storage.ids import new_id

MINUTES: Final[dict[str, int]] = {
    "tension_pneumothorax": 5,
    "aortic_dissection": 5,
    "pulmonary_embolism": 10,
    "intracranial_haemorrhage": 10,
    "stroke": 10,
    "bowel_perforation": 10,
    "spinal_fracture": 10,
}
"""Minutes until somebody must have answered, by class; a class that is not listed gets `MINUTES_OTHERWISE`."""
MINUTES_OTHERWISE: Final = 10

RAISED_BY: Final = (Role.READER, Role.VERIFIER, Role.REVIEWER)
TOLD_FIRST: Final = (Role.CLINICIAN, Role.TECHNICIAN)
"""Whom an alert names at the site, the first role that somebody holds there."""
MAY_ANSWER: Final = (Role.CLINICIAN, Role.TECHNICIAN, Role.QUALITY_MANAGER, Role.REVIEWER)


@dataclass(frozen=True, kw_only=True)
class Alert:
    id: str
    case_id: str
    critical_class: str
    finding: str
    raised_by: str
    raised_at: datetime
    due_at: datetime
    level: int
    """How often it has climbed."""
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    read_back: str | None
    withdrawn_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Notice:
    """Whom an alert was shown to: a person, or everybody of an organisation."""

    alert_id: str
    person_id: str | None
    organisation_id: str
    level: int
    at: datetime


def raise_alert(ctx: Context[Staff], case_id: str, *, critical_class: str, finding: str) -> Alert:
    """Tell the township at once, whatever becomes of draft, signature, review or release.

    Raises:
        NotThere: no such case, or not one that they may see.
        NotAllowed: they do not read for the site.
        Invalid: class or finding are blank or too long.

    """
    access.open_case(ctx, case_id, Action.CASE_OPEN)
    return raise_from_report(ctx, case_id, critical_class=critical_class, finding=finding)


@without_door("The act that signs the report has opened its case.")
def raise_from_report(ctx: Context[Staff], case_id: str, *, critical_class: str, finding: str) -> Alert:
    """Raise an alert as part of another act on the case.

    Raises:
        NotAllowed: they do not read for the site.
        Invalid: class or finding are blank or too long.

    """
    if not critical_class.strip() or len(critical_class) > 40:
        raise Invalid("critical_class", "required" if not critical_class.strip() else "too_long")
    if not finding.strip():
        raise Invalid("finding", "required")
    storable("critical_class", critical_class)
    storable("finding", finding)
    case = cases.lock(ctx.tx, case_id)
    if not any(may_act(ctx.tx, ctx.who, role, case.site_id, ctx.now) for role in RAISED_BY):
        raise NotAllowed("no_role_for_this_step")
    standing = open_alert(ctx.tx, case_id)
    if standing is not None and standing.critical_class == critical_class.strip():
        return standing  # pressed twice: the clock runs already
    minutes = MINUTES.get(critical_class.strip(), MINUTES_OTHERWISE)
    made = Alert(
        id=new_id(),
        case_id=case_id,
        critical_class=critical_class.strip(),
        finding=finding.strip()[:1000],
        raised_by=ctx.who.person_id,
        raised_at=ctx.now,
        due_at=ctx.now + timedelta(minutes=minutes),
        level=0,
        acknowledged_by=None,
        acknowledged_at=None,
        read_back=None,
        withdrawn_at=None,
    )
    alert = tables.critical_alert
    ctx.tx.execute(
        sa.insert(alert).values(
            id=made.id,
            case_id=case_id,
            critical_class=made.critical_class,
            finding=made.finding,
            raised_by=made.raised_by,
            raised_at=ctx.now,
            due_at=made.due_at,
        )
    )
    _show(ctx.tx, made, _on_duty(ctx.tx, case.site_id, ctx.now), case.site_id, ctx.now)
    triage.retriage(ctx.tx, case, critical=True)
    _record(ctx, Action.CRITICAL_RAISE, case_id)
    return made


def acknowledge(ctx: Context[Staff], alert_id: str, read_back: str) -> Alert:
    """Somebody at the township has it and read it back.

    Raises:
        NotThere: no such alert, or not one that they may see.
        NotAllowed: they neither work at the site nor above it.
        Invalid: nothing was read back.
        MoveNotAllowed: it was acknowledged or withdrawn before.

    """
    found = by_id(ctx.tx, alert_id)
    case = access.open_case(ctx, found.case_id, Action.CASE_OPEN)
    if not any(may_act(ctx.tx, ctx.who, role, case.site_id, ctx.now) for role in MAY_ANSWER):
        raise NotAllowed("not_their_site")
    if not read_back.strip() or len(read_back) > 1000:
        raise Invalid("read_back", "required" if not read_back.strip() else "too_long")
    storable("read_back", read_back)
    alert = tables.critical_alert
    row = ctx.tx.execute(
        sa.update(alert)
        .where(alert.c.id == alert_id, alert.c.acknowledged_at.is_(None), alert.c.withdrawn_at.is_(None))
        .values(acknowledged_by=ctx.who.person_id, acknowledged_at=ctx.now, read_back=read_back.strip())
        .returning(*alert.c)
    ).one_or_none()
    if row is None:
        raise MoveNotAllowed("answered", "acknowledge")
    outbox.post(ctx.tx, "critical.acknowledged", alert_id, {"case_id": found.case_id}, ctx.now)
    _record(ctx, Action.CRITICAL_ACKNOWLEDGE, found.case_id)
    return _alert(row)


def withdraw(ctx: Context[Staff], case_id: str) -> None:
    """The flag was set by mistake; whoever was told is told so.

    Raises:
        NotThere: no such case, or not one that they may see; or it has no open alert.
        NotAllowed: they do not read for the site.

    """
    access.open_case(ctx, case_id, Action.CASE_OPEN)
    case = cases.lock(ctx.tx, case_id)
    if not any(may_act(ctx.tx, ctx.who, role, case.site_id, ctx.now) for role in RAISED_BY):
        raise NotAllowed("no_role_for_this_step")
    standing = open_alert(ctx.tx, case_id)
    if standing is None:
        raise NotThere
    alert = tables.critical_alert
    ctx.tx.execute(sa.update(alert).where(alert.c.id == standing.id).values(withdrawn_at=ctx.now))
    outbox.post(ctx.tx, "critical.withdrawn", standing.id, {"case_id": case_id}, ctx.now)
    triage.retriage(ctx.tx, case, critical=open_alert(ctx.tx, case_id) is not None)
    _record(ctx, Action.CRITICAL_WITHDRAW, case_id)


@without_door("The worker's step climbs the alerts of every site.")
def climb(ctx: Context[Who]) -> int:
    """Show every alert that nobody answered in time to the next level up, and start its clock anew; how many."""
    alert = tables.critical_alert
    rows = ctx.tx.execute(
        sa.select(alert)
        .where(alert.c.acknowledged_at.is_(None), alert.c.withdrawn_at.is_(None), alert.c.due_at <= ctx.now)
        .order_by(alert.c.due_at)
        .limit(100)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        _climb(ctx, _alert(row))
    return len(rows)


def by_id(tx: Connection, alert_id: str) -> Alert:
    alert = tables.critical_alert
    row = tx.execute(sa.select(alert).where(alert.c.id == alert_id)).one_or_none()
    if row is None:
        raise NotThere
    return _alert(row)


def open_alert(tx: Connection, case_id: str) -> Alert | None:
    """The newest alert of a case that was not withdrawn, answered or not."""
    return open_alerts(tx, [case_id]).get(case_id)


def open_alerts(tx: Connection, case_ids: list[str]) -> dict[str, Alert]:
    """For each case its newest alert that was not withdrawn."""
    alert = tables.critical_alert
    rows = tx.execute(
        sa.select(alert)
        .where(alert.c.case_id.in_(case_ids), alert.c.withdrawn_at.is_(None))
        .order_by(alert.c.raised_at, alert.c.id)
    )
    return {row.case_id: _alert(row) for row in rows}


def notices_of(tx: Connection, alert_id: str) -> list[Notice]:
    """Whom an alert was shown to, the first first."""
    notice = tables.critical_notice
    rows = tx.execute(
        sa.select(notice).where(notice.c.alert_id == alert_id).order_by(notice.c.level, notice.c.at, notice.c.id)
    )
    return [
        Notice(
            alert_id=row.alert_id,
            person_id=row.person_id,
            organisation_id=row.organisation_id,
            level=row.level,
            at=row.at,
        )
        for row in rows
    ]


def _record(ctx: Context[Staff], action: Action, case_id: str) -> None:
    ctx.record(action=action, subject_kind="case", subject_id=case_id)


def _climb(ctx: Context[Who], found: Alert) -> None:
    above = _above(ctx.tx, found)
    minutes = MINUTES.get(found.critical_class, MINUTES_OTHERWISE)
    alert = tables.critical_alert
    ctx.tx.execute(
        sa.update(alert)
        .where(alert.c.id == found.id)
        .values(level=found.level + 1, due_at=ctx.now + timedelta(minutes=minutes))
    )
    climbed = replace(found, level=found.level + 1)
    _show(ctx.tx, climbed, None, above, ctx.now)
    ctx.by(SYSTEM).record(
        action=Action.CRITICAL_CLIMB,
        subject_kind="case",
        subject_id=found.case_id,
        details={"level": climbed.level},
    )


def _above(tx: Connection, found: Alert) -> str:
    """First everybody at the site, then its parent, and so on; the top is told again and again."""
    site_id = cases.by_id(tx, found.case_id).site_id
    line = [site_id, *organisations.above(tx, site_id)]
    return line[min(found.level, len(line) - 1)]


def _on_duty(tx: Connection, site_id: str, now: datetime) -> str | None:
    """The person at the site who is named first: who was there last, of the first role that somebody holds."""
    grant, session = tables.role_grant, tables.staff_session
    seen = (
        sa.select(session.c.person_id, sa.func.max(session.c.active_at).label("active_at"))
        .where(session.c.ended_at.is_(None))
        .group_by(session.c.person_id)
        .subquery()
    )
    for role in TOLD_FIRST:
        found = tx.scalar(
            sa.select(grant.c.person_id)
            .outerjoin(seen, seen.c.person_id == grant.c.person_id)
            .where(grant.c.organisation_id == site_id, grant.c.role == role, valid_at(grant, now))
            .order_by(seen.c.active_at.is_(None), seen.c.active_at.desc(), grant.c.since)
            .limit(1)
        )
        if found is not None:
            return found
    return None


def _show(tx: Connection, alert: Alert, person_id: str | None, organisation_id: str, now: datetime) -> None:
    tx.execute(
        sa.insert(tables.critical_notice).values(
            id=new_id(),
            alert_id=alert.id,
            person_id=person_id,
            organisation_id=organisation_id,
            level=alert.level,
            at=now,
        )
    )
    outbox.post(
        tx,
        "critical.raised" if alert.level == 0 else "critical.climbed",
        alert.id,
        {
            "case_id": alert.case_id,
            "person_id": person_id,
            "organisation_id": organisation_id,
            "level": alert.level,
        },
        now,
    )


def _alert(row: sa.Row[Any]) -> Alert:
    return Alert(
        id=row.id,
        case_id=row.case_id,
        critical_class=row.critical_class,
        finding=row.finding,
        raised_by=row.raised_by,
        raised_at=row.raised_at,
        due_at=row.due_at,
        level=row.level,
        acknowledged_by=row.acknowledged_by,
        acknowledged_at=row.acknowledged_at,
        read_back=row.read_back,
        withdrawn_at=row.withdrawn_at,
    )
