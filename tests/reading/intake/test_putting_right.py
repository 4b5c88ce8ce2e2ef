"""Corrections by people: who may, what is corrected, and whose images a case holds."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy.engine import Connection, Engine

from reading.cases import cases
from reading.context import Context
from reading.errors import Invalid, NotAllowed, NotThere
from reading.intake import putting_right
from reading.intake.putting_right import Reason
from reading.patients import attribution
from reading.viewers import Staff
from storage.database import transaction
from tests.reading.clinic import Clinic, arrive, open_clinic
from tests.reading.orders.test_registration import PIA
from tests.reading.region import KEYS, pia

NAME = {"PatientName": "Pia"}


def acting(tx: Connection, clinic: Clinic, staff: Staff, now: datetime) -> Context[Staff]:
    return Context(tx, clinic.audit, now, staff)


def test_the_site_and_those_who_manage_it_correct_a_study(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        arrive(tx, clinic, "1.1", now)
        known = pia(tx, now)

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
        tang = acting(tx, clinic, clinic.tang, now)
        putting_right.link(tang, KEYS, nameless.id, PIA, same_person=False)
        with pytest.raises(Invalid, match="same_person"):
            putting_right.link(tang, KEYS, another.id, PIA, same_person=False)
        putting_right.link(tang, KEYS, another.id, PIA, same_person=True)
        first, second = attribution.current(tx, "1.1"), attribution.current(tx, "1.2")
        linked = [cases.by_id(tx, case.id).patient_id for case in (nameless, another)]

    assert first is not None
    assert second is not None
    assert linked == [known.id, known.id]
    assert (first.reason, first.attributes["PatientName"]) == (Reason.LINKED, "Pia")
    assert (second.reason, second.attributes) == (Reason.LINKED_NAMES_DIFFER, {})
