"""The facts of cases that rules depend on, gathered for many at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.cases.cases import Case
from reading.dicom_dates import parse_date
from reading.kinds import Priority, Sex
from reading.patients import patients
from reading.register import organisations
from reading.register.organisations import Organisation
from reading.rules import calendar
from reading.rules.calendar import Calendar
from reading.rules.examination_time import day_there, years_between
from reading.rules.facts import Facts
from storage.tables import study


@dataclass(frozen=True, kw_only=True)
class Requested:
    """What an order says that rules depend on."""

    department: str = ""
    contrast: bool | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Person:
    """Sex and age of whoever was examined."""

    sex: Sex
    born: date | None
    estimated_age: int | None = None
    """Years that somebody estimated at the registration, where nobody knows the birth date."""

    def age_years(self, on: date) -> int | None:
        return self.estimated_age if self.born is None else years_between(self.born, on)


def facts_at_arrival(
    tx: Connection,
    *,
    modality: str,
    body_part: str,
    site: Organisation,
    person: Person,
    requested: Requested,
    priority: Priority,
    examined_at: datetime,
    received_at: datetime,
) -> Facts:
    """The facts of a case that is being opened."""
    there = received_at.astimezone(ZoneInfo(site.time_zone))
    return Facts(
        modality=modality,
        body_part=body_part,
        site_id=site.id,
        site_code=site.code,
        department=requested.department,
        contrast=requested.contrast,
        request=requested.reason,
        sex=person.sex,
        age_years=person.age_years(day_there(examined_at, site.time_zone)),
        received_at=there,
        working_day=calendar.read(tx, there.date(), there.date()).is_working(there.date()),
        priority=priority,
        critical=False,
        escalated=False,
    )


def facts_of(
    tx: Connection, found: Sequence[Case], *, escalated: frozenset[str], days: Calendar | None = None
) -> dict[str, Facts]:
    """The facts of cases as they are now, by id; ``escalated`` are the ids of those that were escalated."""
    sites = organisations.by_ids(tx, {case.site_id for case in found})
    people, orders = _people(tx, found), _orders(tx, [case.id for case in found])
    made: dict[str, Facts] = {}
    for case in found:
        site, person = sites[case.site_id], people[case.id]
        there = case.received_at.astimezone(ZoneInfo(site.time_zone))
        requested = orders.get(case.id, Requested())
        made[case.id] = Facts(
            modality=case.modality,
            body_part=case.body_part,
            site_id=site.id,
            site_code=site.code,
            department=requested.department,
            contrast=requested.contrast,
            request=requested.reason,
            sex=person.sex,
            age_years=person.age_years(day_there(case.examined_at, site.time_zone)),
            received_at=there,
            working_day=(days or calendar.read(tx, there.date(), there.date())).is_working(there.date()),
            priority=case.priority,
            critical=case.critical,
            escalated=case.id in escalated,
        )
    return made


def sex_of(said: str) -> Sex:
    """Patient's Sex as a device wrote it (PS3.3 C.7.1.1); unknown where that is none of its terms."""
    return Sex(said.strip()) if said.strip() in set(Sex) else Sex.UNKNOWN


def person_of(tx: Connection, case: Case) -> Person:
    """Whoever is examined in a case: one answer for its rule, its templates and the checks of its report."""
    return _people(tx, [case])[case.id]


def _people(tx: Connection, found: Sequence[Case]) -> dict[str, Person]:
    """Of each case: what the linked patient's record says; where that says nothing, what all its images agree on."""
    joined = tables.case_study
    ids = {case.patient_id for case in found if case.patient_id is not None}
    linked = {one.id: one for one in patients.select(tx, tables.patient.c.id.in_(ids))} if ids else {}
    sexes: defaultdict[str, set[Sex]] = defaultdict(set)
    dates: defaultdict[str, set[date]] = defaultdict(set)
    rows = tx.execute(
        sa.select(joined.c.case_id, study.c.sex, study.c.birth_date)
        .join(study, study.c.study_uid == joined.c.study_uid)
        .where(joined.c.case_id.in_([case.id for case in found]))
    )
    for row in rows:
        sexes[row.case_id] |= {sex_of(row.sex)} - {Sex.UNKNOWN}
        dates[row.case_id] |= {born for born in (parse_date(row.birth_date),) if born is not None}
    people: dict[str, Person] = {}
    for case in found:
        record = linked.get(case.patient_id or "")
        said, born = sexes[case.id], dates[case.id]
        known = record.sex if record is not None else Sex.UNKNOWN
        people[case.id] = Person(
            sex=known or (min(said) if len(said) == 1 else Sex.UNKNOWN),
            born=(record.birth_date if record is not None else None) or (min(born) if len(born) == 1 else None),
            estimated_age=record.estimated_age if record is not None else None,
        )
    return people


def _orders(tx: Connection, case_ids: Sequence[str]) -> Mapping[str, Requested]:
    """What the orders of cases say; where a case answers several, the one that it joined last."""
    joined, procedure, order = tables.case_procedure, tables.procedure, tables.imaging_order
    rows = tx.execute(
        sa.select(joined.c.case_id, order.c.department, order.c.contrast, order.c.reason)
        .join(procedure, procedure.c.id == joined.c.procedure_id)
        .join(order, order.c.id == procedure.c.order_id)
        .where(joined.c.case_id.in_(case_ids))
        .order_by(joined.c.joined_at, order.c.id)
    )
    return {row.case_id: Requested(department=row.department, contrast=row.contrast, reason=row.reason) for row in rows}
