"""A number alone joins no picture to a person: every place that joins, every fact, and what a person decides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading import tables
from reading.access import door, visibility
from reading.actions import Action
from reading.audit import SYSTEM
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.identity_moves import Identity, QuestionMove, QuestionState
from reading.context import Context
from reading.desk import priors
from reading.errors import Invalid, MoveNotAllowed, NotAllowed, NotThere, Stale
from reading.intake import identity, identity_decision, intake, order_match, putting_right, surgery
from reading.kinds import IdentifierKind, Priority, Sex
from reading.orders import matching, orders, performed_messages
from reading.orders.orders import Order
from reading.orders.performed_messages import Message, Reference
from reading.patients import attribution, patients
from reading.patients.patient_identifiers import Identifier
from reading.patients.patients import Patient
from reading.patients.same_person import Said
from reading.queue import leases
from reading.register import devices
from reading.sessions import receipts
from reading.tables import procedure
from reading.viewers import PatientViewer, Staff
from storage.database import transaction
from storage.index import queries
from tests.reading.clinic import Clinic, another_image, arrive, open_clinic, read, send, take
from tests.reading.region import KEYS

CHEN_CARD = Identifier(kind=IdentifierKind.HEALTH_CARD, value="C1")
CHEN_NUMBER = Identifier(kind=IdentifierKind.DEVICE_ID, issuer="HILLS", value="P1")
AGREEING = {"patient_name": "CHEN^DAHAI", "sex": "M", "birth_date": "19610402"}
CONTRADICTING = {
    "name": AGREEING | {"patient_name": "WU^JUN"},
    "characters": AGREEING | {"patient_name": "CHEN^DAHAI=陈^大河"},
    "sex": AGREEING | {"sex": "F"},
    "birth date": AGREEING | {"birth_date": "20190402"},
}


@dataclass(frozen=True, kw_only=True)
class Scene:
    clinic: Clinic
    chen: Patient
    order: Order
    earlier: Case
    """A case of his, with a report that he reads."""


def scene(tx: Connection, now: datetime) -> Scene:
    clinic = open_clinic(tx, now)
    chen = patients.register(
        tx,
        KEYS,
        name="陈大海",
        birth_date=date(1961, 4, 2),
        sex=Sex.MALE,
        identifiers=[CHEN_CARD, CHEN_NUMBER],
        now=now,
    )
    earlier = arrive(tx, clinic, "1.1", now, patient_id="P1", study_date="20260220", **AGREEING)
    read(tx, clinic, clinic.ada, earlier.id, now)
    return Scene(clinic=clinic, chen=chen, order=ordered(tx, clinic, chen, now), earlier=earlier)


def ordered(tx: Connection, clinic: Clinic, patient: Patient, now: datetime) -> Order:
    return orders.place(
        tx,
        site_id=clinic.region.hills.id,
        patient_id=patient.id,
        modality="DX",
        priority=Priority.EMERGENCY,
        procedures=[orders.Asked(body_part="CHEST")],
        reason="",
        ordered_by=None,
        now=now,
    )


def come(tx: Connection, made: Scene, place: str, now: datetime, said: dict[str, str]) -> Case:
    """The case of an image that names Chen by one number, and says of its person what it says."""
    match place:
        case "accession number":
            return arrive(tx, made.clinic, "1.2", now, accession_number=made.order.accession_number, **said)
        case "worklist":
            return arrive(tx, made.clinic, made.order.procedures[0].study_uid, now, **said)
        case "patient number":
            return arrive(tx, made.clinic, "1.2", now, patient_id="P1", **said)
        case _:
            return arrive(tx, made.clinic, "1.2", now, patient_id=made.chen.number, issuer="TIERREAD", **said)


PLACES = ("accession number", "worklist", "patient number", "number of ours")


def by(made: Scene, staff: Staff, tx: Connection, now: datetime) -> Context[Staff]:
    return Context(tx, made.clinic.audit, now, staff)


def patient_sees(tx: Connection, made: Scene, case_id: str, now: datetime) -> bool:
    chen = PatientViewer(patient_id=made.chen.id, case_id=None, csrf_token="")
    return cases.is_one_of(tx, case_id, visibility.visible_cases(tx, chen, now))


def prior_ids(tx: Connection, made: Scene, case: Case, now: datetime) -> list[str]:
    return [one.id for one in priors.prior_cases(tx, made.clinic.ada, [case], now)[case.id]]


def order_state(tx: Connection, made: Scene) -> str | None:
    return tx.scalar(sa.select(procedure.c.state).where(procedure.c.order_id == made.order.id))


@pytest.mark.parametrize("place", PLACES)
def test_what_agrees_joins_as_before(engine: Engine, now: datetime, place: str) -> None:
    with transaction(engine) as tx:
        made = scene(tx, now)
        case = come(tx, made, place, now, AGREEING)
        read(tx, made.clinic, made.clinic.ada, case.id, now)

        assert (case.patient_id, case.identity) == (made.chen.id, Identity.AGREES)
        assert prior_ids(tx, made, case, now) == [made.earlier.id]
        assert patient_sees(tx, made, case.id, now)


@pytest.mark.parametrize("fact", CONTRADICTING)
@pytest.mark.parametrize("place", PLACES)
def test_wu_jun_under_chens_number_joins_nothing(engine: Engine, now: datetime, place: str, fact: str) -> None:
    with transaction(engine) as tx:
        made = scene(tx, now)
        case = come(tx, made, place, now, CONTRADICTING[fact])
        report = read(tx, made.clinic, made.clinic.ada, case.id, now)

        assert (case.patient_id, case.identity) == (None, Identity.DIFFERS)
        assert prior_ids(tx, made, case, now) == []
        assert order_state(tx, made) == "placed"
        assert not patient_sees(tx, made, case.id, now)
        chen = Context(tx, made.clinic.audit, now, PatientViewer(patient_id=made.chen.id, case_id=None, csrf_token=""))
        with pytest.raises(NotThere):
            door.open_report(chen, report.id, Action.REPORT_READ)
        (study_uid,) = cases.study_uids(tx, case.id)
        with pytest.raises(NotThere):
            door.open_study(chen, study_uid, Action.STUDY_FRAMES)
        with pytest.raises(Invalid) as refused:
            receipts.print_receipt(tx, KEYS, case.id, printed_by=made.clinic.tang.person_id, now=now)
        assert (refused.value.field, refused.value.problem) == ("patient", "identity_differs")


def test_what_is_urgent_by_its_order_is_read_as_urgently_whoever_it_is(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        made = scene(tx, now)
        case = come(tx, made, "accession number", now, CONTRADICTING["name"])

    assert case.priority is Priority.EMERGENCY


@pytest.mark.parametrize("name", ["", "TEST", "???", "CHEN^D"])
def test_a_name_that_says_nothing_decides_nothing_and_the_patient_waits_for_a_person(
    engine: Engine, now: datetime, name: str
) -> None:
    with transaction(engine) as tx:
        made = scene(tx, now)
        case = come(tx, made, "accession number", now, {"patient_name": name})
        read(tx, made.clinic, made.clinic.ada, case.id, now)
        before = (case.patient_id, case.identity, patient_sees(tx, made, case.id, now))
        seen = cases.by_id(tx, case.id).revision
        identity_decision.confirm(by(made, made.clinic.tang, tx, now), case.id, why="本人在场", seen=seen)

        assert before == (made.chen.id, Identity.SILENT, False)
        assert cases.by_id(tx, case.id).identity is Identity.CONFIRMED
        assert patient_sees(tx, made, case.id, now)


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


def test_a_retake_under_another_name_does_not_answer_a_returned_case(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        made = scene(tx, now)
        returned = arrive(tx, made.clinic, "1.2", now, patient_id="P7", patient_name="LI^SI")
        _return(tx, made, returned, now)
        stranger = arrive(tx, made.clinic, "1.3", now, patient_id="P7", patient_name="WU^JUN")
        own = arrive(tx, made.clinic, "1.4", now, patient_id="P7", patient_name="李四")

        assert stranger.id != returned.id
        assert own.id == returned.id


def test_a_device_that_made_it_of_another_person_moves_no_order(engine: Engine, now: datetime) -> None:
    def begun(uid: str, number: str, **said: str) -> str | None:
        reference = Reference(
            study_uid=made.order.procedures[0].study_uid, accession_number=made.order.accession_number, step_id=""
        )
        message = Message(
            attributes={"00100020": uid},
            state=None,
            modality="DX",
            references=[reference],
            person=Said(name=said.get("name", ""), sex=said.get("sex", "")),
            patient_id=number,
        )
        performed_messages.create(tx, device.id, made.clinic.region.hills.id, uid, message, now)
        return order_state(tx, made)

    with transaction(engine) as tx:
        made = scene(tx, now)
        other = patients.register(tx, KEYS, name="吴军", birth_date=None, sex=Sex.MALE, identifiers=[], now=now)
        site = made.clinic.region.hills.id
        device = devices.add(tx, ae_title="DR1", network="10.0.0.1", port=None, site_id=site, issuer="H", now=now)

        assert begun("1.9.1", "", name="WU^JUN") == "placed"
        assert begun("1.9.2", "", name="CHEN^DAHAI", sex="F") == "placed"
        assert begun("1.9.3", other.number, name="CHEN^DAHAI") == "placed"
        assert begun("1.9.4", made.chen.number, name="CHEN^DAHAI=陈^大海") == "in_progress"


def test_a_number_of_another_person_than_the_orders_is_a_question_for_a_person(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        made = scene(tx, now)
        other = patients.register(tx, KEYS, name="吴军", birth_date=None, sex=Sex.MALE, identifiers=[], now=now)
        case = arrive(
            tx,
            made.clinic,
            "1.2",
            now,
            accession_number=made.order.accession_number,
            patient_id=other.number,
            issuer="TIERREAD",
            **AGREEING,
        )
        held = cases.by_id(tx, case.id)
        again = identity.judge(Context(tx, made.clinic.audit, now, SYSTEM), case.id)
        identity_decision.confirm(by(made, made.clinic.tang, tx, now), case.id, why="核对身份证", seen=held.revision)

        assert (held.patient_id, held.identity, again.identity) == (None, Identity.DIFFERS, Identity.DIFFERS)
        assert cases.by_id(tx, case.id).patient_id == made.chen.id
        assert order_state(tx, made) == "arrived"


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


def test_a_case_of_before_is_closed_to_its_patient_until_it_is_compared(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        made = scene(tx, now)
        tx.execute(sa.update(tables.case).values(identity=Identity.UNCHECKED))
        closed = patient_sees(tx, made, made.earlier.id, now)
        for case_id in identity.unchecked(tx, 10):
            identity.judge(Context(tx, made.clinic.audit, now, SYSTEM), case_id)

        assert not closed
        assert identity.unchecked(tx, 10) == []
        assert patient_sees(tx, made, made.earlier.id, now)


def _return(tx: Connection, made: Scene, case: Case, now: datetime) -> None:
    revision = take(tx, made.clinic, made.clinic.ada, case.id, now)
    leases.return_to_site(by(made, made.clinic.ada, tx, now), case.id, revision=revision, why="运动伪影")


def _link(tx: Connection, case_id: str) -> tuple[object, ...]:
    case, question = cases.by_id(tx, case_id), identity.question_of(tx, case_id)
    return case.patient_id, case.identity, question and question.state, question and question.patient_id


def _without_revision(study: queries.Study) -> dict[str, object]:
    return {name: value for name, value in vars(study).items() if name != "attribution_revision"}


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
        identity.recheck(tx, [made.chen.id])
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
