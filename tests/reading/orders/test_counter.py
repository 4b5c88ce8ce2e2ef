"""Orders at the counter: who places and cancels them, and what is on record of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Connection, Engine

from reading import audit
from reading.context import Context
from reading.errors import Invalid, NotAllowed, NotThere, Stale
from reading.kinds import Priority
from reading.orders import counter
from reading.orders.order_state import OrderState
from reading.orders.orders import Asked
from reading.viewers import Staff
from storage.database import transaction
from tests.reading.clinic import Clinic, open_clinic
from tests.reading.orders.test_registration import PIA
from tests.reading.region import KEYS

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
    return Context(tx, clinic.audit, now, staff)


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
