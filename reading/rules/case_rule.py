"""Triage: the rule of a case, which says who reads it and until when."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.cases import cases, history
from reading.cases.cases import Case
from reading.cases.moves import UNREAD, WAITING, Move, State, Step
from reading.clock import life
from reading.kinds import Tier
from reading.reports import releases
from reading.rules import case_clock, case_facts, policy, staffing
from reading.rules.facts import Facts
from reading.rules.rule import DoubleReading, Goal, Rule
from reading.tables import case_reroute


def rule_of(tx: Connection, case: Case) -> Rule:
    """The case's rule in the policy that the case was opened under."""
    return policy.by_id(tx, case.policy_id).rule(case.rule)


def double_reading_of(tx: Connection, case: Case) -> DoubleReading | None:
    """How two people read it blind, where its rule asks for that.

    A flag can be taken back, so it leads nobody past the second reader: where the case follows another rule for it, the
    one counts that it would follow without. A report that names a critical class is signed by one at once.
    """
    rule = rule_of(tx, case)
    if not case.critical or rule.double_reading is not None:
        return rule.double_reading
    return _double_reading(policy.by_id(tx, case.policy_id), rule, facts_of_case(tx, case))


def is_read_by_two(tx: Connection, case: Case) -> bool:
    return double_reading_of(tx, case) is not None


def retriage(
    tx: Connection,
    case: Case,
    *,
    critical: bool | None = None,
    escalated: bool | None = None,
    modality: str | None = None,
    body_part: str | None = None,
    laterality: str | None = None,
) -> Case:
    """Match a case again after a fact changed, in the policy that it was opened under.

    A case that was released keeps its rule: what was released was released under it. A due time
    never moves further away, and the time in which the case stood still counts for no rule.
    """
    changed = {"modality": modality, "body_part": body_part, "critical": critical, "escalated": escalated or None}
    facts = replace(facts_of_case(tx, case), **{key: value for key, value in changed.items() if value is not None})
    changes: dict[str, object] = {
        "modality": facts.modality,
        "body_part": facts.body_part,
        "laterality": case.laterality if laterality is None else laterality,
        "critical": facts.critical,
    }
    if releases.newest(tx, case.id) is None:
        kept = policy.by_id(tx, case.policy_id)
        rule = kept.match(facts)
        due = min(case.due_at, _due_at(tx, rule, case))
        changes["rule"] = rule.name
        changes["by_two"] = _double_reading(kept, rule, facts) is not None
        gone = facts.escalated or _rerouted_to(tx, case) is not None
        if case.state in UNREAD and not gone:
            changes["tier"] = rule.tier
        if rule.name != case.rule and case.state in WAITING:
            changes["look_at"] = case.received_at  # it may be overdue by its new rule
        changes["due_at"] = due
        if rule.name != case.rule:
            changes["skills"] = staffing.asked(rule.skills)
            changes["skills_until"] = staffing.open_from(case.received_at, due)
    return cases.change(tx, case, **changes)


def follow_order(tx: Connection, case: Case) -> Case:
    """Match a case that was not released again, after it gained or lost an order: its rule follows, and its due time.

    Two blind readings end as they were begun: where either rule asks for two and somebody reads already, only the due
    time comes nearer.
    """
    if case.state in UNREAD | {State.RETURNED}:
        return retriage(tx, case)
    rule = policy.by_id(tx, case.policy_id).match(facts_of_case(tx, case))
    if not case.by_two and rule.double_reading is None:
        return retriage(tx, case)
    due = min(case.due_at, _due_at(tx, rule, case))
    return case if due == case.due_at else cases.change(tx, case, due_at=due)


def _due_at(tx: Connection, rule: Rule, case: Case) -> datetime:
    stops = life.stops(history.moves_of(tx, case.id))
    return case_clock.due_at(tx, rule, case.site_id, case.received_at, stops=stops)


def _double_reading(kept: policy.Policy, rule: Rule, facts: Facts) -> DoubleReading | None:
    if rule.double_reading is None and facts.critical:
        return kept.match(replace(facts, critical=False)).double_reading
    return rule.double_reading


def facts_of_case(tx: Connection, case: Case) -> Facts:
    """The facts of a case as they are now."""
    was_escalated = history.was_moved(tx, case.id, Move.ESCALATE)
    escalated = frozenset({case.id}) if was_escalated else frozenset[str]()
    return case_facts.facts_of(tx, [case], escalated=escalated)[case.id]


def home_tier(tx: Connection, case: Case) -> Tier:
    """The tier that reads a case again: where it was escalated or re-routed to, else the one of its rule."""
    if history.was_moved(tx, case.id, Move.ESCALATE):
        return Tier.CITY
    return _rerouted_to(tx, case) or rule_of(tx, case).tier


def _rerouted_to(tx: Connection, case: Case) -> Tier | None:
    """The tier to which it last went because nobody read it in time."""
    gone = case_reroute
    tier = tx.scalar(
        sa.select(gone.c.tier)
        .where(gone.c.case_id == case.id, gone.c.step == Step.READ, gone.c.goal != Goal.DUTY)
        .order_by(gone.c.step_number.desc())
        .limit(1)
    )
    return None if tier is None else Tier(tier)
