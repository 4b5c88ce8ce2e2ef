"""Climbing: what nobody answers in time goes to the next level, again and again; what is open after it is asked for."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import sqlalchemy as sa

from reading.actions import Action
from reading.alerts import alert_rows, differences, notices
from reading.alerts.alert_rows import Alert
from reading.alerts.moves import UNANSWERED, Move, after
from reading.audit import SYSTEM
from reading.cases import cases
from reading.cases.moves import HIDDEN
from reading.context import Context, Who, without_door
from reading.tables import critical_alert

MOST_REMINDERS: Final = 10
"""After so many without an answer nothing asks any more, and the board says so."""
_LONGEST: Final = timedelta(days=1)
_AT_ONCE: Final = 100
"""The most alerts that climb in one transaction."""


@without_door("The worker's step climbs the alerts of every site.")
def climb(ctx: Context[Who]) -> int:
    """Notify the next level of every overdue alert and restart its clock; answers how many climbed.

    The first deadline (``due_at``) stays as it is.
    """
    at = sa.func.coalesce(critical_alert.c.climbs_at, critical_alert.c.due_at)
    overdue = alert_rows.lock_due(ctx.tx, alert_rows.unanswered() & (at <= ctx.now), limit=_AT_ONCE)
    for alert in overdue:
        _climb(ctx, alert)
    return len(overdue)


@without_door("The worker's step reminds of the alerts of every site.")
def remind(ctx: Context[Who]) -> int:
    """Ask what was done with the patient where nobody has said so in time; answers how often it asked.

    First everybody at the site, then those above it, each time after twice as long, `MOST_REMINDERS` times; nothing
    rings.
    """
    asked_still = critical_alert.c.reminders < MOST_REMINDERS
    waiting = alert_rows.undisposed() & asked_still & (critical_alert.c.remind_at <= ctx.now)
    due = alert_rows.lock_due(ctx.tx, waiting, limit=_AT_ONCE)
    for alert in due:
        after(alert.state, Move.REMIND)
        asked = alert.reminders + 1
        again = ctx.now + until_next(alert.disposal_minutes, asked)
        reminded = alert_rows.change(ctx.tx, alert, reminders=asked, remind_at=again)
        _tell(ctx, reminded, notices.Kind.REMINDED, step=alert.reminders)
        _record(ctx, Action.CRITICAL_REMIND, alert, reminded.reminders)
    return len(due)


@without_door("The worker's step asks about the alerts of every site.")
def ask(ctx: Context[Who]) -> int:
    """Ask again what nobody has answered: that it was read back otherwise; answers how often it asked.

    First those on duty where it was found, then those above, each time after twice as long, `MOST_REMINDERS` times.
    The bar shows it until somebody has answered.
    """
    asked_still = critical_alert.c.asked < MOST_REMINDERS
    waiting = alert_rows.differing() & asked_still & (critical_alert.c.ask_at <= ctx.now)
    due = alert_rows.lock_due(ctx.tx, waiting, limit=_AT_ONCE)
    for alert in due:
        after(alert.state, Move.ASK)
        again = ctx.now + until_next(alert.minutes, alert.asked + 1)
        asked = alert_rows.change(ctx.tx, alert, asked=alert.asked + 1, ask_at=again)
        differences.tell_again(ctx.tx, asked, cases.by_id(ctx.tx, alert.case_id), ctx.now)
        _record(ctx, Action.CRITICAL_ASK, alert, asked.asked)
    return len(due)


@without_door("The act that withholds the case has opened it.")
def tell_above(ctx: Context[Who], case_id: str) -> None:
    """Tell those above the site at once of every alert that waits for an answer: the site does not see its case now."""
    for alert in alert_rows.standing_on_each(ctx.tx, [case_id]).get(case_id, []):
        if alert.state in UNANSWERED:
            _tell(ctx, alert, notices.Kind.TOLD, step=0)


@without_door("The act that ends the withholding has opened it.")
def tell_again(ctx: Context[Who], case_id: str) -> None:
    """Tell of every alert that waits for an answer whom it is now for: the case of its site is shown again."""
    for alert in alert_rows.standing_on_each(ctx.tx, [case_id]).get(case_id, []):
        if alert.state in UNANSWERED:
            _tell(ctx, alert, notices.Kind.TOLD, step=alert.level)


def until_next(minutes: int, asked: int) -> timedelta:
    """From one reminder to the next: twice as long as the time before it, a day at most."""
    return min(timedelta(minutes=minutes * 2**asked), _LONGEST)


def _climb(ctx: Context[Who], alert: Alert) -> None:
    after(alert.state, Move.CLIMB)
    again = ctx.now + timedelta(minutes=alert.minutes)
    climbed = alert_rows.change(ctx.tx, alert, level=alert.level + 1, climbs_at=again)
    _tell(ctx, climbed, notices.Kind.CLIMBED, step=alert.level)
    _record(ctx, Action.CRITICAL_CLIMB, alert, climbed.level)


def _tell(ctx: Context[Who], alert: Alert, kind: notices.Kind, *, step: int) -> None:
    """Tell the organisation of a step; of a case that its site does not see, those above it from the first on."""
    case = cases.by_id(ctx.tx, alert.case_id)
    notices.tell_next(ctx.tx, alert, case.site_id, kind, step=step, now=ctx.now, hidden=case.state in HIDDEN)


def _record(ctx: Context[Who], action: Action, alert: Alert, level: int) -> None:
    ctx.by(SYSTEM).record(action=action, subject_kind="case", subject_id=alert.case_id, details={"level": level})
