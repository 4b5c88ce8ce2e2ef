"""Notes from the time without a line: kept once, brought to their examination, history and never the report."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any, Final

import pytest
from sqlalchemy.engine import Connection, Engine

from reading.cases.identity_moves import Identity
from reading.cases.moves import HIDDEN
from reading.context import Context
from reading.errors import Invalid, NotThere, SaidOtherwise, Stale
from reading.provisional import notes
from reading.provisional.notes import Written
from reading.reports import versions
from reading.tables import case as case_table
from reading.viewers import Staff
from storage.database import transaction
from tests.reading.clinic import Clinic, arrive, open_clinic

NAMED: Final[dict[str, Any]] = {"patient_name": "Wang^Xiaoli=王^小丽", "accession_number": "260302ABCDEF"}


def written(now: datetime, **known: str) -> Written:
    made = Written(
        made_as=str(uuid.uuid4()),
        patient_name="王小丽",
        facts="女 44岁",
        number="260302ABCDEF",
        examination="胸部正位",
        words="未见明显骨折，先固定观察。",
        doctor="李医生",
        written_at=now - timedelta(hours=2),
    )
    return replace(made, **known)  # type: ignore[arg-type]


def by(clinic: Clinic, tx: Connection, staff: Staff, now: datetime) -> Context[Staff]:
    return Context(tx, clinic.audit, now, staff)


@pytest.mark.parametrize(
    ("known", "goes"),
    [
        ({}, True),
        ({"number": "２６０３０２ＡＢＣＤＥＦ"}, True),
        ({"patient_name": "陈大海"}, False),  # the number alone joins nothing
        ({"number": "OTHER"}, False),
        ({"number": ""}, False),
    ],
)
def test_a_note_goes_to_the_examination_with_its_number_and_its_name(
    engine: Engine, now: datetime, known: dict[str, str], *, goes: bool
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now, **NAMED)
        tang = by(clinic, tx, clinic.tang, now)
        said = written(now, **known)
        note, again = notes.upload(tang, "hills", said), notes.upload(tang, "hills", said)
        waits, standing = notes.waiting(tang), versions.current(tx, case.id)

    assert note == again
    assert note.case_id == (case.id if goes else None)
    assert [one.id for one in waits] == ([] if goes else [note.id])
    assert standing is None


def test_somebody_of_the_site_says_whose_a_note_is_and_nobody_else(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case, theirs = arrive(tx, clinic, "1.1", now, **NAMED), arrive(tx, clinic, "1.2", now, site=clinic.region.moor)
        tang, quinn = by(clinic, tx, clinic.tang, now), by(clinic, tx, clinic.quinn, now)
        note = notes.upload(tang, "hills", written(now, number=""))
        with pytest.raises(NotThere):
            notes.assign(quinn, note.id, theirs.id, seen=1)
        with pytest.raises(NotThere):
            notes.assign(tang, note.id, theirs.id, seen=1)
        with pytest.raises(NotThere):
            notes.upload(quinn, "hills", written(now))
        notes.assign(tang, note.id, case.id, seen=1)
        with pytest.raises(Stale):
            notes.assign(tang, note.id, case.id, seen=1)

        assert [one.written.words for one in notes.of_case(tang, case.id)] == ["未见明显骨折，先固定观察。"]
        assert notes.waiting(quinn) == notes.waiting(tang) == []


def test_a_note_that_comes_again_with_other_words_is_refused_and_what_was_uploaded_stays(
    engine: Engine, now: datetime
) -> None:
    first = written(now, number="")
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        tang = by(clinic, tx, clinic.tang, now)
        note = notes.upload(tang, "hills", first)
        later = notes.upload(tang, "hills", replace(first, written_at=now))
        for other in ({"words": "右桡骨骨折。"}, {"doctor": "王医生"}, {"patient_name": "王小莉"}):
            with pytest.raises(SaidOtherwise):
                notes.upload(tang, "hills", replace(first, **other))  # type: ignore[arg-type]

        assert later == note
        assert [(one.written, one.uploaded_by) for one in notes.waiting(tang)] == [(first, "Tang")]


@pytest.mark.parametrize("standing", [{"state": state} for state in sorted(HIDDEN)] + [{"identity": Identity.DIFFERS}])
def test_a_note_joins_no_case_by_itself_that_is_withheld_or_whose_images_contradict_its_person(
    engine: Engine, now: datetime, standing: dict[str, str]
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now, **NAMED)
        tx.execute(case_table.update().where(case_table.c.id == case.id).values(**standing))
        note = notes.upload(by(clinic, tx, clinic.tang, now), "hills", written(now))

    assert note.case_id is None


@pytest.mark.parametrize("part", ["patient_name", "examination", "words", "doctor"])
def test_a_note_without_a_part_is_refused(engine: Engine, now: datetime, part: str) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        with pytest.raises(Invalid) as refused:
            notes.upload(by(clinic, tx, clinic.tang, now), "hills", written(now, **{part: " "}))

    assert refused.value.field == {"words": "note"}.get(part, part)


def test_a_clock_that_runs_ahead_dates_no_note_into_the_future(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        ahead = replace(written(now), written_at=now + timedelta(days=1))
        note = notes.upload(by(clinic, tx, clinic.tang, now), "hills", ahead)

    assert note.written.written_at == now


def test_the_same_note_uploaded_twice_at_one_moment_is_kept_once(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
    said = written(now)
    begun = Barrier(2)

    def upload(words: str) -> str:
        with transaction(engine) as tx:
            if engine.dialect.name == "postgresql":  # SQLite lets one write at a time
                begun.wait(timeout=30)
            return notes.upload(by(clinic, tx, clinic.tang, now), "hills", replace(said, words=words)).id

    with ThreadPoolExecutor(2) as hands:
        first, second = hands.map(upload, (said.words, said.words))
    with transaction(engine) as tx:
        waits = notes.waiting(by(clinic, tx, clinic.tang, now))

    assert first == second
    assert [one.id for one in waits] == [first]
