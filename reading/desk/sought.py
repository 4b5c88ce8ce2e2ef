"""What somebody types above a worklist, as a condition on cases: how a name begins, its initials, or a whole number."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.cases.accession import spellings
from reading.patients import persons
from reading.patients.name_search import named
from reading.tables import case, case_study, patient
from storage.tables import study

COMMON: Final = 2000
"""With more names that match, each case of the list is asked whose it is, instead of each name for its cases."""
_RECORD: Final = patient.alias("record_sought")


def is_about(tx: Connection, text: str) -> sa.ColumnElement[bool]:
    """Cases of a name, registered or in the images, that begins so or has such initials, or of this number."""
    found, typed = study.c, spellings(text)
    forms = (found.name_joined, found.name_turned, found.characters_joined, found.characters_turned)
    in_images = named(tx, text, forms, found.initials)
    in_images |= sa.or_(*(number == one for number in (found.accession_number, found.patient_id) for one in typed))
    registered = named(tx, text, persons.name_forms(), patient.c.initials)
    common = _is_common(tx, study, in_images) or _is_common(tx, patient, registered)
    registered_under = case.c.patient_id.in_(sa.select(patient.c.id).where(patient.c.number.in_(typed)))
    if common:
        return _of_images(in_images) | _of_registered(registered) | registered_under
    studies = sa.select(found.study_uid).where(in_images)
    of_images = sa.select(case_study.c.case_id).where(case_study.c.study_uid.in_(studies))
    numbered = sa.select(patient.c.id).where(patient.c.number.in_(typed))
    people = sa.union(*persons.records_whose(registered).selects, numbered)
    return case.c.id.in_(sa.union(of_images, sa.select(case.c.id).where(case.c.patient_id.in_(people))))


def _of_images(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    inside = sa.exists().where(case_study.c.study_uid == study.c.study_uid, condition)
    return inside.where(case_study.c.case_id == case.c.id).correlate(case)


def _of_registered(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """``condition`` is of the record that stands for the person."""
    stands = patient.c.id == sa.func.coalesce(_RECORD.c.merged_into, _RECORD.c.id)
    return sa.exists().where(_RECORD.c.id == case.c.patient_id, stands, condition).correlate(case)


def _is_common(tx: Connection, table: sa.Table, condition: sa.ColumnElement[bool]) -> bool:
    some = sa.select(sa.literal(1).label("one")).select_from(table).where(condition).limit(COMMON + 1).subquery()
    return (tx.scalar(sa.select(sa.func.count()).select_from(some)) or 0) > COMMON
