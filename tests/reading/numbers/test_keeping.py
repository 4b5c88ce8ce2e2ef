"""Facts and sums follow the rows of cases, whatever changes them and in whatever order."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading.numbers import keeping
from reading.tables import number_cell, number_change, number_fact, number_time
from storage.database import transaction
from tests.reading.clinic import PNEUMONIA, arrive, open_clinic, read


def keep(engine: Engine, today: date) -> None:
    """What the worker does until nothing is left to do."""
    while True:
        with transaction(engine) as tx:
            done = keeping.enter(tx, keeping.changed(tx, 100))
            done += keeping.sum_up(tx, today, 100)
        if not done:
            return


def test_a_released_report_counts_once_with_its_times(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        one = arrive(tx, clinic, "1.1", now)
        read(tx, clinic, clinic.ada, one.id, now + timedelta(minutes=25), PNEUMONIA)
    keep(engine, now.date())

    with transaction(engine) as tx:
        facts = tx.execute(sa.select(number_fact).order_by(number_fact.c.number)).all()
        cells = tx.execute(sa.select(number_cell)).all()
        times = {row.measure for row in tx.execute(sa.select(number_time))}
        left = tx.scalar(sa.select(sa.func.count()).select_from(number_change))
    assert [(row.kind, row.minutes) for row in facts] == [
        ("received", None),
        ("taken", None),
        ("read", 25),
        ("released", 25),
    ]
    assert sum(row.released for row in cells if not row.person_id) == 1
    assert {row.person_id for row in cells} == {"", clinic.ada.person_id}
    assert times == {"read", "released", "examined"}
    assert left == 0
