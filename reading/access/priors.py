"""Priors: the earlier cases of the same person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.access import visibility
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.identity_moves import OPEN_TO_THE_PATIENT, Identity
from reading.cases.moves import HIDDEN, State
from reading.patients.patient_identifiers import never_links
from reading.patients.persons import records_of_all, stands_for
from reading.patients.same_name import Answer
from reading.patients.same_person import Said, compare_images
from reading.viewers import Viewer
from storage.tables import study

NAMES: Final = 50
"""Different names under one number of one issuer, from which on it is a device's default and not somebody's number."""


class Link(StrEnum):
    """How an earlier case was found to be of the same person."""

    PERSON = "person"
    """Both are linked to one registered patient."""
    NUMBER = "number"
    """The same number of the same issuer, on images whose name, sex and birth date agree."""


@dataclass(frozen=True, kw_only=True)
class PriorCase:
    """An earlier case of the same person."""

    case: Case
    link: Link
    said: Said
    """Whose it is, as its images say."""


@dataclass(kw_only=True)
class _Person:
    """Whom a case is of: the record that stands for its patient, and what its images say."""

    linked: str | None
    images: list[Said] = field(default_factory=list[Said])
    said: dict[tuple[str, str], list[Said]] = field(default_factory=dict[tuple[str, str], list[Said]])
    """By patient id and its issuer; without those that never link."""


def prior_cases(tx: Connection, viewer: Viewer, found: Sequence[Case], now: datetime) -> dict[str, list[Case]]:
    """For each case the earlier cases of the same person that ``viewer`` may see, the newest first; see `priors_of`."""
    in_view = visibility.cases_in_view(tx, viewer, now)
    return {case_id: [one.case for one in each] for case_id, each in _found(tx, found, in_view).items()}


def priors_of(tx: Connection, viewer: Viewer, case: Case, now: datetime) -> list[PriorCase]:
    """The earlier cases of the same person that ``viewer`` may see, the newest first, with how each was found.

    The same person: the registered patient to whom both are linked; or, where one of them is not linked, the same
    number of the same issuer and images whose name agrees, with sex or birth date, and which contradict each other in
    nothing. A number alone joins nobody, nor does one with a name alone, and one under which more than `NAMES` names
    stand joins nobody at all.
    A case whose images contradict whom their numbers name has none, and is none of anybody's. Nor is a linked one
    offered whose images contradict those of the case, unless it is confirmed of both whose they are.
    """
    return _found(tx, [case], visibility.cases_in_view(tx, viewer, now))[case.id]


def of_persons(tx: Connection, viewer: Viewer, patient_ids: Collection[str], now: datetime) -> dict[str, list[Case]]:
    """For each registered patient the cases that are linked to them and that ``viewer`` may see, the newest first.

    Of whichever of their records; never one whose images contradict whom their numbers name (see `priors_of`).
    """
    record = tables.patient
    asked = tx.execute(sa.select(record.c.id, stands_for().label("standing")).where(record.c.id.in_(patient_ids)))
    standing = {row.id: row.standing for row in asked}
    row = tables.case
    found = tx.execute(
        sa.select(row, stands_for().label("standing"))
        .join(record, record.c.id == row.c.patient_id)
        .where(row.c.patient_id.in_(records_of_all(set(standing.values()))))
        .where(row.c.identity != Identity.DIFFERS, visibility.cases_in_view(tx, viewer, now))
        .order_by(row.c.examined_at.desc(), row.c.id.desc())
    )
    theirs: defaultdict[str, list[Case]] = defaultdict(list)
    for one in found:
        theirs[one.standing].append(cases.from_row(one))
    return {patient_id: theirs[standing[patient_id]] for patient_id in standing}


def on_their_way(tx: Connection, case: Case) -> list[Case]:
    """The earlier cases of the same person whose images are still arriving: for the system, whoever may see them."""
    arriving = tables.case.c.arriving & tables.case.c.state.not_in(HIDDEN)
    return [one.case for one in _found(tx, [case], arriving)[case.id]]


def unread_after(tx: Connection, case: Case) -> list[Case]:
    """The later cases of the same person that wait to be read, the oldest first: for the system, whoever may see them.

    Of two of one time only one is later: whoever locks them one after the other meets nobody who comes the other way.
    """
    waiting = tables.case.c.state == State.WAITING_READ
    found = [one.case for one in _found(tx, [case], waiting, later=True)[case.id]]
    return [one for one in reversed(found) if (one.examined_at, one.id) > (case.examined_at, case.id)]


def _found(
    tx: Connection, found: Sequence[Case], among: sa.ColumnElement[bool], *, later: bool = False
) -> dict[str, list[PriorCase]]:
    """For each case the earlier (``later``: later) ones of the same person, of those that meet a condition on it."""
    known = [case for case in found if case.identity is not Identity.DIFFERS]
    persons = _persons(tx, tables.case.c.id.in_([case.id for case in known]))
    priors: dict[str, list[PriorCase]] = {case.id: [] for case in found}
    linked = {each.linked for each in persons.values() if each.linked is not None}
    numbers = of_one_person(tx, {number for each in persons.values() for number in each.said})
    for each in persons.values():
        each.said = {number: said for number, said in each.said.items() if number in numbers}
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
    wanted = case.c.id.in_(same) & (case.c.identity != Identity.DIFFERS) & among
    rows = tx.execute(sa.select(case).where(wanted).order_by(case.c.examined_at.desc(), case.c.id.desc())).all()
    # Of those alone: of thousands under one number few wait to be read. By a query, for ids may be too many to name.
    of_others = _persons(tx, case.c.id.in_(sa.select(case.c.id).where(wanted).correlate(None))) if rows else {}
    others = _Others([(cases.from_row(row), of_others[row.id]) for row in rows])
    compared = _Compared()
    for one in known:
        person = persons[one.id]
        links = [
            (other, theirs, _link((one, person), (other, theirs), compared))
            for other, theirs in others.of(person)
            if other.id != one.id and _precedes(*((one, other) if later else (other, one)))
        ]
        priors[one.id] = [
            PriorCase(case=other, link=link, said=theirs.images[0]) for other, theirs, link in links if link is not None
        ]
    return priors


def _precedes(one: Case, other: Case) -> bool:
    return one.examined_at <= other.examined_at


class _Others:
    """Cases with whom they are of, in their order, found by record and by number."""

    def __init__(self, ordered: Sequence[tuple[Case, _Person]]) -> None:
        self._ordered = ordered
        self._linked: defaultdict[str, list[int]] = defaultdict(list)
        self._said: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        for place, (_, person) in enumerate(ordered):
            if person.linked is not None:
                self._linked[person.linked].append(place)
            for number in person.said:
                self._said[number].append(place)

    def of(self, person: _Person) -> Iterator[tuple[Case, _Person]]:
        """Those that have its record or one of its numbers."""
        places = set(self._linked[person.linked]) if person.linked is not None else set[int]()
        places |= {place for number in person.said for place in self._said[number]}
        return (self._ordered[place] for place in sorted(places))


class _Compared(dict[tuple[Said, Said], Answer]):
    """What two images say of each other: thousands that say the same are compared once."""

    def answers(self, mine: Iterable[Said], theirs: Iterable[Said]) -> set[Answer]:
        found: set[Answer] = set()
        for one in dict.fromkeys(mine):
            for other in dict.fromkeys(theirs):
                if (one, other) not in self:
                    self[one, other] = compare_images(one, other).verdict_by_number
                found.add(self[one, other])
        return found


def _link(one: tuple[Case, _Person], other: tuple[Case, _Person], compared: _Compared) -> Link | None:
    (case, mine), (earlier, theirs) = one, other
    if mine.linked is not None and theirs.linked is not None:
        if mine.linked != theirs.linked:
            return None
        if {case.identity, earlier.identity} <= OPEN_TO_THE_PATIENT:
            return Link.PERSON
        return None if Answer.DIFFERS in compared.answers(mine.images, theirs.images) else Link.PERSON
    shared = mine.said.keys() & theirs.said.keys()
    answers = {answer for number in shared for answer in compared.answers(mine.said[number], theirs.said[number])}
    return Link.NUMBER if answers == {Answer.AGREES} else None


def of_one_person(tx: Connection, numbers: AbstractSet[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of these numbers, each with its issuer, that can be somebody's: a device's default stands for many."""
    if not numbers:
        return set()
    key = (study.c.patient_id, study.c.issuer)
    names = sa.func.count(study.c.patient_name.distinct())
    rows = tx.execute(sa.select(*key).where(sa.tuple_(*key).in_(numbers)).group_by(*key).having(names <= NAMES))
    return {(row[0], row[1]) for row in rows}


def _persons(tx: Connection, of_cases: sa.ColumnElement[bool]) -> dict[str, _Person]:
    """Whom the cases are of that meet a condition on the table ``case``, by case."""
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
        .where(of_cases)
    )
    found: dict[str, _Person] = {}
    for row in rows:
        person = found.setdefault(row.id, _Person(linked=row.linked))
        said = Said(name=row.patient_name, sex=row.sex, birth_date=row.birth_date)
        person.images.append(said)
        if row.issuer and not never_links(row.patient_id):
            person.said.setdefault((row.patient_id, row.issuer), []).append(said)
    return found
