"""Whether what images say of a person can be said of a registered one: name, sex and birth date compared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from reading.dicom_dates import parse_date
from reading.kinds import Sex
from reading.patients.patients import Patient
from reading.patients.same_name import Answer, compare_names
from storage.records import Study

SEXES: Final[Mapping[str, Sex]] = {
    **dict.fromkeys(("M", "MALE", "男", "男性"), Sex.MALE),
    **dict.fromkeys(("F", "FEMALE", "女", "女性"), Sex.FEMALE),
}
"""How devices write the sex; whatever else they write decides nothing (PS3.3 C.7.1.1: O is other)."""
OLDEST: Final = 1880
"""A birth year before it is a device's default."""
_BY_HAND: Final = re.compile(r"(\d{4})[-./年](\d{1,2})[-./月](\d{1,2})日?", re.ASCII)


class Fact(StrEnum):
    NAME = "name"
    SEX = "sex"
    BIRTH_DATE = "birth_date"


@dataclass(frozen=True, kw_only=True)
class Said:
    """What images say of their person, as DICOM writes it; empty where they say nothing."""

    name: str = field(repr=False)
    sex: str = ""
    birth_date: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What each fact says, and all together."""

    answers: Mapping[Fact, Answer]

    @property
    def differing(self) -> frozenset[Fact]:
        return frozenset(fact for fact, answer in self.answers.items() if answer is Answer.DIFFERS)

    @property
    def verdict(self) -> Answer:
        """One fact that differs outweighs all others; without a name that agrees nothing is decided."""
        return Answer.DIFFERS if self.differing else self.answers[Fact.NAME]

    @property
    def verdict_by_number(self) -> Answer:
        """As `verdict`, of images that a number alone brings together: a name, which many share, needs another fact."""
        other = {self.answers[Fact.SEX], self.answers[Fact.BIRTH_DATE]}
        return Answer.SILENT if self.verdict is Answer.AGREES and Answer.AGREES not in other else self.verdict


def said_by(study: Study) -> Said:
    """What a study says of its person, corrections applied."""
    return Said(name=study.patient_name, sex=study.sex, birth_date=study.birth_date)


def compare(said: Said, patient: Patient) -> Comparison:
    """Compare what images say with a registered person."""
    return Comparison(
        answers={
            Fact.NAME: compare_names(said.name, patient.name),
            Fact.SEX: compare_sexes(said.sex, patient.sex),
            Fact.BIRTH_DATE: compare_birth_dates(said.birth_date, patient.birth_date),
        }
    )


def another_person(said: Iterable[Said], patient: Patient) -> tuple[Fact, ...]:
    """The facts in which images name somebody else altogether, the name first: it, and sex or birth date as well.

    A name alone may be written otherwise, and a birth date be a device's default; both together are hardly one person.
    """
    each = [compare(one, patient).differing for one in said]
    differing = {fact for facts in each if Fact.NAME in facts and len(facts) > 1 for fact in facts}
    return tuple(fact for fact in Fact if fact in differing)


def compare_images(one: Said, other: Said) -> Comparison:
    """Compare what two images say of their person; symmetric."""
    return Comparison(
        answers={
            Fact.NAME: _same_names(one.name, other.name),
            Fact.SEX: compare_sexes(one.sex, SEXES.get(other.sex.strip().upper(), Sex.UNKNOWN)),
            Fact.BIRTH_DATE: _same_day(one.birth_date, other.birth_date),
        }
    )


def compare_sexes(said: str, known: Sex) -> Answer:
    """What a sex, as a device writes it, says of somebody's."""
    sex = SEXES.get(said.strip().upper())
    if sex is None or known not in SEXES.values():
        return Answer.SILENT
    return Answer.AGREES if sex is known else Answer.DIFFERS


def compare_birth_dates(said: str, known: date | None) -> Answer:
    """What a birth date (PS3.5 6.2 DA, or as people write it) says of somebody's.

    Consoles turn a typed age into the first of January of a year: it decides nothing about somebody of about that age.
    """
    day = _date(said)
    if day is None or known is None or day.year < OLDEST:
        return Answer.SILENT
    if day == known:
        return Answer.AGREES
    from_age = (day.month, day.day) == (1, 1) and abs(day.year - known.year) <= 1
    return Answer.SILENT if from_age else Answer.DIFFERS


def _same_names(one: str, other: str) -> Answer:
    answers = {compare_names(one, group) for group in other.split("=") if group.strip()}
    if Answer.DIFFERS in answers:
        return Answer.DIFFERS
    return Answer.AGREES if Answer.AGREES in answers else Answer.SILENT


def _same_day(one: str, other: str) -> Answer:
    """As `compare_birth_dates`, of two that devices wrote: either may have been made of an age."""
    forth, back = compare_birth_dates(one, _date(other)), compare_birth_dates(other, _date(one))
    return Answer.SILENT if Answer.SILENT in {forth, back} else forth


def _date(said: str) -> date | None:
    if (day := parse_date(said)) is not None:
        return day
    match = _BY_HAND.fullmatch(said.strip())
    if match is None:
        return None
    try:
        return date(*(int(part) for part in match.groups()))
    except ValueError:
        return None
