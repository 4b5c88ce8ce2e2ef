"""Corrections by people: who may, what is corrected, and whose images a case holds."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Connection, Engine

from reading import audit
from reading.access import act_transaction, door
from reading.actions import Action
from reading.audit import Outcome
from reading.cases import cases
from reading.cases.identity_moves import Identity
from reading.cases.moves import State
from reading.context import Context, Guess
from reading.errors import Invalid, NotAllowed, NotThere
from reading.intake import putting_right, surgery
from reading.intake.putting_right import Reason
from reading.intake.study_content import sides_in
from reading.kinds import IdentifierKind, Sex
from reading.orders.registration import CardHolder
from reading.patients import attribution
from reading.patients.patient_identifiers import Identifier
from reading.signing import withhold
from reading.viewers import Staff
from storage.database import snapshot, transaction
from tests.reading.clinic import Clinic, another_image, arrive, open_clinic, send
from tests.reading.crossing import cross
from tests.reading.orders.test_registration import PIA
from tests.reading.region import KEYS, PIA_CARD, pia

NAME = {"PatientName": "Pia"}
WRONG = [("sex", {"PatientSex": "M"}), ("birth_date", {"PatientBirthDate": "19900308"})]
"""Each contradicts the number of Pia's identity card."""


def acting(tx: Connection, clinic: Clinic, staff: Staff, now: datetime) -> Context[Staff]:
    return Context(tx, clinic.audit, now, staff, guess=Guess())


def test_the_site_and_those_who_manage_it_correct_a_study(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        arrive(tx, clinic, "1.1", now)
        known = pia(tx, now)
        arrive(tx, clinic, "1.2", now, patient_id="P1")

        def correct(staff: Staff, number: str | None = None) -> attribution.Revision:
            ctx = acting(tx, clinic, staff, now)
            return putting_right.correct_study(ctx, "1.1", NAME, patient_number=number, reason="登记错误")

        made = [correct(clinic.tang), correct(clinic.mona, known.number)]
        for staff, error in ((clinic.ada, NotAllowed), (clinic.quinn, NotThere)):
            with pytest.raises(error):
                correct(staff)
        with pytest.raises(Invalid, match="patient_number"):
            correct(clinic.tang, "nobody")

    assert [one.patient_id for one in made] == [None, known.id]


@pytest.mark.parametrize(
    ("fact", "wrong"), [("sex", {"PatientSex": "M"}), ("birth_date", {"PatientBirthDate": "19900308"})]
)
def test_a_correction_does_not_contradict_the_identity_card_of_whom_the_study_names(
    engine: Engine, now: datetime, fact: str, wrong: dict[str, str]
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        known = pia(tx, now)
        case = arrive(tx, clinic, "1.2", now, patient_id="P1", patient_name="Pia")
        tang = acting(tx, clinic, clinic.tang, now)
        with pytest.raises(Invalid) as refused:
            putting_right.correct_case(tang, case.id, wrong, reason="登记错误")
        taken = cases.by_id(tx, case.id)
        right = {"PatientSex": "F", "PatientBirthDate": "19900307"}
        putting_right.correct_case(tang, case.id, right, reason="登记错误")
        # Under another name it is another person: held until somebody decides.
        putting_right.correct_case(tang, case.id, wrong | {"PatientName": "吴军"}, reason="是吴军")
        held = cases.by_id(tx, case.id)

    assert (refused.value.field, refused.value.problem) == (fact, "patients_card_says_otherwise")
    assert taken.patient_id == known.id
    assert (held.patient_id, held.identity) == (None, Identity.DIFFERS)


def test_a_study_of_both_knees_is_corrected_series_by_series(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        send(tx, clinic, "1.2", now, laterality="L")
        case = arrive(
            tx,
            clinic,
            "1.2",
            now,
            series_uid="1.2.2",
            sop_instance_uid="1.2.2.1",
            received_digest=b"2" * 32,
            laterality="R",
        )
        tang = acting(tx, clinic, clinic.tang, now)
        with pytest.raises(Invalid) as refused:
            putting_right.correct_case(tang, case.id, {"Laterality": "L"}, reason="侧别写反")
        with pytest.raises(Invalid) as unknown:
            putting_right.correct_study(tang, "1.2", {"Laterality@1.9": "L"}, patient_number=None, reason="x")
        before = cases.by_id(tx, case.id).laterality
        swapped = {"1.2.1": "R", "1.2.2": "L"}
        putting_right.correct_case(tang, case.id, {}, sides=swapped, reason="侧别写反")
        sides, both = sides_in(tx, "1.2"), cases.by_id(tx, case.id).laterality
        putting_right.correct_case(tang, case.id, {}, sides={"1.2.1": "L"}, reason="只有左膝")
        one = cases.by_id(tx, case.id).laterality
        putting_right.correct_case(tang, case.id, {"Laterality": "R"}, reason="只有右膝")
        whole = sides_in(tx, "1.2"), cases.by_id(tx, case.id).laterality

    assert (refused.value.field, refused.value.problem) == ("laterality", "both_sides")
    assert (unknown.value.field, unknown.value.problem) == ("laterality", "unknown")
    assert (before, sides, both, one) == ("B", swapped, "B", "L")
    assert whole == ({"1.2.1": "R", "1.2.2": "R"}, "R")


def test_a_part_of_a_series_that_is_moved_keeps_its_corrected_side(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        send(tx, clinic, "1.2", now, laterality="L")
        another_image(tx, clinic, "1.2", 2, now, laterality="L")
        case = arrive(
            tx,
            clinic,
            "1.2",
            now,
            series_uid="1.2.2",
            sop_instance_uid="1.2.2.1",
            received_digest=b"3" * 32,
            laterality="R",
        )
        tang = acting(tx, clinic, clinic.tang, now)
        putting_right.correct_case(tang, case.id, {}, sides={"1.2.1": "R", "1.2.2": "L"}, reason="侧别写反")
        step = surgery.split(tang, KEYS, case.id, sop_instance_uids=["1.2.1.2"], into_case=None, why="另一次检查")
        (study_uid,) = cases.study_uids(tx, step.other_case_id or "")
        sides = list(sides_in(tx, study_uid).values())

    assert sides == ["R"]


def test_a_number_names_only_whom_they_see_or_had_at_the_counter_today(engine: Engine, now: datetime) -> None:
    shown = Identifier(kind=IdentifierKind.IDENTITY_CARD, value=PIA_CARD)
    tomorrow = now + timedelta(hours=25)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        arrive(tx, clinic, "1.9", now, site=clinic.region.moor)
        known = pia(tx, now)
        arrive(tx, clinic, "1.2", now, patient_id="P1")

    def correct(number: str, at: datetime = tomorrow) -> str:
        try:
            with act_transaction.acting(engine, clinic.audit, at, clinic.quinn, naming=KEYS) as ctx:
                made = putting_right.correct_study(ctx, "1.9", NAME, patient_number=number, reason="登记错误")
        except Invalid as refused:
            return f"{refused.field} {refused.problem}"
        return made.patient_id or ""

    def shows_the_card(at: datetime) -> None:
        with transaction(engine) as tx:
            door.find_patient(acting(tx, clinic, clinic.quinn, at), KEYS, shown, action=Action.PATIENT_FIND)

    nobody, somebody_elses = correct("0000000000", now), correct(known.number, now)
    shows_the_card(now)
    a_day_later = correct(known.number)
    shows_the_card(tomorrow)

    assert nobody == somebody_elses == a_day_later == "patient_number unknown"
    assert correct(known.number) == known.id
    with snapshot(engine) as tx:
        tried = [one for who in ("", known.id) for one in audit.events_about(tx, "patient", who)]
    assert [one.outcome for one in tried if one.action == "patient.name"].count(Outcome.REFUSED) == 3
    assert {one.actor.id for one in tried} == {clinic.quinn.person_id}


def test_only_what_differs_from_what_is_shown_is_corrected(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now, patient_name="Pia^P")
        tang = acting(tx, clinic, clinic.tang, now)
        before = putting_right.shown_attributes(tx, case)
        for wrong, field in ((before, "attributes"), ({**before, "PatientName": ""}, "name")):
            with pytest.raises(Invalid, match=field):
                putting_right.correct_case(tang, case.id, wrong, reason="x")
        putting_right.correct_case(tang, case.id, {**before, "PatientSex": "F"}, reason="登记错误")
        made = attribution.current(tx, "1.1")

    assert made is not None
    assert (made.attributes, made.reason) == ({"PatientSex": "F"}, "登记错误")


def test_images_of_another_name_are_linked_with_a_word_of_its_own(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        known = pia(tx, now)
        nameless = arrive(tx, clinic, "1.1", now, patient_id="", patient_name="")
        another = arrive(tx, clinic, "1.2", now, patient_id="", patient_name="Paul^Pan")
        without = arrive(tx, clinic, "1.3", now, patient_id="", patient_name="")
        tang = acting(tx, clinic, clinic.tang, now)
        nobody = CardHolder(kind=None, card="", name="", sex=Sex.UNKNOWN, birth_date=None)
        putting_right.link(tang, KEYS, without.id, nobody, same_person=False)
        putting_right.link(tang, KEYS, nameless.id, PIA, same_person=False)
        with pytest.raises(Invalid, match="same_person"):
            putting_right.link(tang, KEYS, another.id, PIA, same_person=False)
        putting_right.link(tang, KEYS, another.id, PIA, same_person=True)
        first, second, third = (attribution.current(tx, uid) for uid in ("1.1", "1.2", "1.3"))
        linked = [cases.by_id(tx, case.id).patient_id for case in (nameless, another)]

    assert first is not None
    assert second is not None
    assert linked == [known.id, known.id]
    assert (first.reason, first.attributes["PatientName"]) == (Reason.LINKED, "Pia")
    assert (second.reason, second.attributes) == (Reason.LINKED_NAMES_DIFFER, {})
    assert third is not None
    assert third.reason == Reason.LINKED_WITHOUT_PAPERS


def test_who_withholds_a_case_while_it_is_corrected_waits_in_no_ring(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)

    def tang_corrects(tx: Connection) -> None:
        ctx = acting(tx, clinic, clinic.tang, now)
        putting_right.correct_study(ctx, "1.1", NAME, patient_number=None, reason="登记错误")

    def mona_withholds(tx: Connection) -> None:
        withhold.withhold(acting(tx, clinic, clinic.mona, now), case.id, why="影像错误")

    cross(engine, lambda tx: cases.lock(tx, case.id), tang_corrects, mona_withholds)
    with transaction(engine) as tx:
        corrected, withheld = attribution.current(tx, "1.1"), cases.by_id(tx, case.id)

    assert corrected is not None
    assert (corrected.attributes, withheld.state) == (NAME, State.WITHHELD)
