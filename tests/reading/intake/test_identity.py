"""A number alone joins no picture to a person: every place that joins, and every fact."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading import tables
from reading.access import door
from reading.actions import Action
from reading.audit import SYSTEM
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.identity_moves import Identity
from reading.context import Context
from reading.errors import Invalid, NotThere
from reading.intake import identity, identity_decision
from reading.kinds import Priority, Sex
from reading.orders import performed_messages
from reading.orders.performed_messages import Message, Reference
from reading.patients import patients
from reading.patients.same_person import Said
from reading.queue import leases
from reading.register import devices
from reading.sessions import receipts
from reading.viewers import PatientViewer
from storage.database import transaction
from tests.reading.clinic import arrive, read, take
from tests.reading.intake.chens_images import (
    AGREEING,
    CONTRADICTING,
    PLACES,
    Scene,
    by,
    come,
    order_state,
    patient_sees,
    prior_ids,
    scene,
)
from tests.reading.region import KEYS


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


def test_a_retake_under_another_name_does_not_answer_a_returned_case(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        made = scene(tx, now)
        returned = arrive(tx, made.clinic, "1.2", now, patient_id="P7", patient_name="LI^SI", sex="M")
        _return(tx, made, returned, now)
        stranger = arrive(tx, made.clinic, "1.3", now, patient_id="P7", patient_name="WU^JUN")
        own = arrive(tx, made.clinic, "1.4", now, patient_id="P7", patient_name="李四", sex="男")

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
