"""The critical flag of a case in triage: between two blind readings it waits, so that no reader learns of it."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.moves import BLIND, UNDECIDED
from reading.reports.versions import Status
from reading.rules import case_rule
from reading.tables import critical_alert, report_version


def follow(tx: Connection, case: Case) -> Case:
    """Match a case again by whether a critical result stands on it.

    While one blind reading stands the case keeps rule, due time and rank, by which the next reader would know that
    something was flagged. Two move it up for the arbiter; its rule follows when it is decided.
    """
    stands = _exists(tx, sa.select(critical_alert.c.id).where(_critical(case.id)))
    if case.state in UNDECIDED and _exists(tx, sa.select(report_version.c.id).where(_blind(case.id))):
        return case if case.state in BLIND or case.critical == stands else cases.change(tx, case, critical=stands)
    return case_rule.retriage(tx, case, critical=stands)


def _critical(case_id: str) -> sa.ColumnElement[bool]:
    alert = critical_alert.c
    return (alert.case_id == case_id) & (alert.kind == "critical") & alert.ended_at.is_(None)


def _blind(case_id: str) -> sa.ColumnElement[bool]:
    return (report_version.c.case_id == case_id) & (report_version.c.status == Status.BLIND)


def _exists(tx: Connection, rows: sa.Select[tuple[str]]) -> bool:
    return tx.scalar(rows.limit(1)) is not None
