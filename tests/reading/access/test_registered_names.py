"""A matched patient is found by the registered name, its pinyin and what the device wrote, by their own sites."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy.engine import Connection, Engine

from reading.access import visibility
from reading.actions import Action
from reading.cases import cases
from reading.context import Context
from reading.desk import sought, worklist
from reading.desk.worklist import Filters
from reading.kinds import Sex
from reading.patients import merges, patients
from reading.patients.merge_moves import Move
from reading.patients.patients import Patient
from reading.registration import corrections
from reading.registration.corrections import Facts
from reading.sharing import shares
from reading.tables import patient
from reading.viewers import Viewer
from storage.database import transaction
from storage.index.search import Exact, Wildcard, search_instances, search_patients, search_series, search_studies
from tests.plans import plans_of, reads_through
from tests.reading.access.test_visibility import machine_of
from tests.reading.clinic import Clinic, arrive, open_clinic
from tests.reading.region import KEYS

STUDY = "1.2.840.7"
WRITINGS = [
    "李大海",
    "李 大海",
    "大海",
    "li dahai",
    "LIDAHAI",
    "Li^Dahai",
    "dahai li",
    "DahaiLi",
    "chan^tai",
    "CHAN TAI",
    "ldh",
    "LD",
    "ctm",
]
"""What people type for 李大海, whose images say CHAN^TAI MAN."""


def registered(tx: Connection, now: datetime, name: str = "李大海") -> Patient:
    return patients.register(tx, KEYS, name=name, birth_date=None, sex=Sex.UNKNOWN, identifiers=[], now=now)


def matched(tx: Connection, clinic: Clinic, now: datetime, who: Patient) -> str:
    """The case of a study whose images were written otherwise, and that was matched by a person."""
    case = arrive(tx, clinic, STUDY, now, patient_name="CHAN^TAI MAN")
    return cases.change(tx, case, patient_id=who.id).id


def found(tx: Connection, viewer: Viewer, pattern: str, now: datetime) -> list[str]:
    wild = Wildcard(pattern) if "*" in pattern or "?" in pattern else Exact(pattern)
    scope = visibility.scope(tx, viewer, now, Action.STUDY_SEARCH)
    asked = [("patient_name", wild)]
    studies = [one.study_uid for one in search_studies(tx, scope, asked, limit=9)]
    assert [one.study_uid for one in search_series(tx, scope, asked, limit=9)] == studies
    assert [one.study_uid for one in search_instances(tx, scope, asked, limit=9)] == studies
    assert [one.study_uid for one in search_patients(tx, scope, asked, limit=9)] == studies
    return studies


def listed(tx: Connection, who: Viewer, text: str, now: datetime) -> list[str]:
    page = worklist.list_cases(tx, who, Filters(text=text), limit=9, offset=0, now=now)
    assert page.total == len(page.entries)
    return [one.case.id for one in page.entries]


@pytest.mark.parametrize("typed", WRITINGS)
def test_the_list_finds_every_writing(engine: Engine, now: datetime, typed: str) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case_id = matched(tx, clinic, now, registered(tx, now))
        arrive(tx, clinic, "1.9", now, patient_name="Wang^Wu=王^五")

        assert listed(tx, clinic.tang, typed, now) == [case_id]
        assert listed(tx, clinic.ada, typed, now) == [case_id]
        assert listed(tx, clinic.quinn, typed, now) == []


@pytest.mark.parametrize(
    "pattern", ["李大海", "李^大海", "李*", "LI^DAHAI", "lidahai", "Dahai Li", "li*hai", "*海", "chan*"]
)
def test_queries_find_the_registered_name_and_what_the_device_wrote(
    engine: Engine, now: datetime, pattern: str
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        matched(tx, clinic, now, registered(tx, now))
        arrive(tx, clinic, "1.9", now, patient_name="Wang^Wu=王^五")
        own, other = machine_of(tx, clinic, "hills", now), machine_of(tx, clinic, "moor", now)

        for viewer in (own, clinic.tang, clinic.ada):
            assert found(tx, viewer, pattern, now) == [STUDY]
        for viewer in (other, clinic.quinn):
            assert found(tx, viewer, pattern, now) == []


@pytest.mark.parametrize("pattern", ["李", "李大", "dahai", "=", "^", "李大海=wang", "?"])
def test_what_is_only_a_part_or_another_name_finds_nobody(engine: Engine, now: datetime, pattern: str) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        matched(tx, clinic, now, registered(tx, now))

        assert found(tx, clinic.tang, pattern, now) == []


def test_a_corrected_name_is_found_and_the_former_is_not(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        ctx = Context(tx, clinic.audit, now, clinic.tang)
        who = registered(tx, now)
        case_id = matched(tx, clinic, now, who)
        facts = Facts(name="曾小丽", sex=Sex.UNKNOWN, birth_date=None, telephone="")
        corrections.correct(ctx, KEYS, who.id, facts, revision=1, reason="写错了")

        assert found(tx, clinic.tang, "zeng^xiaoli", now) == found(tx, clinic.tang, "曾*", now) == [STUDY]
        assert listed(tx, clinic.tang, "xiaoli zeng", now) == [case_id]
        assert found(tx, clinic.tang, "李*", now) == listed(tx, clinic.tang, "李大海", now) == []


def test_a_merged_record_is_found_by_the_name_that_stands(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        mistyped, standing = registered(tx, now, "李达海"), registered(tx, now)
        case_id = matched(tx, clinic, now, mistyped)
        claim = merges.propose(tx, mistyped.id, standing.id, reason="x", made_by=clinic.tang.person_id, now=now)
        merges.move(tx, claim, Move.MERGE, reason="x", made_by=clinic.mona.person_id, now=now)

        assert found(tx, clinic.tang, "李大海", now) == [STUDY]
        assert listed(tx, clinic.tang, "li dahai", now) == [case_id]
        assert found(tx, clinic.tang, "李达海", now) == listed(tx, clinic.tang, "李达海", now) == []


def test_a_site_that_sees_a_study_by_a_share_learns_no_registered_name(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        matched(tx, clinic, now, registered(tx, now))
        shares.share_study(
            Context(tx, clinic.audit, now, clinic.mona),
            STUDY,
            site_code="moor",
            until=now.replace(month=4),
            reason="会诊",
        )

        assert found(tx, clinic.quinn, "chan*", now) == [STUDY]
        assert found(tx, clinic.quinn, "李大海", now) == found(tx, clinic.quinn, "li*", now) == []


def test_names_of_before_are_spelled_by_the_worker(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        matched(tx, clinic, now, registered(tx, now))
        blank = dict.fromkeys(("name_joined", "name_turned", "pinyin_joined", "pinyin_turned"), "")
        tx.execute(patient.update().values(**blank, initials=None))
        before = found(tx, clinic.tang, "李大海", now)
        spelled = [patients.spell(tx, 10), patients.spell(tx, 10)]

        assert (before, spelled) == ([], [1, 0])
        assert found(tx, clinic.tang, "dahaili", now) == [STUDY]
        assert len(listed(tx, clinic.tang, "ldh", now)) == 1


@pytest.mark.parametrize("typed", ["李大海", "ldh", "dahai li", "ctm", "P-7"])
def test_a_name_that_many_have_finds_the_same_cases(
    engine: Engine, now: datetime, typed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        mistyped, standing = registered(tx, now, "赵一"), registered(tx, now)
        case = arrive(tx, clinic, STUDY, now, patient_name="CHAN^TAI MAN", patient_id="P-7")
        cases.change(tx, case, patient_id=mistyped.id)
        claim = merges.propose(tx, mistyped.id, standing.id, reason="x", made_by=clinic.tang.person_id, now=now)
        merges.move(tx, claim, Move.MERGE, reason="x", made_by=clinic.mona.person_id, now=now)
        arrive(tx, clinic, "1.9", now, patient_name="Wang^Wu=王^五")

        rare = listed(tx, clinic.ada, typed, now)
        monkeypatch.setattr(sought, "COMMON", 0)

        assert listed(tx, clinic.ada, typed, now) == rare == [case.id]
        assert listed(tx, clinic.ada, "zy", now) == listed(tx, clinic.ada, "赵一", now) == []
        assert listed(tx, clinic.quinn, typed, now) == []


@pytest.mark.parametrize("typed", ["李大海", "li dahai", "chan tai", "ldh"])
def test_a_name_is_found_by_an_index(engine: Engine, now: datetime, typed: str) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        matched(tx, clinic, now, registered(tx, now))
        machine = machine_of(tx, clinic, "hills", now)

    def ask(tx: Connection) -> None:
        worklist.list_cases(tx, clinic.tang, Filters(text=typed), limit=9, offset=0, now=now)
        scope = visibility.scope(tx, machine, now, Action.STUDY_SEARCH)
        search_studies(tx, scope, [("patient_name", Wildcard(f"{typed}*"))], limit=9)

    plans = plans_of(engine, ask)
    by_name = [plan for plan in plans if "ix_patient_name_joined" in plan]

    assert len(by_name) == 4  # whether it is common, the page, its total, and the query
    for plan in by_name:
        assert "ix_patient_pinyin_turned" in plan
    assert sum("ix_study_" in plan for plan in by_name) == 3
    for plan in plans:
        for table in ("case", "case_study", "study", "patient", "record", "standing", "named"):
            assert not reads_through(plan, table), plan
