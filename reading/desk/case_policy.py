"""Why a case is where it is: the rule that routed it and why, its clocks with their pauses, its moves, who was told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from reading.access import blindness, door
from reading.actions import Action
from reading.alerts import alert_rows, notices
from reading.alerts.alert_rows import Alert
from reading.alerts.notices import Notice
from reading.cases.cases import Case
from reading.cases.history import MoveRow
from reading.cases.moves import State
from reading.clock import life
from reading.clock.clock import Clock, Pause
from reading.context import Context
from reading.desk import case_moves
from reading.overdue import rerouting
from reading.overdue.rerouting import Reroute
from reading.queue import assigned, leases
from reading.queue.assigned import Taking
from reading.register import people
from reading.rules import case_clock, case_rule, policy, policy_rights
from reading.rules.explanation import Explanation, explain
from reading.rules.policy import Policy
from reading.tables import critical_alert
from reading.viewers import Staff


@dataclass(frozen=True, kw_only=True)
class Routing:
    """A case with what routed it."""

    case: Case
    policy: Policy
    explanation: Explanation
    """By the facts that the case has now, in the version that it was opened under."""
    indicator_at: datetime
    moves: Sequence[MoveRow]
    pauses: Sequence[Pause]
    elapsed: timedelta
    """What has counted of the time from the receipt, without the pauses."""
    step_clock: Clock | None
    """None where the rule gives the step no time of its own."""
    reroutes: Mapping[datetime, Reroute]
    """By the time of the move."""
    holder: str
    """The name of whoever has it in hand; empty where nobody has."""
    takings: Sequence[Taking]
    """Whom it waited for and who took it; empty while two read it blind."""
    lacks_skill: bool
    """It waits for a skill that nobody on duty has."""
    alerts: Sequence[Alert]
    told: Mapping[str, Sequence[Notice]]
    """By the id of the alert."""

    @property
    def kept_its_rule(self) -> bool:
        """Whether its facts would meet another rule now: a case with a final report keeps the one that it had."""
        return self.explanation.rule.name != self.case.rule


def routing(ctx: Context[Staff], case_id: str) -> Routing:
    """The rule and version of a case, why, and its moves.

    Raises:
        NotThere: no such case, or not one that they may see, or they do not manage quality.

    """
    policy_rights.may_look(ctx.who)
    case = door.open_case(ctx, case_id, Action.CASE_MOVES)
    kept = policy.by_id(ctx.tx, case.policy_id)
    rule, moves = kept.rule(case.rule), case_moves.told(ctx, case)
    pauses, lease = life.pauses(moves), leases.lease_of(ctx.tx, case_id)
    hours = case_clock.hours(ctx.tx, rule, case.site_id, case.received_at)
    clock = Clock(start=case.received_at, target=timedelta(minutes=rule.due_minutes), hours=hours, pauses=pauses)
    untold = blindness.hides_alerts(ctx.tx, ctx.who, [case_id], ctx.now)
    alerts = [one for one in alert_rows.select(ctx.tx, critical_alert.c.case_id == case_id) if one.id not in untold]
    unnamed = lease is None or (lease.person_id != ctx.who.person_id and blindness.is_nameless(ctx.tx, case))
    holder = None if lease is None or unnamed else people.by_id(ctx.tx, lease.person_id)
    blind = blindness.is_nameless(ctx.tx, case)
    return Routing(
        case=case,
        policy=kept,
        explanation=explain(kept.rules, case_rule.facts_of_case(ctx.tx, case)),
        indicator_at=policy.indicator_at(rule, case.examined_at),
        moves=moves,
        pauses=pauses,
        elapsed=clock.elapsed(_stopped_at(moves, ctx.now)),
        step_clock=rerouting.step_clock(ctx.tx, rule, case, moves),
        reroutes={one.at: one for one in rerouting.of_case(ctx.tx, case_id)},
        holder=holder.name if holder else "",
        takings=[] if blind else assigned.takings_of(ctx.tx, case_id),
        lacks_skill=bool(assigned.without_skill(ctx.tx, [case], ctx.now)),
        alerts=alerts,
        told=notices.of_alerts(ctx.tx, [one.id for one in alerts]) if alerts else {},
    )


def _stopped_at(moves: Sequence[MoveRow], now: datetime) -> datetime:
    """When the clock stopped for good: at the first release; now, where there was none."""
    return next((one.at for one in moves if one.to_state is State.FINAL), now)
