"""Panels: how many colleagues have given an opinion on a case, where its rule asks for some before it is signed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.cases.cases import Case
from reading.errors import NotAllowed
from reading.kinds import Priority
from reading.reports.content import Content
from reading.roster import skills
from reading.rules import case_rule
from reading.rules.rule import Panel
from reading.rules.staffing import folded
from reading.tables import consultation, consultation_opinion


@dataclass(frozen=True, kw_only=True)
class Met:
    """How far a panel has come."""

    asked: int
    given: int
    """Of people who count, besides whoever signs."""
    concluded: int
    """Those of them whose consultation was concluded: the report quotes it."""

    @property
    def is_enough(self) -> bool:
        return self.concluded >= self.asked


def met(tx: Connection, case: Case, signer_id: str, now: datetime) -> Met | None:
    """How far the panel of a case has come for somebody who would sign; None where none is asked for.

    What is urgent for the patient waits for nobody: an emergency, or a case with a critical result.
    """
    panel = case_rule.rule_of(tx, case).panel
    if panel is None or case.priority is Priority.EMERGENCY or case.critical:
        return None
    said = consultation_opinion.c
    rows = tx.execute(
        sa.select(said.person_id, consultation.c.conclusion)
        .join(consultation, consultation.c.id == said.consultation_id)
        .where(consultation.c.case_id == case.id, said.person_id != signer_id)
    ).all()
    fit = _fit(tx, panel, {row.person_id for row in rows}, now)
    concluded = {row.person_id for row in rows if row.conclusion}
    return Met(asked=panel.opinions, given=len(fit), concluded=len(fit & concluded))


def must_have_met(tx: Connection, case: Case, content: Content, signer_id: str, now: datetime) -> None:
    """Make sure that the panel that the rule of a case asks for has given its opinions, and that they were concluded.

    Raises:
        NotAllowed: they have not, and nothing critical is reported.

    """
    found = met(tx, case, signer_id, now)
    if found is not None and not content.is_critical and not found.is_enough:
        raise NotAllowed("panel_has_not_met")


def _fit(tx: Connection, panel: Panel, people: set[str], now: datetime) -> set[str]:
    if not panel.skills or not people:
        return people
    had: dict[str, set[str]] = {one: set() for one in people}
    for one in skills.list_of(tx, people, now):
        had[one.person_id].add(folded(one.code))
    return {one for one, codes in had.items() if panel.skills <= codes}
