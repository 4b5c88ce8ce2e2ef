"""Two merged records are one person wherever a card, a number or an order names either, until they are parted."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy.engine import Connection, Engine

from reading.audit import SYSTEM
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.identity_moves import Identity
from reading.cases.moves import State
from reading.context import Context
from reading.intake import identity, identity_decision, surgery
from reading.kinds import IdentifierKind, Sex
from reading.orders import matching, performed_messages
from reading.orders.performed_messages import Message, Reference
from reading.patients import merges, patients
from reading.patients.merge_moves import Move
from reading.patients.merges import Merge
from reading.patients.patient_identifiers import Identifier
from reading.patients.patients import Patient
from reading.register import devices
from reading.sessions import patient_sessions, receipts
from reading.sessions.attempts import Caller
from reading.sessions.patient_sessions import PatientSession
from storage.database import transaction
from tests.reading.clinic import arrive
from tests.reading.intake.chens_images import AGREEING, CONTRADICTING, Scene, by, come, order_state, scene
from tests.reading.region import KEYS

OTHER_CARD = "0A1B" * 16


def another_record(tx: Connection, made: Scene, now: datetime) -> tuple[Patient, Merge]:
    """A second record of Chen, of the same day, and the merge that makes them one."""
    again = patients.register(
        tx,
        KEYS,
        name="陈大海",
        birth_date=date(1961, 4, 2),
        sex=Sex.MALE,
        identifiers=[Identifier(kind=IdentifierKind.HEALTH_CARD, value=OTHER_CARD)],
        now=now,
    )
    claim = merges.propose(tx, again.id, made.chen.id, reason="同一人", made_by=made.clinic.mona.person_id, now=now)
    return again, moved(tx, made, claim, Move.MERGE, now)


def moved(tx: Connection, made: Scene, claim: Merge, move: Move, now: datetime) -> Merge:
    return merges.move(tx, claim, move, reason="核对", made_by=made.clinic.mona.person_id, now=now)


def under_the_other_number(tx: Connection, made: Scene, again: Patient, now: datetime) -> Case:
    """An image that answers the order of one record under the number of the other."""
    order = made.order.accession_number
    return arrive(
        tx, made.clinic, "1.2", now, accession_number=order, patient_id=again.number, issuer="TIERREAD", **AGREEING
    )


def test_either_card_opens_a_receipt_and_a_session_that_ends_when_the_records_are_parted(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        made = scene(tx, now)
        _, merged = another_record(tx, made, now)
        paper = receipts.print_receipt(tx, KEYS, made.earlier.id, printed_by=made.clinic.tang.person_id, now=now)

        def come_in() -> object:
            return patient_sessions.open_session(
                Context(tx, made.clinic.audit, now, SYSTEM),
                KEYS,
                card_kind="health_card",
                card=OTHER_CARD,
                code=paper.code,
                caller=Caller(address="192.0.2.1"),
            )

        opened = come_in()
        assert isinstance(opened, PatientSession)
        while_merged = patient_sessions.by_token(tx, opened.token, now)
        moved(tx, made, merged, Move.UNDO, now)
        parted = patient_sessions.by_token(tx, opened.token, now)
        refused = come_in()

    assert while_merged is not None
    assert while_merged.case_id == made.earlier.id
    assert parted is None
    assert not isinstance(refused, PatientSession)


def test_the_number_of_the_other_record_is_no_other_persons(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        made = scene(tx, now)
        again, _ = another_record(tx, made, now)
        case = under_the_other_number(tx, made, again, now)

        assert (case.patient_id, case.identity) == (made.chen.id, Identity.AGREES)
        assert order_state(tx, made) == "arrived"


def test_a_device_that_made_it_under_the_number_of_the_other_record_moves_the_order(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        made = scene(tx, now)
        again, merged = another_record(tx, made, now)
        site = made.clinic.region.hills.id
        device = devices.add(tx, ae_title="DR1", network="10.0.0.1", port=None, site_id=site, issuer="H", now=now)
        reference = Reference(
            study_uid=made.order.procedures[0].study_uid, accession_number=made.order.accession_number, step_id=""
        )
        found: list[str | None] = []
        for number, before in ((1, Move.UNDO), (2, None)):
            if before is None:
                mona = made.clinic.mona.person_id
                claim = merges.propose(tx, again.id, made.chen.id, reason="x", made_by=mona, now=now)
                moved(tx, made, claim, Move.MERGE, now)
            else:
                moved(tx, made, merged, before, now)
            message = Message(
                attributes={"00100020": str(number)},
                state=None,
                modality="DX",
                references=[reference],
                patient_id=again.number,
            )
            performed_messages.create(tx, device.id, site, f"1.9.{number}", message, now)
            found.append(order_state(tx, made))

    assert found == ["placed", "in_progress"]


def test_a_question_that_is_settled_joins_the_order_of_the_other_record(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        made = scene(tx, now)
        again, _ = another_record(tx, made, now)
        case = come(tx, made, "accession number", now, CONTRADICTING["name"])
        identity.ask(Context(tx, made.clinic.audit, now, SYSTEM), case.id, patient_id=again.id, order_id=made.order.id)
        tang = by(made, made.clinic.tang, tx, now + timedelta(minutes=1))
        identity_decision.confirm(tang, case.id, why="本人", seen=case.revision)
        order = matching.order_of(tx, case.id)

    assert order is not None
    assert order.id == made.order.id


def test_studies_of_both_records_are_made_one(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        made = scene(tx, now)
        again, _ = another_record(tx, made, now)
        other = arrive(tx, made.clinic, "1.2", now, patient_id=again.number, issuer="TIERREAD", **AGREEING)
        third = arrive(tx, made.clinic, "1.3", now, patient_id="P1", **AGREEING)
        surgery.merge(by(made, made.clinic.mona, tx, now), KEYS, other.id, into_case=third.id, why="同一次检查")

        assert other.patient_id != third.patient_id
        assert cases.by_id(tx, other.id).state is State.EMPTIED
