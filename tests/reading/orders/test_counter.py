"""Orders at the counter: who places and cancels them, and what is on record of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Connection, Engine

from reading import audit
from reading.access import door
from reading.actions import Action
from reading.context import Context, Guess
from reading.errors import Invalid, NotAllowed, NotThere, Stale
from reading.kinds import Priority, Role
from reading.orders import counter
from reading.orders.order_state import OrderState
from reading.orders.orders import Asked
from reading.orders.registration import find_or_register
from reading.viewers import Staff
from storage.database import transaction
from tests.reading.clinic import Clinic, open_clinic
from tests.reading.orders.test_registration import PIA
from tests.reading.region import KEYS, hire

CHEST = counter.Request(
    site_code="hills",
    patient=PIA,
    modality="DX",
    priority=Priority.ROUTINE,
    procedures=[Asked(body_part="CHEST")],
    reason=" cough ",
    scheduled_at=None,
    station="",
)


def acting(tx: Connection, clinic: Clinic, staff: Staff, now: datetime) -> Context[Staff]:
    return Context(tx, clinic.audit, now, staff, guess=Guess())


def test_an_order_is_placed_and_cancelled_on_record(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        tang = acting(tx, clinic, clinic.tang, now)
        made = counter.place(tang, KEYS, CHEST)
        with pytest.raises(Stale):
            counter.cancel(tang, made.id, revision=2)
        gone = counter.cancel(tang, made.id, revision=1)
        events = [event.action for event in audit.events_about(tx, "order", made.id)]

    assert (made.reason, made.scheduled_at, made.ordered_by) == ("cough", now, clinic.tang.person_id)
    assert (gone.state, gone.revision) == (OrderState.CANCELLED, 2)
    assert events == ["order.cancel", "order.open", "order.place"]


def test_only_those_who_work_at_the_site_place_and_cancel(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        made = counter.place(acting(tx, clinic, clinic.tang, now), KEYS, CHEST)
        for staff, error in ((clinic.ada, NotAllowed), (clinic.mona, NotAllowed), (clinic.quinn, NotThere)):
            with pytest.raises(error):
                counter.place(acting(tx, clinic, staff, now), KEYS, CHEST)
            with pytest.raises(error):
                counter.cancel(acting(tx, clinic, staff, now), made.id, revision=1)


def test_whoever_reads_for_another_site_does_not_order_for_its_patients(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        region = clinic.region
        both = hire(tx, "both", now, (Role.TECHNICIAN, region.hills), (Role.READER, region.elm))
        pia = find_or_register(acting(tx, clinic, clinic.quinn, now), KEYS, PIA, region.moor.id)
        asked = replace(CHEST, patient=pia.id)
        assert door.open_patient(acting(tx, clinic, both, now), pia.id, Action.PATIENT_OPEN) == pia
        with pytest.raises(NotThere):
            counter.place(acting(tx, clinic, both, now), KEYS, asked)
        with pytest.raises(NotThere):
            door.open_numbered_patient(acting(tx, clinic, both, now), pia.number, Action.PATIENT_NAME)
        own = counter.place(acting(tx, clinic, clinic.quinn, now), KEYS, replace(asked, site_code="moor"))

    assert own.patient_id == pia.id


@pytest.mark.parametrize(
    ("ahead", "problem"),
    [
        (-timedelta(days=1, seconds=1), "range"),
        (-timedelta(days=1), None),
        (timedelta(days=366), None),
        (timedelta(days=366, seconds=1), "range"),
    ],
)
def test_an_examination_lies_between_yesterday_and_a_year_ahead(
    engine: Engine, now: datetime, ahead: timedelta, problem: str | None
) -> None:
    asked = replace(CHEST, scheduled_at=now + ahead)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        tang = acting(tx, clinic, clinic.tang, now)
        if problem is None:
            assert counter.place(tang, KEYS, asked).scheduled_at == now + ahead
        else:
            with pytest.raises(Invalid, match=problem):
                counter.place(tang, KEYS, asked)


@pytest.mark.parametrize("part", ["humerus", "Breast", " FEMUR "])
def test_a_paired_part_needs_its_side_in_any_case_of_letters(engine: Engine, now: datetime, part: str) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        tang = acting(tx, clinic, clinic.tang, now)
        with pytest.raises(Invalid):
            counter.place(tang, KEYS, replace(CHEST, procedures=[Asked(body_part=part)]))
        counter.place(tang, KEYS, replace(CHEST, procedures=[Asked(body_part=part, laterality="L")]))
