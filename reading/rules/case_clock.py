"""The clocks of a case: the hours of its rule at its site, when it is due, and what a pause does to that."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.engine import Connection

from reading.actions import Action
from reading.audit import SYSTEM
from reading.cases import cases, history
from reading.cases.cases import Case
from reading.clock import life
from reading.clock.clock import Pause, moved_by
from reading.clock.hours import ROUND_THE_CLOCK, Hours
from reading.context import Context, Who, without_door
from reading.register import organisations
from reading.rules import calendar, policy, staffing
from reading.rules.rule import Rule

AHEAD: Final = timedelta(days=3 * 366)
"""The calendar is read so far ahead; nearly every rule, also one that counts working hours, has ended by then."""


def hours(tx: Connection, rule: Rule, site_id: str, since: datetime) -> Hours:
    """The hours in which the clocks of a rule run at a site, from a time on."""
    if rule.working_hours is None:
        return ROUND_THE_CLOCK
    site = organisations.by_ids(tx, [site_id])[site_id]
    days = calendar.read(tx, (since - timedelta(days=1)).date(), (since + AHEAD).date())
    return policy.hours_of(rule, days=days, zone=site.time_zone)


def due_at(tx: Connection, rule: Rule, site_id: str, received_at: datetime, *, stops: Iterable[Pause] = ()) -> datetime:
    """When a case of this rule that was received at a site at a time is due to be released.

    ``stops``: when its clocks stood still, in their order; one that has not ended moves nothing before `go_on`.
    """
    counted = hours(tx, rule, site_id, received_at)
    due = counted.after(received_at, timedelta(minutes=rule.due_minutes))
    for stop in stops:
        due = moved_by(due, stop, counted)
    return due


@without_door("A part of an act that has opened the case, or of the system's step.")
def go_on(ctx: Context[Who], case: Case) -> Case:
    """Let the clock of a case go on that has just left its pauses: what was left of its time then is left now."""
    stops = life.stops(history.moves_of(ctx.tx, case.id))
    if not stops or stops[-1].until != ctx.now:
        return case
    pause = stops[-1]
    rule = policy.by_id(ctx.tx, case.policy_id).rule(case.rule)
    due = moved_by(case.due_at, pause, hours(ctx.tx, rule, case.site_id, pause.since))
    if due == case.due_at:
        return case
    details = {"reason": pause.reason, "since": pause.since.isoformat(), "due_at": due.isoformat()}
    ctx.by(SYSTEM).record(action=Action.CASE_CLOCK, subject_kind="case", subject_id=case.id, details=details)
    until = staffing.open_from(case.received_at, due) if case.skills else case.skills_until
    return cases.change(ctx.tx, case, due_at=due, skills_until=until)
