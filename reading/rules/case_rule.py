"""Triage: the rule of a case, which says who reads it and until when."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.cases import cases, history
from reading.cases.cases import Case
from reading.cases.moves import Move, State
from reading.dicom_dates import parse_date
from reading.kinds import Tier
from reading.patients import patients
from reading.reports import versions
from reading.rules import policy
from reading.rules.examination_time import years_between
from reading.rules.rule import Facts, Rule
from storage.tables import study


def rule_of(tx: Connection, case: Case) -> Rule:
    """The case's rule in the policy that the case was opened under."""
    return policy.by_id(tx, case.policy_id).rule(case.rule)


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

    A case that has a final version keeps its rule: what was released was released under it. A due time
    never moves further away.
    """
    was_escalated = history.was_moved(tx, case.id, Move.ESCALATE)
    facts = Facts(
        modality=case.modality if modality is None else modality,
        body_part=case.body_part if body_part is None else body_part,
        site_id=case.site_id,
        age_years=age_years(tx, case.id, case.patient_id, case.examined_at),
        priority=case.priority,
        critical=case.critical if critical is None else critical,
        escalated=was_escalated or bool(escalated),
    )
    changes: dict[str, object] = {
        "modality": facts.modality,
        "body_part": facts.body_part,
        "laterality": case.laterality if laterality is None else laterality,
        "critical": facts.critical,
    }
    if versions.final(tx, case.id) is None:
        rule = policy.by_id(tx, case.policy_id).match(facts)
        due = policy.due_at(rule, case.received_at)
        changes["rule"] = rule.name
        if case.state is State.WAITING_READ and not facts.escalated:
            changes["tier"] = rule.tier
        changes["due_at"] = min(due, case.due_at)
    return cases.change(tx, case, **changes)


def home_tier(tx: Connection, case: Case) -> Tier:
    """The tier that reads a case again."""
    return Tier.CITY if history.was_moved(tx, case.id, Move.ESCALATE) else rule_of(tx, case).tier


def age_years(tx: Connection, case_id: str, patient_id: str | None, at: datetime) -> int | None:
    """The age at the examination, by the birth date of the linked patient, else by that in the images."""
    linked = None if patient_id is None else patients.by_id(tx, patient_id)
    born = None if linked is None else linked.birth_date
    if born is None:
        joined = tables.case_study
        said = tx.scalar(
            sa.select(study.c.birth_date)
            .join(joined, joined.c.study_uid == study.c.study_uid)
            .where(joined.c.case_id == case_id)
            .order_by(joined.c.joined_at)
            .limit(1)
        )
        born = parse_date(said or "")
    return None if born is None else years_between(born, at.date())
