"""What a person decides about whose images are, and taken back."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading import tables
from reading.audit import SYSTEM
from reading.cases import cases
from reading.cases.identity_moves import Identity, QuestionMove, QuestionState
from reading.checks.finding import Check
from reading.context import Context
from reading.errors import Invalid, MoveNotAllowed, NotAllowed, NotThere, Stale
from reading.intake import identity, identity_decision, intake, order_match, putting_right, surgery
from reading.orders import matching
from reading.patients import attribution
from reading.signing import report_checks
from storage.database import transaction
from storage.index import queries
from tests.reading.clinic import NORMAL, arrive, read, send
from tests.reading.intake.chens_images import (
    AGREEING,
    CONTRADICTING,
    by,
    come,
    one_more,
    order_state,
    patient_sees,
    prior_ids,
    scene,
)
from tests.reading.region import KEYS


def test_a_confirmed_case_is_released_under_the_registered_name_and_undo_restores_exactly(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        made = scene(tx, now)
        case = come(tx, made, "accession number", now, CONTRADICTING["name"])
        tang = by(made, made.clinic.tang, tx, now)
        before = queries.study_of(tx, "1.2"), _link(tx, case.id)
        identity_decision.confirm(tang, case.id, why="本人在场，机器上选错了人", seen=case.revision)
        confirmed, named = cases.by_id(tx, case.id), queries.study_of(tx, "1.2")
        assert (confirmed.patient_id, confirmed.identity) == (made.chen.id, Identity.CONFIRMED)
        assert named is not None
        assert (named.patient_name, named.sex, named.birth_date) == ("CHEN^DAHAI=陈^大海", "M", "19610402")
        assert order_state(tx, made) == "arrived"
        assert prior_ids(tx, made, confirmed, now) == [made.earlier.id]
        later = by(made, made.clinic.mona, tx, now + timedelta(minutes=1))
        identity_decision.undo(later, case.id, why="看错了", seen=confirmed.revision)
        study = queries.study_of(tx, "1.2")
        assert before[0] is not None
        assert study is not None
        assert _without_revision(study) == _without_revision(before[0])
        assert _link(tx, case.id) == before[1]
        assert order_state(tx, made) == "placed"
        latest = attribution.current(tx, "1.2")
        assert latest is not None
        assert (dict(latest.attributes), latest.patient_id, latest.order_id) == ({}, None, None)
        assert [one.move for one in identity.history(tx, case.id)] == [
            QuestionMove.ASK,
            QuestionMove.CONFIRM,
            QuestionMove.UNDO,
        ]
        identity_decision.confirm(
            by(made, made.clinic.tang, tx, now + timedelta(minutes=2)),
            case.id,
            why="还是本人",
            seen=cases.by_id(tx, case.id).revision,
        )
        read(tx, made.clinic, made.clinic.ada, case.id, now)
        assert patient_sees(tx, made, case.id, now)


def test_one_image_of_somebody_else_is_enough_for_the_counter_and_for_whoever_signs(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        made = scene(tx, now)
        case = come(tx, made, "patient number", now, AGREEING)
        tang = by(made, made.clinic.tang, tx, now)
        needless = putting_right.told(tang, case, made.chen, "是")
        send(
            tx,
            made.clinic,
            "1.2",
            now,
            sop_instance_uid="1.2.1.9",
            received_digest=bytes([9]) * 32,
            patient_id="P1",
            patient_name="QIAN^QI",
            sex="F",
            birth_date="19700707",
        )
        with pytest.raises(Invalid) as needed:
            putting_right.told(tang, case, made.chen, "是")
        linked = cases.change(tx, cases.by_id(tx, case.id), patient_id=made.chen.id)
        found = report_checks.look(by(made, made.clinic.ada, tx, now), linked.id, NORMAL)

    assert (needless, needed.value.problem) == ("", "another_person")
    assert Check.PERSON_OF_IMAGES_DIFFERS in {one.check for one in found}


def test_a_confirmation_holds_for_what_was_seen_and_not_for_a_third_name(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        made = scene(tx, now)
        case = come(tx, made, "accession number", now, CONTRADICTING["name"])
        identity_decision.confirm(by(made, made.clinic.tang, tx, now), case.id, why="本人", seen=case.revision)
        found: list[Identity] = []
        for number, name in enumerate(("WU^JUN", "CHEN^DAHAI", "LI^SI"), start=2):
            uid = f"1.2.1.{number}"
            study = send(
                tx,
                made.clinic,
                "1.2",
                now,
                sop_instance_uid=uid,
                received_digest=bytes([number]) * 32,
                patient_name=name,
            )
            found.append(intake.take_in(Context(tx, made.clinic.audit, now, SYSTEM), KEYS, study).identity)

        assert found == [Identity.CONFIRMED, Identity.CONFIRMED, Identity.DIFFERS]


def test_another_person_is_parted_from_order_and_patient_and_undo_asks_again(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        made = scene(tx, now)
        case = come(tx, made, "worklist", now, AGREEING)
        study_uid = made.order.procedures[0].study_uid
        study = send(
            tx,
            made.clinic,
            study_uid,
            now,
            sop_instance_uid=f"{study_uid[:30]}.9",
            received_digest=b"2" * 32,
            **CONTRADICTING["sex"],
        )
        held = intake.take_in(Context(tx, made.clinic.audit, now, SYSTEM), KEYS, study)
        before = _link(tx, case.id), order_state(tx, made)
        tang = by(made, made.clinic.tang, tx, now + timedelta(minutes=1))
        identity_decision.part(tang, KEYS, case.id, why="不是他", seen=held.revision)
        parted = cases.by_id(tx, case.id)
        again = by(made, made.clinic.tang, tx, now + timedelta(minutes=2))
        # The images still say two things: they are to be split, whoever it is.
        assert (parted.patient_id, parted.identity, order_state(tx, made)) == (None, Identity.DIFFERS, "placed")
        with pytest.raises(MoveNotAllowed):
            identity_decision.undo(again, case.id, why="x", seen=parted.revision)
        assert before == ((None, Identity.DIFFERS, QuestionState.OPEN, made.chen.id), "arrived")


def test_parting_is_taken_back_with_its_order(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        made = scene(tx, now)
        case = come(tx, made, "accession number", now, AGREEING)
        putting_right.correct_case(
            by(made, made.clinic.tang, tx, now), case.id, {"PatientName": "吴军"}, reason="名字写错了"
        )
        held = cases.by_id(tx, case.id)
        before = _link(tx, case.id), order_state(tx, made)
        identity_decision.part(
            by(made, made.clinic.tang, tx, now + timedelta(minutes=1)), KEYS, case.id, why="是吴军", seen=held.revision
        )
        parted = cases.by_id(tx, case.id)
        states = order_state(tx, made)
        identity_decision.undo(
            by(made, made.clinic.mona, tx, now + timedelta(minutes=2)), case.id, why="不是", seen=parted.revision
        )

        assert (held.identity, parted.identity, parted.patient_id, states) == (
            Identity.DIFFERS,
            Identity.SILENT,
            None,
            "placed",
        )
        assert (_link(tx, case.id), order_state(tx, made)) == before


def test_a_correction_that_makes_the_images_agree_settles_the_question(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        made = scene(tx, now)
        case = come(tx, made, "accession number", now, CONTRADICTING["name"])
        putting_right.correct_case(
            by(made, made.clinic.tang, tx, now), case.id, {"PatientName": "陈大海"}, reason="机器上选错了人"
        )
        settled = cases.by_id(tx, case.id)

        assert (settled.patient_id, settled.identity) == (made.chen.id, Identity.AGREES)
        assert order_state(tx, made) == "arrived"


def test_a_click_that_contradicts_needs_a_word_and_is_a_decision(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        made = scene(tx, now)
        case = arrive(tx, made.clinic, "1.2", now, **CONTRADICTING["birth date"])
        tang = by(made, made.clinic.tang, tx, now)
        with pytest.raises(Invalid, match="same_person"):
            order_match.match(tang, case.id, made.order.id, same_person=False)
        order_match.match(tang, case.id, made.order.id, same_person=True)
        matched = cases.by_id(tx, case.id)
        decided = identity.history(tx, case.id)[-1]
        assert (matched.patient_id, matched.identity) == (made.chen.id, Identity.CONFIRMED)
        assert (decided.move, decided.person_name) == (QuestionMove.CONFIRM, "Tang")
        identity_decision.undo(
            by(made, made.clinic.tang, tx, now + timedelta(minutes=1)), case.id, why="x", seen=matched.revision
        )
        undone = cases.by_id(tx, case.id)
        assert (undone.patient_id, undone.identity, order_state(tx, made)) == (None, Identity.SILENT, "placed")
        assert matching.order_of(tx, case.id) is None


def test_only_those_who_work_there_decide_and_not_from_an_old_page(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        made = scene(tx, now)
        case = come(tx, made, "accession number", now, CONTRADICTING["name"])
        with pytest.raises(NotThere):
            identity_decision.open_sides(by(made, made.clinic.quinn, tx, now), case.id)
        sides = identity_decision.open_sides(by(made, made.clinic.tang, tx, now), case.id)
        assert (sides.patient, sides.order, sides.decides) == (made.chen, made.order, True)
        assert [sorted(one.differing) for one in sides.studies] == [["name"]]
        with pytest.raises(NotAllowed):
            identity_decision.confirm(by(made, made.clinic.ada, tx, now), case.id, why="x", seen=case.revision)
        tang = by(made, made.clinic.tang, tx, now)
        with pytest.raises(Stale):
            identity_decision.confirm(tang, case.id, why="x", seen=case.revision - 1)
        with pytest.raises(Invalid):
            identity_decision.confirm(tang, case.id, why=" ", seen=case.revision)


def test_a_confirmed_silent_image_is_asked_about_again_when_the_register_is_corrected(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        made = scene(tx, now)
        case = come(tx, made, "patient number", now, AGREEING | {"patient_name": ""})
        read(tx, made.clinic, made.clinic.ada, case.id, now)
        identity_decision.confirm(
            by(made, made.clinic.tang, tx, now), case.id, why="本人", seen=cases.by_id(tx, case.id).revision
        )
        confirmed = cases.by_id(tx, case.id).identity
        tx.execute(sa.update(tables.patient).where(tables.patient.c.id == made.chen.id).values(name="李四"))
        identity.recheck(tx, [made.chen.id], now)
        judged = identity.judge(Context(tx, made.clinic.audit, now, SYSTEM), case.id)

    assert (confirmed, judged.identity) == (Identity.CONFIRMED, Identity.SILENT)


def test_parting_is_not_taken_back_where_the_order_has_other_images_by_now(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        made = scene(tx, now)
        case = come(tx, made, "accession number", now, AGREEING)
        tang = by(made, made.clinic.tang, tx, now)
        putting_right.correct_case(tang, case.id, {"PatientName": "吴军"}, reason="名字写错了")
        later = by(made, made.clinic.tang, tx, now + timedelta(minutes=1))
        seen = cases.by_id(tx, case.id).revision
        identity_decision.part(later, KEYS, case.id, why="是吴军", seen=seen)
        right = arrive(tx, made.clinic, "1.3", now, accession_number=made.order.accession_number, **AGREEING)
        answered = matching.order_of(tx, right.id)
        with pytest.raises(Invalid) as refused:
            identity_decision.undo(later, case.id, why="看错了", seen=cases.by_id(tx, case.id).revision)

    assert (right.patient_id, answered and answered.id) == (made.chen.id, made.order.id)
    assert (refused.value.field, refused.value.problem) == ("order", "answered")


def test_a_confirmation_goes_on_once_what_changed_in_the_register_is_taken_back(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        made = scene(tx, now)
        case = come(tx, made, "accession number", now, CONTRADICTING["birth date"])
        read(tx, made.clinic, made.clinic.ada, case.id, now)
        tang = by(made, made.clinic.tang, tx, now)
        identity_decision.confirm(tang, case.id, why="本人", seen=cases.by_id(tx, case.id).revision)

        def after(name: str) -> tuple[Identity, str | None, bool]:
            tx.execute(sa.update(tables.patient).where(tables.patient.c.id == made.chen.id).values(name=name))
            identity.recheck(tx, [made.chen.id], now + timedelta(minutes=len(name)))
            judged = identity.judge(Context(tx, made.clinic.audit, now, SYSTEM), case.id)
            return judged.identity, judged.patient_id, patient_sees(tx, made, case.id, now)

        found = [after("李四"), after("陈大海")]
        moves = [one.move for one in identity.history(tx, case.id)]

    assert found == [(Identity.DIFFERS, None, False), (Identity.CONFIRMED, made.chen.id, True)]
    assert moves == [QuestionMove.ASK, QuestionMove.CONFIRM, QuestionMove.ASK, QuestionMove.RESUME]


def test_a_second_confirmation_is_taken_back_to_the_first(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        made = scene(tx, now)
        case = come(tx, made, "accession number", now, CONTRADICTING["name"])
        identity_decision.confirm(by(made, made.clinic.tang, tx, now), case.id, why="本人", seen=case.revision)
        third = one_more(tx, made, "1.2", 2, now, AGREEING | {"patient_name": "LI^SI"})
        later = by(made, made.clinic.tang, tx, now + timedelta(minutes=1))
        identity_decision.confirm(later, case.id, why="也是本人", seen=third.revision)
        confirmed = cases.by_id(tx, case.id)
        later = by(made, made.clinic.tang, tx, now + timedelta(minutes=2))
        identity_decision.undo(later, case.id, why="不是", seen=confirmed.revision)
        undone = cases.by_id(tx, case.id)
        surgery.split(later, KEYS, case.id, sop_instance_uids=["1.2.1.2"], into_case=None, why="是李四的")

        assert (third.identity, confirmed.identity, undone.identity) == (
            Identity.DIFFERS,
            Identity.CONFIRMED,
            Identity.DIFFERS,
        )
        assert _link(tx, case.id) == (
            made.chen.id,
            Identity.CONFIRMED,
            QuestionState.CONFIRMED,
            made.chen.id,
        )


def _link(tx: Connection, case_id: str) -> tuple[object, ...]:
    case, question = cases.by_id(tx, case_id), identity.question_of(tx, case_id)
    return case.patient_id, case.identity, question and question.state, question and question.patient_id


def _without_revision(study: queries.Study) -> dict[str, object]:
    return {name: value for name, value in vars(study).items() if name != "attribution_revision"}
