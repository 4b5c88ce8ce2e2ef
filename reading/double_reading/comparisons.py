"""The rows of comparisons: two blind readings of a case, in what they differ, and who decided."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.cases.moves import SigningRole, State
from reading.double_reading.discordance import Because, Difference
from reading.reports import versions
from reading.reports.versions import ReportVersion, Status
from reading.tables import case, double_reading, report_version, signature
from storage.ids import new_id


def standing(tx: Connection, case_id: str) -> list[ReportVersion]:
    """The blind readings of a case that stand and were not released, the first one first."""
    return [one for one in versions.of_case(tx, case_id) if one.status is Status.BLIND]


def between_them(person_id: str) -> sa.ColumnElement[bool]:
    """The condition on the table ``case`` for those whose two readers confer, and somebody is one of the two."""
    version, signed = report_version.c, signature.c
    of_theirs = sa.exists().where(
        version.case_id == case.c.id,
        version.status == Status.BLIND,
        signed.version_id == version.id,
        signed.person_id == person_id,
    )
    return (case.c.state == State.CONFERRING) & of_theirs


def reading_of(tx: Connection, case_id: str, person_id: str) -> ReportVersion | None:
    """The blind reading that stands and that somebody made; None where they made none."""
    readings = {one.id: one for one in standing(tx, case_id)}
    signed = versions.signatures_on(tx, list(readings))
    return next((readings[one.version_id] for one in signed if one.person_id == person_id), None)


def proposed(tx: Connection, case_id: str) -> list[ReportVersion]:
    """The common text that one of two who confer signed: one, or none."""
    return [one for one in versions.of_case(tx, case_id) if one.status is Status.PROPOSED]


def signed_by(tx: Connection, found: Sequence[ReportVersion], person_id: str) -> frozenset[str]:
    """The ids of the versions among these that somebody signed."""
    signed = versions.signatures_on(tx, [one.id for one in found])
    return frozenset(one.version_id for one in signed if one.person_id == person_id)


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


def confer(tx: Connection, second: ReportVersion, *, until: datetime) -> None:
    """Keep until when the two readers confer."""
    _change(tx, second, confer_until=until)


def agree(tx: Connection, second: ReportVersion, consensus: ReportVersion) -> None:
    """Keep what both signed."""
    _change(tx, second, consensus_version_id=consensus.id)


def dissent(tx: Connection, second: ReportVersion, *, by: str, words: str, now: datetime) -> None:
    """Keep who did not agree, and why."""
    _change(tx, second, dissent_by=by, dissent=words, dissented_at=now)


def dissent_on(tx: Connection, case_id: str) -> str:
    """Why the two who read a case found no one report; empty where nobody dissented."""
    readings = standing(tx, case_id)
    row = double_reading.c
    said = sa.select(row.dissent).where(row.second_version_id == readings[-1].id) if readings else None
    return "" if said is None else tx.scalar(said) or ""


def _change(tx: Connection, second: ReportVersion, **values: object) -> None:
    tx.execute(sa.update(double_reading).where(double_reading.c.second_version_id == second.id).values(**values))
