"""Whether an entry may be shown: what it was made of still stands. It is asked at each look, and never copied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.cases.moves import HIDDEN, State
from reading.reports.versions import Status
from reading.review.discrepancy_moves import State as DiscrepancyState
from reading.tables import (
    case,
    case_study,
    discrepancy,
    patient,
    report_version,
    review,
    seal_alarm,
    teaching_entry,
    teaching_picture,
)
from storage.tables import instance


class Rests(StrEnum):
    """Why an entry is shown to nobody but those who keep it, the gravest first."""

    WITHHELD = "withheld"
    """Its case is withheld, entered in error, or has no images any more."""
    PERSON = "person"
    """The case is another record's by now, or name, sex or birth date of the person were corrected."""
    PICTURES = "pictures"
    """A picture was hidden, rejected, erased or moved to another case."""
    REPORT = "report"
    """Another version is the final one, or the version is not what was signed."""
    OPEN = "open"
    """The case is being reviewed, disputed or arbitrated, or a clinician says that the report does not fit."""
    NAMED = "named"
    """It stands, but its collection is called after its patient; said to those who keep it and see the case alone."""


_ENTRY: Final = teaching_entry.c


def _of_its_case(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return sa.exists().where(case.c.id == _ENTRY.case_id, *conditions).correlate(teaching_entry)


def in_question(case_id: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """The condition that somebody doubts the report of a case: a discrepancy is open, or a score in arbitration."""
    raised = sa.exists().where(discrepancy.c.case_id == case_id, discrepancy.c.state == DiscrepancyState.OPEN)
    scored = sa.exists().where(review.c.case_id == case_id, review.c.awaits_arbitration)
    return raised.correlate_except(discrepancy) | scored.correlate_except(review)


def _same_person() -> sa.ColumnElement[bool]:
    facts_at = sa.select(patient.c.facts_at).where(patient.c.id == _ENTRY.patient_id).correlate(teaching_entry)
    return _of_its_case(case.c.patient_id.is_not_distinct_from(_ENTRY.patient_id)) & (
        _ENTRY.facts_at.is_not_distinct_from(facts_at.scalar_subquery())
    )


def _same_report() -> sa.ColumnElement[bool]:
    alarm = sa.exists().where(seal_alarm.c.version_id == report_version.c.id, seal_alarm.c.lifted_at.is_(None))
    stands = sa.exists().where(
        report_version.c.id == _ENTRY.version_id,
        report_version.c.status == Status.FINAL,
        ~alarm.correlate(report_version),
    )
    return stands.correlate(teaching_entry)


def _all_pictures() -> sa.ColumnElement[bool]:
    there = (
        sa.exists()
        .where(instance.c.sop_instance_uid == teaching_picture.c.sop_instance_uid, instance.c.hidden.is_(False))
        .where(case_study.c.study_uid == instance.c.study_uid, case_study.c.case_id == _ENTRY.case_id)
        .correlate(teaching_picture, teaching_entry)
    )
    gone = sa.exists().where(teaching_picture.c.entry_id == _ENTRY.id, ~there).correlate(teaching_entry)
    return ~gone


_STANDS: Final[Mapping[Rests, sa.ColumnElement[bool]]] = {
    Rests.WITHHELD: _of_its_case(case.c.state.not_in(sorted(HIDDEN))),
    Rests.PERSON: _same_person(),
    Rests.PICTURES: _all_pictures(),
    Rests.REPORT: _same_report(),
    Rests.OPEN: _of_its_case(case.c.state == State.FINAL) & ~in_question(_ENTRY.case_id),
}
"""What has to hold; where it does not, an entry rests for this reason."""


def stands() -> sa.ColumnElement[bool]:
    """The condition on ``teaching_entry`` for those that are shown: not removed, and all of the above holds."""
    return sa.and_(_ENTRY.removed_at.is_(None), *_STANDS.values())


def why_they_rest(tx: Connection, entry_ids: Sequence[str]) -> dict[str, Rests | None]:
    """The gravest reason why each of these entries rests; None where it stands."""
    asked = [holds.label(reason) for reason, holds in _STANDS.items()]
    found = tx.execute(sa.select(_ENTRY.id, *asked).where(_ENTRY.id.in_(entry_ids)))
    return {
        one.id: next((reason for reason, holds in zip(_STANDS, one[1:], strict=True) if not holds), None)
        for one in found
    }
