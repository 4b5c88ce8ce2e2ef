"""A case that joins an order follows it: priority, rule and due time, also while somebody reads it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Connection, Engine

from reading.audit import SYSTEM
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.moves import UNFINISHED, State
from reading.context import Context
from reading.desk import desk
from reading.intake import order_join
from reading.kinds import Priority
from reading.orders import orders
from reading.orders.orders import Asked
from reading.patients.patients import Patient
from storage.database import snapshot, transaction
from tests.reading.clinic import Clinic, arrive, open_clinic, read, take
from tests.reading.double_reading.twice import mammogram, open_screening
from tests.reading.region import pia


def joins(tx: Connection, clinic: Clinic, case: Case, patient: Patient, now: datetime, *, modality: str = "DX") -> Case:
    """The case after an emergency was found to be what it answers."""
    order = orders.place(
        tx,
        site_id=clinic.region.hills.id,
        patient_id=patient.id,
        modality=modality,
        priority=Priority.EMERGENCY,
        procedures=[Asked(body_part=case.body_part)],
        reason="胸痛2小时",
        ordered_by=None,
        now=now,
    )
    order_join.join(Context(tx, clinic.audit, now, SYSTEM), cases.by_id(tx, case.id), order)
    return cases.by_id(tx, case.id)


@pytest.mark.parametrize("state", State)
def test_an_emergency_raises_every_case_that_is_not_done(engine: Engine, now: datetime, state: State) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        before = cases.change(tx, cases.by_id(tx, case.id), state=state)
        found = joins(tx, clinic, before, pia(tx, now), now)

        raised = (Priority.EMERGENCY, "emergency", now + timedelta(minutes=30))
        stays = (Priority.ROUTINE, before.rule, before.due_at)
        assert (found.priority, found.rule, found.due_at) == (raised if state in UNFINISHED else stays)
        assert found.state is state


def test_what_was_released_keeps_its_priority_and_rule(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        read(tx, clinic, clinic.ada, case.id, now)
        drawn = cases.change(tx, cases.by_id(tx, case.id), state=State.WAITING_REVIEW)
        found = joins(tx, clinic, drawn, pia(tx, now), now)

        assert (found.priority, found.rule) == (Priority.ROUTINE, case.rule)


def test_the_desk_of_whoever_reads_it_is_told(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        take(tx, clinic, clinic.rosa, case.id, now)
    with snapshot(engine) as tx:
        before = desk.standing(Context(tx, clinic.audit, now, clinic.rosa), case.id)
    with transaction(engine) as tx:
        found = joins(tx, clinic, case, pia(tx, now), now)
    with snapshot(engine) as tx:
        after = desk.standing(Context(tx, clinic.audit, now, clinic.rosa), case.id)

    assert found.state is State.READING
    assert after.revision > before.revision


def test_two_blind_readings_end_as_they_were_begun_and_sooner(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_screening(tx, now)
        waits, reads = (mammogram(tx, clinic, uid, now) for uid in ("1.1", "1.2"))
        take(tx, clinic, clinic.ada, reads.id, now)
        patient = pia(tx, now)
        waited, begun = (joins(tx, clinic, one, patient, now, modality="MG") for one in (waits, reads))

        assert (begun.rule, begun.by_two, begun.priority) == (reads.rule, True, Priority.EMERGENCY)
        assert (waited.rule == waits.rule, waited.by_two) == (False, False)
        assert begun.due_at == waited.due_at < reads.due_at
