"""The rows of comparisons: two blind readings of a case, in what they differ, and who decided."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.cases.moves import SigningRole
from reading.double_reading.discordance import Because, Difference
from reading.reports import versions
from reading.reports.versions import ReportVersion, Status
from reading.tables import double_reading
from storage.ids import new_id


def standing(tx: Connection, case_id: str) -> list[ReportVersion]:
    """The blind readings of a case that stand and were not released, the first one first."""
    return [one for one in versions.of_case(tx, case_id) if one.status is Status.BLIND]


def first_reader(tx: Connection, case_id: str) -> str | None:
    """Who made the first of the blind readings that stand."""
    signed = versions.signatures_on(tx, [one.id for one in standing(tx, case_id)])
    return next((one.person_id for one in signed if one.role is SigningRole.AUTHOR), None)


def add(
    tx: Connection,
    first: ReportVersion,
    second: ReportVersion,
    *,
    difference: Difference | None,
    because: Because | None,
    now: datetime,
) -> None:
    """Keep in what two readings differ, and why a third person decides, where one does."""
    tx.execute(
        sa.insert(double_reading),
        {
            "id": new_id(),
            "case_id": second.case_id,
            "first_version_id": first.id,
            "second_version_id": second.id,
            "difference": difference,
            "arbitration": because,
            "compared_at": now,
        },
    )


def decide(tx: Connection, second: ReportVersion, arbiter: ReportVersion) -> None:
    """Keep which reading decided between two."""
    row = double_reading.c
    tx.execute(
        sa.update(double_reading).where(row.second_version_id == second.id).values(arbiter_version_id=arbiter.id)
    )
