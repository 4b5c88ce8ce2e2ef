"""What stands beside the tabs of the worklist, and the word by which a page learns that a list has changed."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Connection, Engine

from reading.alerts import critical
from reading.context import Context
from reading.desk import tab_counts, worklist
from reading.desk.pulse import LOOKS_BACK, pulse
from reading.desk.tab_counts import Counted, counts
from reading.desk.worklist import Filters
from reading.signing import withhold
from storage.database import transaction
from tests.plans import plans_of, reads_through
from tests.reading.clinic import Clinic, arrive, open_clinic, take
from tests.reading.double_reading.twice import mammogram, open_screening, read_blind


def test_each_tab_has_the_number_of_its_list_and_one_statement_counts_all(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        for number in range(3):
            arrive(tx, clinic, f"1.{number}", now)
        take(tx, clinic, clinic.ada, arrive(tx, clinic, "1.9", now).id, now)

        found = counts(tx, clinic.ada, list(Counted), now)
        nothing = counts(tx, clinic.quinn, [Counted.ALL, Counted.READ], now)

    assert found == {**dict.fromkeys(Counted, 0), Counted.READ: 3, Counted.MINE: 1, Counted.ALL: 4}
    assert nothing == {Counted.ALL: 0, Counted.READ: 0}


def test_counting_ends_where_nobody_reads_on(engine: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tab_counts, "MOST", 1)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        for number in range(3):
            arrive(tx, clinic, f"1.{number}", now)

        found = counts(tx, clinic.ada, [Counted.READ, Counted.VERIFY], now)
        page = worklist.list_cases(tx, clinic.ada, Filters(), limit=9, offset=0, now=now, counted=1)

    assert found == {Counted.READ: 2, Counted.VERIFY: 0}
    assert (page.total, len(page.entries)) == (2, 3)


def test_the_counts_and_the_pulse_read_through_no_table(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        arrive(tx, clinic, "1.1", now)

    def ask(tx: Connection) -> None:
        counts(tx, clinic.ada, [Counted.READ, Counted.VERIFY, Counted.MINE], now)
        pulse(tx, clinic.ada, now)

    for plan in plans_of(engine, ask):
        for table in ("case", "case_move", "critical_alert"):
            assert not reads_through(plan, table), plan


def test_the_pulse_is_another_one_for_whoever_sees_what_has_changed(engine: Engine) -> None:
    now = datetime.now().astimezone()  # the ids of moves carry the time of the machine
    said: list[tuple[str, str]] = []

    def look(tx: Connection, clinic: Clinic, at: datetime = now) -> None:
        said.append((pulse(tx, clinic.ada, at), pulse(tx, clinic.quinn, at)))

    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        look(tx, clinic)
        case = arrive(tx, clinic, "1.1", now)
        look(tx, clinic)
        look(tx, clinic)
        take(tx, clinic, clinic.ada, case.id, now)
        look(tx, clinic)
        ctx = Context(tx, clinic.audit, now, clinic.ada)
        critical.raise_alert(ctx, case.id, critical_class="stroke", finding="左侧")
        look(tx, clinic)
        look(tx, clinic, now + LOOKS_BACK + timedelta(minutes=1))

    theirs, others = zip(*said, strict=True)
    assert len(set(theirs)) == 4  # nothing, arrived, taken, alarm; long after that it is as if nothing were
    assert theirs[1] == theirs[2]
    assert theirs[0] == theirs[5]
    assert len(set(others)) == 1


def test_the_pulse_stays_where_the_list_does(engine: Engine) -> None:
    """What a first blind reader flags, and what becomes of a withheld case, is told to nobody else who reads."""
    now = datetime.now().astimezone()
    with transaction(engine) as tx:
        clinic = open_screening(tx, now)
        blind, withheld = mammogram(tx, clinic, "1.1", now), mammogram(tx, clinic, "1.2", now)
        read_blind(tx, clinic, clinic.ada, blind.id, now)
        ada, mona = (Context(tx, clinic.audit, now, who) for who in (clinic.ada, clinic.mona))
        withhold.withhold(ada, withheld.id, why="拍错人")
        before = pulse(tx, clinic.rosa, now)
        critical.raise_alert(ada, blind.id, critical_class="stroke", finding="左侧")
        flagged = pulse(tx, clinic.rosa, now)
        withhold.read_again(mona, withheld.id, why="可以")
        withhold.withhold(ada, withheld.id, why="还是错人")

        assert flagged == before
        assert pulse(tx, clinic.rosa, now) == before
