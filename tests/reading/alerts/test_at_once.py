"""Many answer one alert at the same moment, while the worker climbs it: one answer stands, and nothing is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

from sqlalchemy.engine import Engine

from reading.alerts import alert_rows, classes, climbing, critical, notices
from reading.alerts.moves import State
from reading.audit import SYSTEM, Audit
from reading.context import Context
from reading.errors import MoveNotAllowed, Stale
from storage.database import snapshot, transaction
from tests.reading.clinic import acknowledge, arrive, open_clinic

AT_ONCE = 8
TEN = timedelta(minutes=10)


def test_one_of_many_answers_stands_and_the_worker_climbs_only_before_it(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        ada = Context(tx, clinic.audit, now, clinic.ada)
        alert = critical.raise_alert(ada, case.id, critical_class="stroke", finding="!")
    together = Barrier(2 * AT_ONCE)

    def answer() -> bool:
        together.wait()
        try:
            with transaction(engine) as tx:
                acknowledge(tx, clinic, clinic.tang, alert.id, now + TEN)
        except MoveNotAllowed:
            return False
        return True

    def climb(number: int) -> int:
        together.wait()
        with transaction(engine) as tx:
            return climbing.climb(Context(tx, Audit(f"worker-{number}"), now + TEN, SYSTEM))

    with ThreadPoolExecutor(2 * AT_ONCE) as pool:
        answers = [pool.submit(answer) for _ in range(AT_ONCE)]
        climbs = [pool.submit(climb, number) for number in range(AT_ONCE)]
        stood, climbed = [each.result() for each in answers], sum(each.result() for each in climbs)
    with snapshot(engine) as tx:
        found, told = alert_rows.by_id(tx, alert.id), notices.of_alerts(tx, [alert.id])[alert.id]

    assert stood.count(True) == 1
    assert (found.state, found.level) == (State.ACKNOWLEDGED, climbed)
    assert climbed <= 1
    assert len(told) == 1 + climbed


def test_of_a_class_that_many_say_at_once_one_word_stands(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
    together = Barrier(AT_ONCE)

    def say(number: int) -> bool:
        together.wait()
        try:
            with transaction(engine) as tx:
                ctx = Context(tx, Audit(f"web-{number}"), now, clinic.mona)
                classes.add(ctx, "stroke", organisation_code="hills", minutes=number + 1)
        except Stale:
            return False
        return True

    with ThreadPoolExecutor(AT_ONCE) as pool:
        said = list(pool.map(say, range(AT_ONCE)))
    with snapshot(engine) as tx:
        stands = classes.rows(tx, now)

    assert any(said)
    assert [one.organisation_code for one in stands] == ["hills"]
