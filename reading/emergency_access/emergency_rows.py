"""The rows of emergency access: one as a value, and those about a case."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.cases.cases import Case
from reading.emergency_access.rules import FoundBy, Reason, Verdict
from reading.patients import persons
from reading.tables import emergency_access


@dataclass(frozen=True, kw_only=True)
class Emergency:
    """A person, or one examination, seen by one member of staff for some hours."""

    id: str
    person_id: str
    grant_id: str
    patient_id: str | None
    case_id: str | None
    found_by: FoundBy
    reason: Reason
    words: str = field(repr=False)
    since: datetime
    until: datetime
    ended_at: datetime | None
    reviewed_at: datetime | None
    reviewed_by: str | None
    verdict: Verdict | None
    comment: str = field(repr=False)

    @property
    def end(self) -> datetime:
        """When it ended, or will."""
        return self.until if self.ended_at is None else min(self.until, self.ended_at)

    @property
    def subject(self) -> tuple[str, str]:
        """What it is about, as the audit says it: ``patient`` or ``case``, and the id."""
        return ("case", self.case_id) if self.case_id is not None else ("patient", self.patient_id or "")


def from_row(row: sa.Row[Any]) -> Emergency:
    """The value of a row of ``emergency_access``."""
    return Emergency(
        id=row.id,
        person_id=row.person_id,
        grant_id=row.grant_id,
        patient_id=row.patient_id,
        case_id=row.case_id,
        found_by=FoundBy(row.found_by),
        reason=Reason(row.reason),
        words=row.words,
        since=row.since,
        until=row.until,
        ended_at=row.ended_at,
        reviewed_at=row.reviewed_at,
        reviewed_by=row.reviewed_by,
        verdict=Verdict(row.verdict) if row.verdict else None,
        comment=row.comment,
    )


def about(tx: Connection, case: Case) -> list[Emergency]:
    """All that ever let somebody see a case in an emergency, the latest first; the caller has opened the case."""
    row = emergency_access.c
    theirs = row.case_id == case.id
    if case.patient_id is not None:
        theirs |= row.patient_id.in_(persons.records_of(case.patient_id))
    asked = sa.select(emergency_access).where(theirs, row.until >= case.examined_at)
    return [from_row(one) for one in tx.execute(asked.order_by(row.since.desc(), row.id.desc()))]
