"""Alerts of a case whose images were all moved: they go on where the images are, and come back with them."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from reading.actions import Action
from reading.alerts import alert_rows, corrections, findings, notices
from reading.alerts.alert_rows import Alert
from reading.alerts.moves import Move, State, after
from reading.cases import cases
from reading.cases.moves import HIDDEN
from reading.context import Context, Who, without_door
from reading.reports import versions
from reading.rules import flags
from reading.tables import critical_alert, critical_carry
from storage.ids import new_id


@without_door("The act that moves the images has opened both cases.")
def go_on_at(ctx: Context[Who], case_id: str, to_case_id: str) -> None:
    """Carry every alert to the case of the same person that has the images now, with its clock, level and answers."""
    for alert in alert_rows.standing_on_each(ctx.tx, [case_id]).get(case_id, []):
        row = {"id": new_id(), "alert_id": alert.id, "from_case_id": case_id, "to_case_id": to_case_id, "at": ctx.now}
        ctx.tx.execute(sa.insert(critical_carry), row)
        _carry(ctx, alert, to_case_id)


@without_door("The act that moves the images has opened their case.")
def lift_with_images(ctx: Context[Who], case_id: str, *, why: str) -> None:
    """Lift the alerts of images that another person's case has now: the reader and the site hear so."""
    site_id = cases.by_id(ctx.tx, case_id).site_id
    for alert in corrections.lift_all(ctx, case_id, why=why):
        notices.tell_site(ctx.tx, alert, notices.Kind.LIFTED, site_id, ctx.now)


@without_door("The act that moves the images back has opened both cases.")
def come_back(ctx: Context[Who], case_id: str, *, emptied_at: datetime) -> None:
    """Bring back the alerts that went on elsewhere, and raise again those that were lifted with the images."""
    carry = critical_carry.c
    away = sa.and_(
        carry.alert_id == critical_alert.c.id,
        carry.from_case_id == case_id,
        carry.to_case_id == critical_alert.c.case_id,
        carry.back_at.is_(None),
    )
    for alert in alert_rows.select(ctx.tx, sa.exists().where(away) & flags.standing()):
        back = sa.update(critical_carry).where(
            carry.alert_id == alert.id, carry.from_case_id == case_id, carry.back_at.is_(None)
        )
        ctx.tx.execute(back.values(back_at=ctx.now))
        _carry(ctx, alert, case_id)
    lifted = (critical_alert.c.ended_as == State.LIFTED) & (critical_alert.c.ended_at >= emptied_at)
    for alert in alert_rows.select(ctx.tx, (critical_alert.c.case_id == case_id) & lifted):
        _raise_again(ctx, alert)


def carried_from(case_id: str) -> sa.ColumnElement[bool]:
    """The condition on the table ``critical_alert`` for those that went on elsewhere from a case."""
    return critical_alert.c.id.in_(sa.select(critical_carry.c.alert_id).where(critical_carry.c.from_case_id == case_id))


def _carry(ctx: Context[Who], alert: Alert, case_id: str) -> None:
    found = alert_rows.lock(ctx.tx, alert.id)
    after(found.state, Move.CARRY)
    following = versions.last_number(ctx.tx, case_id) + 1
    carried = alert_rows.change(ctx.tx, found, case_id=case_id, first_version=following)
    notices.tell_everybody_told(ctx.tx, carried, notices.Kind.CARRIED, ctx.now)
    for each in (found.case_id, case_id):
        _triage(ctx, each)
    ctx.record(action=Action.CRITICAL_CARRY, subject_kind="case", subject_id=case_id, details={"from": found.case_id})


def _raise_again(ctx: Context[Who], lifted: Alert) -> None:
    """Raise an alert anew, with a clock of its own: it was lifted, and whoever was told heard so."""
    first, *others = findings.of_alerts(ctx.tx, [lifted])[lifted.id]
    alert = alert_rows.insert(
        ctx.tx,
        id=new_id(),
        case_id=lifted.case_id,
        kind=lifted.kind,
        critical_class=lifted.critical_class,
        finding=first,
        minutes=lifted.minutes,
        disposal_minutes=lifted.disposal_minutes,
        raised_by=lifted.raised_by,
        raised_at=ctx.now,
        due_at=ctx.now + timedelta(minutes=lifted.minutes),
        first_version=lifted.first_version,
    )
    for words in others:
        findings.add(ctx.tx, alert, words=words, said_by=lifted.raised_by, now=ctx.now)
    # What had come to the case from another one goes back there with its images.
    open_still = (critical_carry.c.alert_id == lifted.id) & critical_carry.c.back_at.is_(None)
    ctx.tx.execute(sa.update(critical_carry).where(open_still).values(alert_id=alert.id))
    case = cases.by_id(ctx.tx, alert.case_id)
    notices.tell_first(ctx.tx, alert, case.site_id, ctx.now, hidden=case.state in HIDDEN)
    _triage(ctx, alert.case_id)
    ctx.record(action=Action.CRITICAL_RAISE, subject_kind="case", subject_id=alert.case_id)


def _triage(ctx: Context[Who], case_id: str) -> None:
    stands = alert_rows.newest_standing(ctx.tx, case_id) is not None
    case = cases.lock(ctx.tx, case_id)
    if case.critical is not stands:
        flags.follow(ctx.tx, case)
