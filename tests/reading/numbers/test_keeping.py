"""Facts and sums follow the rows of cases, whatever changes them and in whatever order."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading.context import Context
from reading.kinds import Role
from reading.numbers import keeping, rollup
from reading.reports import versions
from reading.reports.versions import Status
from reading.signing import signatures
from reading.tables import number_cell, number_change, number_fact, number_ratio, number_time
from storage.database import transaction
from storage.ids import new_id
from tests.reading.clinic import PNEUMONIA, arrive, open_clinic, read, shown
from tests.reading.crossing import cross
from tests.reading.region import hire


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


def test_a_release_counts_on_while_a_critical_addendum_has_its_place(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        zoe = hire(tx, "zoe", now, (Role.RESIDENT, clinic.region.oak))
        case = arrive(tx, clinic, "1.1", now)
        final = read(tx, clinic, clinic.ada, case.id, now)
        ctx, stroke = Context(tx, clinic.audit, now, zoe), replace(PNEUMONIA, critical_class="stroke")
        signatures.addendum(ctx, clinic.seal, final.id, content=stroke, screen=shown(tx, case.id))
        stands = [one.status for one in versions.of_case(tx, case.id)]
    keep(engine, now.date())

    with transaction(engine) as tx:
        cells = tx.execute(sa.select(number_cell)).all()
    assert stands == [Status.SUPERSEDED, Status.PRELIMINARY]
    assert sum(row.released for row in cells if not row.person_id) == 1


def test_every_day_is_summed_anew_site_by_site_and_the_request_marks_no_days(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        for number in range(3):
            arrive(tx, clinic, f"1.{number}", now + timedelta(days=number))
    keep(engine, now.date())
    with transaction(engine) as tx:
        before = set(tx.execute(sa.select(number_cell)))
        tx.execute(number_cell.update().values(received=99))
        rollup.mark_all(tx)
        rollup.mark_all(tx)
        marked = rollup.waiting(tx)
    keep(engine, now.date())

    assert marked == 1  # Hills, the one site that sent anything
    with transaction(engine) as tx:
        assert set(tx.execute(sa.select(number_cell))) == before
        assert rollup.waiting(tx) == 0


def test_a_site_that_is_marked_again_is_spread_once_that_stands(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        arrive(tx, open_clinic(tx, now), "1.1", now)
    keep(engine, now.date())
    with transaction(engine) as tx:
        rollup.mark_all(tx)

    cross(engine, rollup.mark_all, rollup.spread, lambda _tx: None)


def test_the_statement_of_a_ratio_is_made_once_for_a_version(engine: Engine, now: datetime) -> None:
    said = {"name_zh": "快", "name_en": "Quick", "kind": "released", "counted": {"minutes_at_most": 70}}
    with transaction(engine) as tx:
        oak = open_clinic(tx, now).region.oak.id
        for code, minutes in (("quick", 70), ("quicker", 20)):
            document = said | {"counted": {"minutes_at_most": minutes}}
            made = {"id": new_id(), "code": code, "version": 1, "organisation_id": oak, "document": document}
            tx.execute(number_ratio.insert().values(**made, since=now))
        first, second = ([rows for _, rows in rollup.ratio_days(tx)] for _ in range(2))

    assert [one is other for one, other in zip(first, second, strict=True)] == [True, True]
    assert first[0] is not first[1]
