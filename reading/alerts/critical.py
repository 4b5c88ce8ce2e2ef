"""Critical results: an alert is raised as soon as the flag is set, and stands until it is answered or withdrawn."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import outbox
from reading.access import door
from reading.actions import Action
from reading.alerts import notices
from reading.alerts.moves import Move, State, after
from reading.cases import cases
from reading.context import Context, without_door
from reading.errors import Invalid, NotAllowed, NotThere, Stale
from reading.kinds import Role
from reading.register.grants import may_act
from reading.rules import case_rule
from reading.tables import critical_alert
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

    @property
    def state(self) -> State:
        if self.withdrawn_at is not None:
            return State.WITHDRAWN
        if self.acknowledged_at is not None:
            return State.ACKNOWLEDGED
        return State.CLIMBING if self.level else State.RAISED


def raise_alert(ctx: Context[Staff], case_id: str, *, critical_class: str, finding: str) -> Alert:
    """Notify the township at once, whatever becomes of draft, signature, review or release.

    Raises:
        NotThere: no such case, or not one that they may see.
        NotAllowed: they do not read for the site.
        Invalid: class or finding are blank or too long.

    """
    door.open_case(ctx, case_id, Action.CASE_OPEN)
    return raise_from_report(ctx, case_id, critical_class=critical_class, finding=finding)


@without_door("The act that signs the report has opened its case.")
def raise_from_report(ctx: Context[Staff], case_id: str, *, critical_class: str, finding: str) -> Alert:
    """Raise an alert as part of another act on the case; one of the same class that stands is answered instead.

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
    earlier = newest_standing(ctx.tx, case_id)
    if earlier is not None and earlier.critical_class == critical_class.strip():
        return earlier  # the flag was set twice: the clock runs from the first time
    row = ctx.tx.execute(
        sa.insert(critical_alert)
        .values(
            id=new_id(),
            case_id=case_id,
            critical_class=critical_class.strip(),
            finding=finding.strip()[:1000],
            raised_by=ctx.who.person_id,
            raised_at=ctx.now,
            due_at=_due_at(critical_class.strip(), ctx.now),
        )
        .returning(*critical_alert.c)
    ).one()
    notices.post(
        ctx.tx,
        alert_id=row.id,
        case_id=case_id,
        level=0,
        person_id=notices.first_person(ctx.tx, case.site_id, ctx.now),
        organisation_id=case.site_id,
        now=ctx.now,
    )
    case_rule.retriage(ctx.tx, case, critical=True)
    _record(ctx, Action.CRITICAL_RAISE, case_id)
    return _alert(row)


def acknowledge(ctx: Context[Staff], alert_id: str, read_back: str) -> Alert:
    """Somebody at the site, or responsible for it, has understood the finding and read it back.

    Raises:
        NotThere: no such alert, or not one that they may see.
        NotAllowed: they neither work at the site nor above it.
        Invalid: nothing was read back.
        MoveNotAllowed: it was acknowledged or withdrawn before.

    """
    case = door.open_case(ctx, by_id(ctx.tx, alert_id).case_id, Action.CASE_OPEN)
    if not any(may_act(ctx.tx, ctx.who, role, case.site_id, ctx.now) for role in MAY_ANSWER):
        raise NotAllowed("not_their_site")
    if not read_back.strip() or len(read_back) > 1000:
        raise Invalid("read_back", "required" if not read_back.strip() else "too_long")
    storable("read_back", read_back)
    found = _lock(ctx.tx, alert_id)
    after(found.state, Move.ACKNOWLEDGE)
    answered = _change(
        ctx.tx,
        found,
        acknowledged_by=ctx.who.person_id,
        acknowledged_at=ctx.now,
        read_back=read_back.strip(),
    )
    outbox.post(ctx.tx, "critical.acknowledged", alert_id, {"case_id": case.id}, ctx.now)
    _record(ctx, Action.CRITICAL_ACKNOWLEDGE, case.id)
    return answered


def withdraw(ctx: Context[Staff], case_id: str, *, seen: str | None = None) -> None:
    """Take back the newest alert of a case: the flag was set by mistake, and everybody notified hears so.

    ``seen`` is the alert on the screen of the person who acts.

    Raises:
        Stale: another alert is the newest now than ``seen``.
        NotThere: no such case, or not one that they may see; or no alert stands on it.
        NotAllowed: they do not read for the site.

    """
    door.open_case(ctx, case_id, Action.CASE_OPEN)
    case = cases.lock(ctx.tx, case_id)
    if not any(may_act(ctx.tx, ctx.who, role, case.site_id, ctx.now) for role in RAISED_BY):
        raise NotAllowed("no_role_for_this_step")
    newest = newest_standing(ctx.tx, case_id)
    if newest is None:
        raise NotThere
    if seen is not None and newest.id != seen:
        raise Stale
    found = _lock(ctx.tx, newest.id)
    after(found.state, Move.WITHDRAW)
    _change(ctx.tx, found, withdrawn_at=ctx.now)
    outbox.post(ctx.tx, "critical.withdrawn", found.id, {"case_id": case_id}, ctx.now)
    case_rule.retriage(ctx.tx, case, critical=newest_standing(ctx.tx, case_id) is not None)
    _record(ctx, Action.CRITICAL_WITHDRAW, case_id)


def by_id(tx: Connection, alert_id: str) -> Alert:
    """The alert, for those who open its case next.

    Raises:
        NotThere: no such alert.

    """
    row = tx.execute(sa.select(critical_alert).where(critical_alert.c.id == alert_id)).one_or_none()
    if row is None:
        raise NotThere
    return _alert(row)


def unanswered() -> sa.ColumnElement[bool]:
    """The condition on the table ``critical_alert`` for the states `moves.UNANSWERED`."""
    return critical_alert.c.acknowledged_at.is_(None) & critical_alert.c.withdrawn_at.is_(None)


def standing() -> sa.ColumnElement[bool]:
    """The condition on the table ``critical_alert`` for the states `moves.STANDING`."""
    return critical_alert.c.withdrawn_at.is_(None)


def newest_standing(tx: Connection, case_id: str) -> Alert | None:
    """The newest alert that stands on a case, answered or not."""
    return newest_standing_on_each(tx, [case_id]).get(case_id)


def newest_standing_on_each(tx: Connection, case_ids: list[str]) -> dict[str, Alert]:
    """For each case the newest alert that stands on it; cases without one are left out."""
    rows = tx.execute(
        sa.select(critical_alert)
        .where(critical_alert.c.case_id.in_(case_ids), standing())
        .order_by(critical_alert.c.raised_at, critical_alert.c.id)
    )
    return {row.case_id: _alert(row) for row in rows}


def lock_overdue(tx: Connection, now: datetime, *, limit: int) -> list[Alert]:
    """Unanswered alerts whose time is over, locked; those that another worker has locked are left out."""
    rows = tx.execute(
        sa.select(critical_alert)
        .where(unanswered(), critical_alert.c.due_at <= now)
        .order_by(critical_alert.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [_alert(row) for row in rows]


def raise_level(tx: Connection, alert: Alert, now: datetime) -> Alert:
    """Put a locked alert one level up and restart its clock."""
    after(alert.state, Move.CLIMB)
    return _change(tx, alert, level=alert.level + 1, due_at=_due_at(alert.critical_class, now))


def _lock(tx: Connection, alert_id: str) -> Alert:
    return _alert(tx.execute(sa.select(critical_alert).where(critical_alert.c.id == alert_id).with_for_update()).one())


def _change(tx: Connection, alert: Alert, **values: Any) -> Alert:
    changed = sa.update(critical_alert).where(critical_alert.c.id == alert.id).values(**values)
    return _alert(tx.execute(changed.returning(*critical_alert.c)).one())


def _due_at(critical_class: str, now: datetime) -> datetime:
    return now + timedelta(minutes=MINUTES.get(critical_class, MINUTES_OTHERWISE))


def _record(ctx: Context[Staff], action: Action, case_id: str) -> None:
    ctx.record(action=action, subject_kind="case", subject_id=case_id)


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
