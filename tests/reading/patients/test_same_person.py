"""Facts of two persons: which agree, which say nothing, which differ."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from reading.kinds import Sex
from reading.patients.patients import Patient
from reading.patients.same_name import Answer
from reading.patients.same_person import Fact, Said, compare, compare_birth_dates, compare_sexes

CHEN = Patient(
    id="1",
    number="1",
    name="陈大海",
    birth_date=date(1961, 4, 2),
    sex=Sex.MALE,
    telephone="",
    created_at=datetime(2026, 3, 2, tzinfo=UTC),
    revision=1,
)


@pytest.mark.parametrize(
    ("said", "verdict", "differing"),
    [
        (Said(name="CHEN^DAHAI", sex="M", birth_date="19610402"), Answer.AGREES, set()),
        (Said(name="CHEN^DAHAI"), Answer.AGREES, set()),
        (Said(name="WU^JUN"), Answer.DIFFERS, {Fact.NAME}),
        (Said(name="CHEN^DAHAI", sex="F"), Answer.DIFFERS, {Fact.SEX}),
        (Said(name="CHEN^DAHAI", sex="M", birth_date="20190402"), Answer.DIFFERS, {Fact.BIRTH_DATE}),
        (Said(name="", sex="M", birth_date="19610402"), Answer.SILENT, set()),
        (Said(name="TEST", sex="F", birth_date="20190402"), Answer.DIFFERS, {Fact.SEX, Fact.BIRTH_DATE}),
    ],
)
def test_one_fact_that_differs_outweighs_all_others(said: Said, verdict: Answer, differing: set[Fact]) -> None:
    compared = compare(said, CHEN)

    assert (compared.verdict, compared.differing) == (verdict, differing)


@pytest.mark.parametrize(
    ("said", "known", "answer"),
    [
        ("M", Sex.MALE, Answer.AGREES),
        (" f", Sex.FEMALE, Answer.AGREES),
        ("男", Sex.MALE, Answer.AGREES),
        ("FEMALE", Sex.MALE, Answer.DIFFERS),
        ("O", Sex.MALE, Answer.SILENT),
        ("", Sex.MALE, Answer.SILENT),
        ("M", Sex.UNKNOWN, Answer.SILENT),
        ("M", Sex.OTHER, Answer.SILENT),
    ],
)
def test_sexes(said: str, known: Sex, answer: Answer) -> None:
    assert compare_sexes(said, known) is answer


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        *(
            (day, Answer.AGREES)
            for day in ("19610402", "1961.04.02", "1961-4-2", "1961/04/02", "1961年4月2日", " 19610402 ")
        ),
        *((day, Answer.DIFFERS) for day in ("19610403", "20190402", "19550101", "19610204")),
        *((day, Answer.SILENT) for day in ("", "0", "00000000", "18581117", "19611302", "1961", "1961042", "19610101")),
    ],
)
def test_birth_dates(said: str, answer: Answer) -> None:
    assert compare_birth_dates(said, date(1961, 4, 2)) is answer


def test_a_birth_date_that_nobody_registered_decides_nothing() -> None:
    assert compare_birth_dates("19610402", None) is Answer.SILENT
