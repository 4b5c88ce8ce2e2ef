"""What an entry says of a case, in a number of queries that does not grow with the page."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

from reading.alerts import critical
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.moves import State
from reading.context import Context
from reading.desk import worklist
from reading.desk.entries import entries_of
from reading.desk.worklist import Filters
from reading.intake import identity_decision
from reading.patients.same_person import Fact
from reading.queue import leases
from storage.database import transaction
from tests.reading.clinic import (
    acknowledge,
    another_image,
    arrive,
    open_clinic,
    read,
    take,
)
from tests.reading.intake.chens_images import AGREEING, one_more, scene
from tests.reading.region import pia


def test_an_entry_says_what_is_known_beside_the_case(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        pia(tx, now)
        earlier = arrive(tx, clinic, "1.1", now - timedelta(days=30), patient_id="P1", sex="F", study_date="20260131")
        case = arrive(tx, clinic, "1.2", now, patient_id="P1", birth_date="19900307", sex="F")
        other = arrive(tx, clinic, "1.3", now, patient_id="P2", birth_date="")
        take(tx, clinic, clinic.ada, case.id, now)
        alert = critical.raise_alert(
            Context(tx, clinic.audit, now, clinic.ada), case.id, critical_class="stroke", finding="!"
        )
        acknowledge(tx, clinic, clinic.tang, alert.id, now)
        page = worklist.list_cases(tx, clinic.ada, Filters(), limit=50, offset=0, now=now)
        lines = {entry.case.id: entry for entry in page.entries}

    line = lines[case.id]
    assert (line.site.code, line.site.name) == ("hills", "Hills")
    assert (line.patient.name, line.patient.sex, line.patient.age_years) == ("Pia^Pan", "F", 35)
    assert (line.progress.arrived, line.progress.expected, line.progress.complete) == (1, 1, True)
    assert line.holder is not None
    assert (line.holder.name, line.holder.expires_at) == ("Ada", now + leases.LEASE)
    assert (line.alert_acknowledged_by, line.prior_count, line.released) == ("Tang", 1, False)
    assert [study.study_uid for study in line.studies] == ["1.2"]
    assert line.rule.name == "critical"
    assert lines[earlier.id].prior_count == 0
    assert lines[other.id].holder is None
    assert lines[other.id].patient.age_years is None


def test_images_that_came_after_the_signature_show_on_the_entry(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        read(tx, clinic, clinic.ada, case.id, now)
        another_image(tx, clinic, "1.1", 2, now)
        line = entries_of(tx, clinic.ada, [cases.by_id(tx, case.id)], now)[0]

    assert (line.progress.signed, line.progress.arrived, line.progress.late) == (1, 2, 1)
    assert line.released


def test_a_page_of_many_takes_no_more_queries_than_a_page_of_one(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        for number in range(12):
            case = arrive(tx, clinic, f"1.{number}", now, patient_id="P-same")
            critical.raise_alert(
                Context(tx, clinic.audit, now, clinic.ada), case.id, critical_class="stroke", finding="!"
            )
        waiting = Filters(states=frozenset({State.WAITING_READ}))
        one = _queries(tx, lambda: worklist.list_cases(tx, clinic.ada, waiting, limit=1, offset=0, now=now))
        many = _queries(tx, lambda: worklist.list_cases(tx, clinic.ada, waiting, limit=50, offset=0, now=now))

    assert one == many


def test_single_images_of_another_person_mark_the_entry_in_one_statement_for_all(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        made, found = scene(tx, now), list[Case]()
        clinic = made.clinic
        plain = arrive(tx, clinic, "1.9", now, patient_id="P1", **AGREEING)
        without = _queries(tx, lambda: entries_of(tx, clinic.ada, [plain], now))
        for number in (2, 3):
            uid = f"1.{number}"
            arrive(tx, clinic, uid, now, patient_id="P1", **AGREEING)
            held = one_more(tx, made, uid, 2, now, AGREEING | {"patient_name": "WU^JUN", "sex": "F"})
            ctx = Context(tx, clinic.audit, now, clinic.tang)
            identity_decision.confirm(
                ctx, held.id, why="设备上选错了人，本人在场", seen=cases.by_id(tx, held.id).revision
            )
            found.append(cases.by_id(tx, held.id))
        lines = entries_of(tx, clinic.ada, [plain, *found], now)
        one, many = (_queries(tx, lambda n=n: entries_of(tx, clinic.ada, found[:n], now)) for n in (1, 2))

    assert [line.patient.differing for line in lines] == [(), (Fact.NAME, Fact.SEX), (Fact.NAME, Fact.SEX)]
    assert (one, many) == (without + 1, without + 1)


@pytest.mark.parametrize("amount", [0, 1])
def test_no_cases_are_no_entries(engine: Engine, now: datetime, amount: int) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        found = [arrive(tx, clinic, f"1.{number}", now) for number in range(amount)]

        assert len(entries_of(tx, clinic.ada, found, now)) == amount


def _queries(tx: Connection, act: Any) -> int:
    seen: list[str] = []

    def note(*arguments: Any) -> None:
        seen.append(arguments[2])

    event.listen(tx, "before_cursor_execute", note)
    act()
    event.remove(tx, "before_cursor_execute", note)
    assert all(isinstance(statement, str) for statement in seen)
    return len(seen)
