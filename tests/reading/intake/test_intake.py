"""From the first instance to a case: whose it is, what it is, and when it has arrived."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading import tables
from reading.access import priors
from reading.audit import SYSTEM
from reading.cases import cases, history
from reading.cases.moves import Move, State
from reading.context import Context
from reading.intake import intake
from reading.kinds import Priority, Sex, Tier
from reading.orders import orders
from reading.patients import patient_number, patients
from reading.queue import leases
from reading.reports import versions
from storage.database import transaction
from storage.index import queries
from tests.reading.clinic import another_image, arrive, open_clinic, read, send, state, take
from tests.reading.region import KEYS, pia


def _procedures() -> list[orders.Asked]:
    return [orders.Asked(body_part="CHEST")]


def test_the_first_instance_opens_a_case_with_tier_rule_and_both_clocks(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        study = send(tx, clinic, "1.1", now, study_date="20260302", study_time="153000")
        case = intake.take_in(Context(tx, clinic.audit, now, SYSTEM), KEYS, study)

        assert cases.by_id(tx, case.id) == case
        assert (case.state, case.tier, case.rule) == (State.WAITING_READ, Tier.COUNTY, "plain-xray")
        assert case.examined_at == datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
        assert case.received_at == now
        assert case.due_at == now + timedelta(hours=2)
        assert case.arriving
        assert not case.clock_wrong
        assert case.patient_id is None
        assert [move.move for move in history.moves_of(tx, case.id)] == [Move.ARRIVE]


def test_taking_in_again_opens_no_second_case(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        study = send(tx, clinic, "1.1", now)
        first = intake.take_in(Context(tx, clinic.audit, now, SYSTEM), KEYS, study)
        second = intake.take_in(Context(tx, clinic.audit, now, SYSTEM), KEYS, study)

    assert first == second


def test_two_workers_that_take_in_the_same_study_open_one_case(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        study = send(tx, clinic, "1.1", now)
    found: list[str] = []
    together = threading.Barrier(2)

    def work() -> None:
        together.wait()
        with transaction(engine) as tx:
            found.append(intake.take_in(Context(tx, clinic.audit, now, SYSTEM), KEYS, study).id)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with transaction(engine) as tx:
        amount = tx.scalar(sa.select(sa.func.count()).select_from(tables.case))

    assert len(found) == 2
    assert found[0] == found[1]
    assert amount == 1


def test_a_clock_far_ahead_is_flagged_and_the_receipt_counts(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now, study_date="20270101", study_time="120000")

    assert case.clock_wrong
    assert case.examined_at == now


def test_a_study_joins_the_order_of_its_accession_number_at_the_same_site_only(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        patient = pia(tx, now, device_id="other")
        order = orders.place(
            tx,
            site_id=clinic.region.hills.id,
            patient_id=patient.id,
            modality="DX",
            priority=Priority.EMERGENCY,
            procedures=_procedures(),
            reason="外伤",
            ordered_by=None,
            now=now,
        )
        ours = arrive(tx, clinic, "1.1", now, accession_number=order.accession_number)
        theirs = arrive(tx, clinic, "1.2", now, accession_number=order.accession_number, site=clinic.region.lake)
        joined = tx.scalars(sa.select(tables.case_procedure.c.case_id)).all()

    assert (ours.patient_id, ours.priority, ours.rule) == (patient.id, Priority.EMERGENCY, "emergency")
    assert ours.due_at == now + timedelta(minutes=30)
    assert (theirs.patient_id, theirs.priority) == (None, Priority.ROUTINE)
    assert list(joined) == [ours.id]


def test_a_study_from_our_worklist_is_known_by_its_uid(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        patient = pia(tx, now, device_id="other")
        order = orders.place(
            tx,
            site_id=clinic.region.hills.id,
            patient_id=patient.id,
            modality="DX",
            priority=Priority.URGENT,
            procedures=_procedures(),
            reason="",
            ordered_by=None,
            now=now,
        )
        case = arrive(tx, clinic, order.procedures[0].study_uid, now, body_part="")

    assert (case.patient_id, case.priority, case.body_part) == (patient.id, Priority.URGENT, "CHEST")


def test_a_number_that_the_device_is_known_for_links_and_a_blank_one_never_does(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        patient = pia(tx, now)
        known = arrive(tx, clinic, "1.1", now, patient_id="P1")
        elsewhere = arrive(tx, clinic, "1.2", now, patient_id="P1", site=clinic.region.lake)
        blank = arrive(tx, clinic, "1.3", now, patient_id="0")

    assert [known.patient_id, elsewhere.patient_id, blank.patient_id] == [patient.id, None, None]


def test_an_image_that_names_another_person_than_the_order_is_left_to_a_person(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        pia(tx, now)
        order = orders.place(
            tx,
            site_id=clinic.region.hills.id,
            patient_id=_somebody_else(tx, now),
            modality="DX",
            priority=Priority.ROUTINE,
            procedures=_procedures(),
            reason="",
            ordered_by=None,
            now=now,
        )
        case = arrive(tx, clinic, "1.1", now, patient_id="P1", accession_number=order.accession_number)

    assert case.patient_id is None


def test_a_report_that_comes_before_its_pictures_does_not_say_what_the_case_is(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        first = send(tx, clinic, "1.1", now, modality="SR", frames=0)
        opened = intake.take_in(Context(tx, clinic.audit, now, SYSTEM), KEYS, first)
        second = send(tx, clinic, "1.1", now, modality="CT", series_uid="1.1.2", sop_instance_uid="1.1.2.1")
        case = intake.take_in(Context(tx, clinic.audit, now, SYSTEM), KEYS, second)

    assert (opened.modality, opened.rule) == ("SR", "other")
    assert (case.modality, case.rule) == ("CT", "ct")


@pytest.mark.parametrize(("sides", "said"), [(("U",), ""), (("L",), "L"), (("U", "R"), "R"), (("L", "R"), "B")])
def test_the_side_of_a_case_is_that_of_its_series_and_unpaired_names_none(
    engine: Engine, now: datetime, sides: tuple[str, ...], said: str
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        for number, side in enumerate(sides):
            uid = f"1.1.{number}"
            study = send(tx, clinic, "1.1", now, laterality=side, series_uid=uid, sop_instance_uid=f"{uid}.1")
        case = intake.take_in(Context(tx, clinic.audit, now, SYSTEM), KEYS, study)

    assert case.laterality == said


def test_a_view_that_comes_later_is_of_the_other_side_too(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        ctx = Context(tx, clinic.audit, now, SYSTEM)
        first = send(tx, clinic, "1.1", now, modality="MG", laterality="R")
        opened = intake.take_in(ctx, KEYS, first)
        second = send(tx, clinic, "1.1", now, modality="MG", laterality="L", sop_instance_uid="1.1.1.2")
        case = intake.take_in(ctx, KEYS, second)

    assert (opened.laterality, case.laterality) == ("R", "B")


def test_the_other_side_that_comes_after_the_report_is_of_the_case_and_not_of_the_report(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now, body_part="KNEE", laterality="L")
        version = read(tx, clinic, clinic.ada, case.id, now)
        later = another_image(tx, clinic, "1.1", 2, now, laterality="R")
        intake.take_in(Context(tx, clinic.audit, now, SYSTEM), KEYS, later)

        assert cases.by_id(tx, case.id).laterality == "B"
        assert versions.by_id(tx, version.id).identity["laterality"] == "L"


def test_a_retake_joins_the_case_that_it_answers(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now, patient_id="P7", sex="F")
        other = arrive(tx, clinic, "1.2", now, patient_id="P8", sex="F")
        for returned in (case, other):
            lease = take(tx, clinic, clinic.ada, returned.id, now)
            leases.return_to_site(
                Context(tx, clinic.audit, now, clinic.ada), returned.id, revision=lease, why="运动伪影"
            )
        retake = intake.take_in(
            Context(tx, clinic.audit, now, SYSTEM), KEYS, send(tx, clinic, "1.3", now, patient_id="P7", sex="F")
        )
        unrelated = intake.take_in(
            Context(tx, clinic.audit, now, SYSTEM), KEYS, send(tx, clinic, "1.4", now, patient_id="P9")
        )

        assert retake.id == case.id
        assert cases.study_uids(tx, case.id) == ("1.1", "1.3")
        assert (state(tx, case.id), state(tx, other.id)) == (State.WAITING_READ, State.RETURNED)
        assert unrelated.id not in (case.id, other.id)
        assert queries.study_of(tx, "1.3") is not None


@pytest.mark.parametrize(
    ("said", "joins"),
    [
        ({"patient_name": "WANG^XIAOLI", "sex": "F"}, True),
        ({"patient_name": "王小丽", "birth_date": "19820317"}, True),
        ({"patient_name": "WANG^XIAOLI"}, False),
        ({"patient_name": "", "sex": "F", "birth_date": "19820317"}, False),
        ({"patient_name": ""}, False),
        ({"patient_name": "WANG^XIAOLI", "sex": "M", "birth_date": "19820317"}, False),
    ],
)
def test_a_number_alone_answers_no_returned_case(
    engine: Engine, now: datetime, said: dict[str, Any], *, joins: bool
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        known: dict[str, Any] = {"patient_name": "Wang^Xiaoli=王^小丽", "sex": "F", "birth_date": "19820317"}
        case = arrive(tx, clinic, "1.1", now, patient_id="P7", **known)
        lease = take(tx, clinic, clinic.ada, case.id, now)
        leases.return_to_site(Context(tx, clinic.audit, now, clinic.ada), case.id, revision=lease, why="运动伪影")
        again: dict[str, Any] = {"sex": "", "birth_date": "", **said}
        retake = send(tx, clinic, "1.2", now, patient_id="P7", **again)
        taken_in = intake.take_in(Context(tx, clinic.audit, now, SYSTEM), KEYS, retake)

        assert (taken_in.id == case.id) is joins
        assert state(tx, case.id) is (State.WAITING_READ if joins else State.RETURNED)


def test_images_without_a_name_answer_no_case_by_a_number_that_is_a_default(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now, patient_id="00001", patient_name="ZHANG^WEI")
        for n in range(priors.NAMES):
            send(tx, clinic, f"1.2.{n}", now, patient_id="00001", patient_name=f"NAME^NR{n}")
        lease = take(tx, clinic, clinic.ada, case.id, now)
        leases.return_to_site(Context(tx, clinic.audit, now, clinic.ada), case.id, revision=lease, why="运动伪影")
        nameless = send(tx, clinic, "1.3", now, patient_id="00001", patient_name="")
        taken_in = intake.take_in(Context(tx, clinic.audit, now, SYSTEM), KEYS, nameless)

        assert taken_in.id != case.id
        assert state(tx, case.id) is State.RETURNED


def _somebody_else(tx: Connection, now: datetime) -> str:
    return patients.register(tx, KEYS, name="Paul", birth_date=None, sex=Sex.MALE, identifiers=[], now=now).id


def test_our_number_under_our_issuer_links_unless_the_images_name_another(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        patient = pia(tx, now)

        def linked(study_uid: str, **known: object) -> str | None:
            carried = {"patient_id": patient.number, "issuer": patient_number.ISSUER, "patient_name": "Pia", **known}
            study = send(tx, clinic, study_uid, now, **carried)
            return intake.take_in(Context(tx, clinic.audit, now, SYSTEM), KEYS, study).patient_id

        assert linked("1.2.840.1") == patient.id
        assert linked("1.2.840.2", patient_name="") == patient.id
        assert linked("1.2.840.3", patient_name="PAUL^PAN") is None
        assert linked("1.2.840.4", issuer="HILLS") is None
        assert linked("1.2.840.5", patient_id=patient.number[:-1]) is None
