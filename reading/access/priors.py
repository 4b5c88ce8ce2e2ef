"""Priors: the earlier cases of the same person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.access import visibility
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.identity_moves import Identity
from reading.patients.patient_identifiers import never_links
from reading.patients.persons import records_of_all, stands_for
from reading.patients.same_name import Answer
from reading.patients.same_person import Said, compare_images
from reading.viewers import Viewer
from storage.tables import study


@dataclass(kw_only=True)
class _Person:
    """Whom a case is of: the record that stands for its patient, else what its images say under each number."""

    linked: str | None
    said: dict[tuple[str, str], list[Said]] = field(default_factory=dict[tuple[str, str], list[Said]])
    """By patient id and its issuer; without those that never link."""


def prior_cases(tx: Connection, viewer: Viewer, found: Sequence[Case], now: datetime) -> dict[str, list[Case]]:
    """For each case the earlier cases of the same person that ``viewer`` may see, the newest first.

    The same person: the registered patient to whom both are linked; or, where one of them is not linked, the same
    number of the same issuer and images whose name, sex and birth date agree. A number alone joins nobody.
    A case whose images contradict whom their numbers name has none, and is none of anybody's.
    """
    known = [case for case in found if case.identity is not Identity.DIFFERS]
    persons = _persons(tx, [case.id for case in known])
    priors: dict[str, list[Case]] = {case.id: [] for case in found}
    linked = {each.linked for each in persons.values() if each.linked is not None}
    numbers = {number for each in persons.values() for number in each.said}
    if not linked and not numbers:
        return priors
    case, joined = tables.case, tables.case_study
    # A union, so that each half uses its own index; with OR the database would read every case.
    same = sa.union(
        sa.select(case.c.id).where(case.c.patient_id.in_(records_of_all(linked))),
        sa.select(joined.c.case_id)
        .join(study, study.c.study_uid == joined.c.study_uid)
        .where(sa.tuple_(study.c.patient_id, study.c.issuer).in_(numbers)),
    )
    rows = tx.execute(
        sa.select(case)
        .where(case.c.id.in_(same), case.c.identity != Identity.DIFFERS, visibility.cases_in_view(tx, viewer, now))
        .order_by(case.c.examined_at.desc(), case.c.id.desc())
    ).all()
    others = [cases.from_row(row) for row in rows]
    of_others = _persons(tx, [other.id for other in others])
    for one in known:
        priors[one.id] = [
            other
            for other in others
            if other.id != one.id
            and other.examined_at <= one.examined_at
            and _same(persons[one.id], of_others[other.id])
        ]
    return priors


def _same(one: _Person, other: _Person) -> bool:
    if one.linked is not None and other.linked is not None:
        return one.linked == other.linked
    answers = {
        compare_images(said, theirs).verdict
        for number in one.said.keys() & other.said.keys()
        for said in one.said[number]
        for theirs in other.said[number]
    }
    return answers == {Answer.AGREES}


def _persons(tx: Connection, case_ids: Sequence[str]) -> dict[str, _Person]:
    case, joined = tables.case, tables.case_study
    rows = tx.execute(
        sa.select(
            case.c.id,
            stands_for().label("linked"),
            study.c.patient_id,
            study.c.issuer,
            study.c.patient_name,
            study.c.sex,
            study.c.birth_date,
        )
        .outerjoin(tables.patient, tables.patient.c.id == case.c.patient_id)
        .join(joined, joined.c.case_id == case.c.id)
        .join(study, study.c.study_uid == joined.c.study_uid)
        .where(case.c.id.in_(case_ids))
    )
    found: dict[str, _Person] = {}
    for row in rows:
        person = found.setdefault(row.id, _Person(linked=row.linked))
        if row.issuer and not never_links(row.patient_id):
            said = Said(name=row.patient_name, sex=row.sex, birth_date=row.birth_date)
            person.said.setdefault((row.patient_id, row.issuer), []).append(said)
    return found
