"""Attribution: corrections beside bytes that never change."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Final

import pytest
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import IntegrityError

from reading.errors import Invalid, NotThere, Stale
from reading.patients import attribution
from reading.patients.attribution import Revision
from storage.database import snapshot, transaction
from storage.index import queries
from tests.reading.region import hire, make_region, pia, received

STUDY = "1.2.840.1"


def correct(tx: Connection, now: datetime, attributes: dict[str, str], **other: object) -> Revision:
    return attribution.correct(tx, STUDY, attributes, **({"reason": "wrong card", "made_by": None, "now": now} | other))  # type: ignore[arg-type]


def test_a_correction_is_shown_and_earlier_ones_of_other_attributes_stay(engine: Engine, now: datetime) -> None:
    later = now + timedelta(hours=1)
    with transaction(engine) as tx:
        region = make_region(tx, now)
        received(tx, region.hills, STUDY, now)
        tang = hire(tx, "tang", now)
        patient = pia(tx, now)
        assert attribution.current(tx, STUDY) is None
        first = correct(
            tx, now, {"PatientName": "潘^娅", "PatientSex": "F"}, made_by=tang.person_id, patient_id=patient.id
        )
        second = correct(tx, later, {"PatientName": "潘^雅", "Laterality": "L"}, reason="other character")

    with snapshot(engine) as tx:
        study = queries.study_of(tx, STUDY)
        assert attribution.current(tx, STUDY) == second
        assert attribution.history(tx, STUDY) == [first, second]
    assert study is not None
    assert (study.patient_name, study.sex, study.attribution_revision) == ("PAN^YA=潘^雅", "F", 2)
    assert second.attributes == {"PatientName": "PAN^YA=潘^雅", "PatientSex": "F", "Laterality": "L"}
    assert (first.patient_id, first.made_by, second.patient_id) == (patient.id, tang.person_id, patient.id)
    assert (second.made_at, second.reason) == (later, "other character")


def test_each_revision_knows_what_was_shown_before_it(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        received(tx, make_region(tx, now).hills, STUDY, now, patient_name="Old^Name", sex="M")
        first = correct(tx, now, {"PatientName": "New^Name", "Laterality": "L"})
        second = correct(tx, now, {"PatientName": "Newer^Name", "PatientSex": "F", "Laterality": "R"})

    assert first.previous == {"PatientName": "Old^Name"}
    assert second.previous == {"PatientName": "New^Name", "PatientSex": "M", "Laterality": "L"}


WRONG: Final = [
    ({}, "wrong card", "attributes", "empty"),
    ({"PatientName": "X"}, " ", "reason", "empty"),
    ({"PatientName": "X"}, "x" * 1001, "reason", "length"),
    ({"StudyInstanceUID": "1.2"}, "wrong card", "StudyInstanceUID", "not_corrected_here"),
    ({"PatientName": "X" * 65}, "wrong card", "PatientName", "length"),
    ({"PatientID": "A\\B"}, "wrong card", "PatientID", "characters"),
    ({"PatientName": "A\nB"}, "wrong card", "PatientName", "characters"),
    ({"PatientBirthDate": "1990-03-07"}, "wrong card", "PatientBirthDate", "form"),
    ({"PatientSex": "X"}, "wrong card", "PatientSex", "form"),
    ({"Laterality": "left"}, "wrong card", "Laterality", "form"),
]


def test_what_is_wrong_with_a_correction_is_told(engine: Engine, now: datetime) -> None:
    told: list[tuple[str, str]] = []
    with transaction(engine) as tx:
        received(tx, make_region(tx, now).hills, STUDY, now)
        for attributes, reason, *_ in WRONG:
            with pytest.raises(Invalid) as refused:
                correct(tx, now, attributes, reason=reason)
            told.append((refused.value.field, refused.value.problem))
        assert attribution.current(tx, STUDY) is None

    assert told == [(field, problem) for *_, field, problem in WRONG]


def test_a_name_of_three_groups_may_be_longer_than_one(engine: Engine, now: datetime) -> None:
    name = f"{'P' * 60}={'潘' * 60}"
    with transaction(engine) as tx:
        received(tx, make_region(tx, now).hills, STUDY, now)
        made = correct(tx, now, {"PatientName": name})

    assert made.attributes["PatientName"] == name


def test_a_study_that_is_not_there_is_not_corrected(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx, pytest.raises(NotThere):
        correct(tx, now, {"PatientName": "X"})


def test_a_patient_who_is_not_there_is_no_race(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        received(tx, make_region(tx, now).hills, STUDY, now)
        with pytest.raises(IntegrityError):
            correct(tx, now, {"PatientName": "X"}, patient_id="nobody")
        assert attribution.current(tx, STUDY) is None


def test_whoever_looked_at_an_earlier_revision_is_told(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        received(tx, make_region(tx, now).hills, STUDY, now)
        correct(tx, now, {"PatientName": "X"}, seen_revision=0)
        with pytest.raises(Stale) as refused:
            correct(tx, now, {"PatientName": "Y"}, seen_revision=0)

    assert refused.value.expected == 1


def test_of_corrections_that_come_at_once_none_is_lost_in_silence(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        received(tx, make_region(tx, now).hills, STUDY, now)

    def work(number: int) -> bool:
        try:
            with transaction(engine) as tx:
                correct(tx, now, {"PatientID": str(number)})
        except Stale:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        kept = sum(pool.map(work, range(8)))

    with snapshot(engine) as tx:
        revisions = attribution.history(tx, STUDY)
        study = queries.study_of(tx, STUDY)
    assert [one.revision for one in revisions] == list(range(1, kept + 1))
    assert study is not None
    assert (study.patient_id, study.attribution_revision) == (revisions[-1].attributes["PatientID"], kept)
