"""Each image of a case counts: those that come later, and those that are moved into it."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy.engine import Engine

from reading.audit import SYSTEM
from reading.cases import cases
from reading.cases.identity_moves import Identity, QuestionState
from reading.context import Context
from reading.intake import identity, identity_decision, intake, putting_right, surgery
from reading.kinds import Sex
from reading.patients import patients
from storage.database import transaction
from tests.reading.clinic import another_image, arrive, send
from tests.reading.intake.chens_images import (
    AGREEING,
    CONTRADICTING,
    by,
    one_more,
    patient_sees,
    scene,
)
from tests.reading.region import KEYS


def test_a_later_image_that_names_another_takes_the_case_from_the_patient_at_once(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        made = scene(tx, now)
        assert patient_sees(tx, made, made.earlier.id, now)
        study = send(
            tx,
            made.clinic,
            "1.1",
            now,
            sop_instance_uid="1.1.1.2",
            received_digest=b"2" * 32,
            patient_id="P1",
            **CONTRADICTING["name"],
        )
        at_once = patient_sees(tx, made, made.earlier.id, now)
        case = intake.take_in(Context(tx, made.clinic.audit, now, SYSTEM), KEYS, study)

        assert not at_once
        assert (case.patient_id, case.identity, case.other_persons) == (None, Identity.DIFFERS, 1)
        question = identity.question_of(tx, case.id)
        assert question is not None
        assert (question.state, question.patient_id) == (QuestionState.OPEN, made.chen.id)


def test_a_later_image_in_another_writing_changes_nothing(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        made = scene(tx, now)
        for number, name in enumerate(("陳大海", "DAHAI^CHEN", ""), start=2):
            uid = f"1.1.1.{number}"
            said = AGREEING | {"patient_name": name}
            study = send(
                tx,
                made.clinic,
                "1.1",
                now,
                sop_instance_uid=uid,
                received_digest=bytes([number]) * 32,
                patient_id="P1",
                **said,
            )
        case = intake.take_in(Context(tx, made.clinic.audit, now, SYSTEM), KEYS, study)

        assert case.identity is Identity.AGREES
        assert patient_sees(tx, made, case.id, now)


@pytest.mark.parametrize("open_fact", ["sex", "birth_date"])
def test_a_later_image_is_compared_with_the_person_also_in_what_the_first_one_left_open(
    engine: Engine, now: datetime, open_fact: str
) -> None:
    with transaction(engine) as tx:
        made = scene(tx, now)
        case = arrive(tx, made.clinic, "1.2", now, patient_id="P1", **AGREEING | {open_fact: ""})
        contradicting = CONTRADICTING["sex"] if open_fact == "sex" else CONTRADICTING["birth date"]
        study = send(
            tx,
            made.clinic,
            "1.2",
            now,
            sop_instance_uid="1.2.1.2",
            received_digest=b"2" * 32,
            patient_id="P1",
            **contradicting,
        )
        held = intake.take_in(Context(tx, made.clinic.audit, now, SYSTEM), KEYS, study)

        assert (case.identity, held.identity, held.patient_id) == (Identity.AGREES, Identity.DIFFERS, None)


def test_images_that_name_two_persons_are_held_whoever_is_linked(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        made = scene(tx, now)
        case = arrive(tx, made.clinic, "1.2", now, patient_id="P9", patient_name="LI^SI")
        study = send(
            tx,
            made.clinic,
            "1.2",
            now,
            sop_instance_uid="1.2.1.2",
            received_digest=b"2" * 32,
            patient_id="P9",
            patient_name="WU^JUN",
        )
        held = intake.take_in(Context(tx, made.clinic.audit, now, SYSTEM), KEYS, study)

        assert (case.identity, held.identity) == (Identity.SILENT, Identity.DIFFERS)
        tang = by(made, made.clinic.tang, tx, now)
        other = surgery.split(
            tang, KEYS, held.id, sop_instance_uids=["1.2.1.2"], into_case=None, why="另一位患者"
        ).other_case_id
        assert other is not None
        apart = [cases.by_id(tx, one).identity for one in (held.id, other)]
        # The new study took over what its origin said; now somebody says whose it is.
        putting_right.correct_case(tang, other, {"PatientName": "吴军"}, reason="另一位患者")
        assert apart == [Identity.SILENT, Identity.DIFFERS]
        assert cases.by_id(tx, other).identity is Identity.SILENT


@pytest.mark.parametrize("linked", [False, True])
@pytest.mark.parametrize("fact", ["sex", "birth_date"])
def test_a_later_image_is_compared_with_all_that_came_before(
    engine: Engine, now: datetime, fact: str, linked: bool
) -> None:
    another = "F" if fact == "sex" else "20190402"
    first, second, third = ({"patient_name": "LI^SI", fact: said} for said in ("", AGREEING[fact], another))
    with transaction(engine) as tx:
        made = scene(tx, now)
        li = patients.register(tx, KEYS, name="李四", birth_date=None, sex=Sex.UNKNOWN, identifiers=[], now=now)
        number = {"patient_id": li.number, "issuer": "TIERREAD"} if linked else {"patient_id": "P9"}
        found = [arrive(tx, made.clinic, "1.2", now, **number, **first).identity]
        found += [one_more(tx, made, "1.2", at, now, said).identity for at, said in ((2, second), (3, third))]

    before = Identity.AGREES if linked else Identity.SILENT
    assert found == [before, before, Identity.DIFFERS]


def test_an_image_is_moved_into_another_persons_case_and_is_held(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        made = scene(tx, now)
        wu = arrive(tx, made.clinic, "1.2", now, patient_name="WU^JUN")
        another_image(tx, made.clinic, "1.2", 2, now)
        chen = arrive(tx, made.clinic, "1.3", now, patient_id="P1", **AGREEING)
        tang = by(made, made.clinic.tang, tx, now)
        step = surgery.split(tang, KEYS, wu.id, sop_instance_uids=["1.2.1.2"], into_case=chen.id, why="x")
        held = cases.by_id(tx, chen.id)
        surgery.undo(tang, KEYS, wu.id, step.id, why="y")

        assert (held.patient_id, held.identity) == (None, Identity.DIFFERS)
        after = cases.by_id(tx, chen.id)
        assert (after.patient_id, after.identity) == (made.chen.id, Identity.AGREES)


@pytest.mark.parametrize("name", ["TEST", "CHEN^D"])
def test_a_later_image_that_names_nobody_waits_for_a_person(engine: Engine, now: datetime, name: str) -> None:
    with transaction(engine) as tx:
        made = scene(tx, now)
        case = one_more(tx, made, "1.1", 2, now, AGREEING | {"patient_name": name})
        waits = patient_sees(tx, made, case.id, now)
        identity_decision.confirm(by(made, made.clinic.tang, tx, now), case.id, why="本人在场", seen=case.revision)

        assert (case.patient_id, case.identity, waits) == (made.chen.id, Identity.SILENT, False)
        assert patient_sees(tx, made, case.id, now)
