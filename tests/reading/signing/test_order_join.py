"""A case that joins an order follows it: priority, rule and due time, also while somebody reads it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Connection, Engine

from reading.audit import SYSTEM
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.moves import UNFINISHED, UNREAD, State
from reading.context import Context
from reading.desk import desk
from reading.kinds import Priority, Tier
from reading.orders import matching, orders
from reading.orders.orders import Asked
from reading.patients.patients import Patient
from reading.queue import leases
from reading.signing import order_join, withhold
from storage.database import snapshot, transaction
from tests.reading.clinic import Clinic, arrive, open_clinic, read, take
from tests.reading.double_reading.twice import mammogram, open_screening
from tests.reading.region import pia


def joins(
    tx: Connection,
    clinic: Clinic,
    case: Case,
    patient: Patient,
    now: datetime,
    *,
    modality: str = "DX",
    priority: Priority = Priority.EMERGENCY,
) -> Case:
    """The case after an order, an emergency if nobody says more, was found to be what it answers."""
    order = orders.place(
        tx,
        site_id=clinic.region.hills.id,
        patient_id=patient.id,
        modality=modality,
        priority=priority,
        procedures=[Asked(body_part=case.body_part)],
        reason="胸痛2小时",
        ordered_by=None,
        now=now,
    )
    order_join.join(Context(tx, clinic.audit, now, SYSTEM), cases.by_id(tx, case.id), order)
    return cases.by_id(tx, case.id)


def parts(tx: Connection, clinic: Clinic, case: Case, now: datetime) -> Case:
    """The case after it was parted from its newest order."""
    order = matching.order_of(tx, case.id)
    assert order is not None
    return order_join.part(Context(tx, clinic.audit, now, SYSTEM), case.id, order)


@pytest.mark.parametrize("state", State)
def test_parted_from_an_emergency_it_follows_its_own_rule_again_and_no_clock_grows(
    engine: Engine, now: datetime, state: State
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        before = arrive(tx, clinic, "1.1", now)
        raised = joins(tx, clinic, before, pia(tx, now), now)
        held = cases.change(tx, raised, state=state, tier=Tier.CITY)
        found = parts(tx, clinic, held, now)

        own, kept = (Priority.ROUTINE, before.rule), (Priority.EMERGENCY, "emergency")
        assert (raised.priority, raised.rule) == kept != own
        assert (found.priority, found.rule) == (own if state in UNFINISHED else kept)
        assert (found.state, found.due_at) == (state, raised.due_at)
        assert found.tier is (before.tier if state in UNREAD else Tier.CITY)


@pytest.mark.parametrize("again", [True, False])
@pytest.mark.parametrize("joined", [True, False])
def test_what_was_withheld_follows_the_orders_of_that_time_when_it_is_shown_again(
    engine: Engine, now: datetime, *, joined: bool, again: bool
) -> None:
    later = now + timedelta(minutes=10)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case, patient = arrive(tx, clinic, "1.1", now), pia(tx, now)
        raised = case if joined else joins(tx, clinic, case, patient, now)
        withhold.withhold(Context(tx, clinic.audit, now, clinic.tang), case.id, why="?")
        hidden = joins(tx, clinic, case, patient, now) if joined else parts(tx, clinic, case, now)
        mona = Context(tx, clinic.audit, later, clinic.mona)
        if again:
            withhold.read_again(mona, case.id, why="?")
        else:
            withhold.restore(mona, clinic.seal, case.id, why="?")
        found = cases.by_id(tx, case.id)

        urgent = (Priority.EMERGENCY, "emergency", now + timedelta(minutes=40))
        assert (hidden.priority, hidden.rule) == (raised.priority, raised.rule)
        assert (found.priority, found.rule, found.due_at) == (
            urgent if joined else (Priority.ROUTINE, case.rule, urgent[2])
        )
        assert (found.state, found.tier) == (State.WAITING_READ, found.tier if joined else case.tier)


def test_a_report_that_cannot_stand_is_read_again_as_urgently_as_its_order_says(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        read(tx, clinic, clinic.ada, case.id, now)
        withhold.withhold(Context(tx, clinic.audit, now, clinic.tang), case.id, why="?")
        joins(tx, clinic, case, pia(tx, now), now)
        found = withhold.read_again(Context(tx, clinic.audit, now, clinic.mona), case.id, why="?")

        assert (found.priority, found.rule) == (Priority.EMERGENCY, "emergency")
        assert found.due_at <= now + timedelta(minutes=30)


def test_of_two_orders_the_more_urgent_one_that_is_left_counts(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case, patient = arrive(tx, clinic, "1.1", now), pia(tx, now)
        joins(tx, clinic, case, patient, now, priority=Priority.URGENT)
        twice = joins(tx, clinic, case, patient, now + timedelta(minutes=1))
        found = parts(tx, clinic, twice, now + timedelta(minutes=2))
        again = joins(tx, clinic, case, patient, now + timedelta(minutes=3), priority=Priority.ROUTINE)

        assert (twice.priority, found.priority, again.priority) == (
            Priority.EMERGENCY,
            Priority.URGENT,
            Priority.URGENT,
        )


def test_whoever_reads_it_goes_on_and_signs_after_it_was_parted(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        joins(tx, clinic, case, pia(tx, now), now)
        lease = take(tx, clinic, clinic.ada, case.id, now)
        parted = parts(tx, clinic, case, now)
        renewed = leases.renew(Context(tx, clinic.audit, now, clinic.ada), case.id, lease)

        assert (parted.state, renewed.person_id) == (State.READING, clinic.ada.person_id)


def test_what_was_released_keeps_what_it_was_released_under_when_it_is_parted(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        joins(tx, clinic, case, pia(tx, now), now)
        read(tx, clinic, clinic.ada, case.id, now)
        found = parts(tx, clinic, case, now)

        assert (found.priority, found.rule) == (Priority.EMERGENCY, "emergency")


def test_two_blind_readings_end_as_they_were_begun_when_it_is_parted(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_screening(tx, now)
        case = mammogram(tx, clinic, "1.1", now)
        raised = joins(tx, clinic, case, pia(tx, now), now, modality="MG")
        take(tx, clinic, clinic.ada, case.id, now)
        found = parts(tx, clinic, raised, now)

        assert (raised.by_two, found.by_two, found.rule) == (False, False, raised.rule)
        assert (found.priority, found.due_at) == (Priority.ROUTINE, raised.due_at)


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
