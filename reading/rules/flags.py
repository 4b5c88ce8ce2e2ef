"""The critical flag of a case in triage: between two blind readings it waits, so that no reader learns of it."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.moves import BLIND, UNDECIDED
from reading.reports import temporary
from reading.reports.versions import Status
from reading.rules import case_rule
from reading.tables import critical_alert, report_version

CRITICAL: Final = "critical"
"""The kind of alert that is the flag; `reading.alerts.alert_rows.Kind` has the other one."""


def standing() -> sa.ColumnElement[bool]:
    """The condition on the table ``critical_alert`` for the states `reading.alerts.moves.STANDING`."""
    return critical_alert.c.ended_at.is_(None)


def follow(tx: Connection, case: Case) -> Case:
    """Match a case again by whether a critical result stands on it.

    While one blind reading stands the case keeps rule, due time and rank, by which the next reader would know that
    something was flagged. Two move it up for the arbiter; its rule follows when it is decided.
    What a resident signed goes out as soon as it is critical (`reading.reports.temporary`).
    """
    critical = (critical_alert.c.case_id == case.id) & (critical_alert.c.kind == CRITICAL) & standing()
    stands = _exists(tx, sa.select(critical_alert.c.id).where(critical))
    if case.state in UNDECIDED and _exists(tx, sa.select(report_version.c.id).where(_blind(case.id))):
        return case if case.state in BLIND or case.critical == stands else cases.change(tx, case, critical=stands)
    followed = case_rule.retriage(tx, case, critical=stands)
    temporary.follow(tx, followed)
    return followed


def _blind(case_id: str) -> sa.ColumnElement[bool]:
    return (report_version.c.case_id == case_id) & (report_version.c.status == Status.BLIND)


def _exists(tx: Connection, rows: sa.Select[tuple[str]]) -> bool:
    return tx.scalar(rows.limit(1)) is not None
