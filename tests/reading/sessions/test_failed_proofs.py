"""Counters of failed proofs close for a growing time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading.sessions import failed_proofs
from reading.sessions.failed_proofs import Counter, Kind, Limit, delay_after
from reading.tables import failed_proof
from storage.database import snapshot, transaction

DAY = timedelta(days=1)
ADA = Counter(
    digest=b"a" * 32, kind=Kind.PAIR, limit=Limit(free=3, longest=timedelta(minutes=15), window=timedelta(hours=1))
)
TOWNSHIP = Counter(
    digest=b"t" * 32, kind=Kind.ADDRESS, limit=Limit(free=5, longest=timedelta(seconds=2), window=timedelta(hours=1))
)
EVERYBODY = Counter(
    digest=b"e" * 32, kind=Kind.EVERYBODY, limit=Limit(free=None, longest=timedelta(0), window=timedelta(hours=1))
)


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0), (3, 0), (4, 1), (5, 2), (6, 4), (13, 512), (14, 900), (1000, 900)]
)
def test_the_delay_doubles_up_to_a_quarter_of_an_hour(failures: int, seconds: int) -> None:
    assert delay_after(failures, ADA.limit) == timedelta(seconds=seconds)
    assert delay_after(failures, EVERYBODY.limit) == timedelta(0)


def test_the_statement_closes_for_as_long_as_the_rule_says(engine: Engine, now: datetime) -> None:
    at = now
    for number in range(1, 17):
        with transaction(engine) as tx:
            assert failed_proofs.count(tx, [ADA], at) == timedelta(0)
            waits = failed_proofs.remaining_wait(tx, [ADA], at)
        expected = delay_after(number, ADA.limit)
        if at + expected > now + ADA.limit.window:
            break
        assert waits == expected
        at += waits


def test_a_closed_counter_counts_nothing_against_the_others(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        for _ in range(4):
            failed_proofs.count(tx, [ADA, EVERYBODY], now)

        assert failed_proofs.count(tx, [TOWNSHIP, ADA, EVERYBODY], now) == timedelta(seconds=1)
        assert failed_proofs.failures_of(tx, TOWNSHIP, now) == 0
        assert failed_proofs.failures_of(tx, EVERYBODY, now) == 4


def test_a_success_takes_back_its_own_attempt_alone(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        for _ in range(3):
            failed_proofs.count(tx, [ADA, TOWNSHIP], now)
        failed_proofs.take_back(tx, [ADA, TOWNSHIP], now)

        assert failed_proofs.failures_of(tx, ADA, now) == 0
        assert failed_proofs.failures_of(tx, TOWNSHIP, now) == 2


def test_a_counter_begins_anew_an_hour_after_its_first_failure(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        for minutes in (0, 30, 59):
            failed_proofs.count(tx, [TOWNSHIP], now + timedelta(minutes=minutes))
        failed_proofs.count(tx, [TOWNSHIP], now + timedelta(minutes=60))
        failed_proofs.count(tx, [ADA], now + timedelta(minutes=60))
        left = failed_proofs.failures_of(tx, TOWNSHIP, now + timedelta(minutes=60))

        assert left == 1
        assert failed_proofs.forget(tx, now + timedelta(minutes=61), DAY) == 0
        assert failed_proofs.forget(tx, now + timedelta(days=2), DAY) == 2


def test_failures_that_come_at_once_are_all_counted(engine: Engine, now: datetime) -> None:
    free = Limit(free=100, longest=timedelta(minutes=1), window=DAY)
    counters = [Counter(digest=bytes([number]) * 32, kind=Kind.ADDRESS, limit=free) for number in range(4)]

    def fail(number: int) -> None:
        with transaction(engine) as tx:  # each thread names them in another order
            failed_proofs.count(tx, counters[number % 4 :] + counters[: number % 4], now)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(fail, range(24)))

    with snapshot(engine) as tx:
        assert tx.scalars(sa.select(failed_proof.c.failures)).all() == [24] * 4


def test_guesses_that_come_at_once_are_no_more_than_are_free(engine: Engine, now: datetime) -> None:
    def guess(_: int) -> bool:
        with transaction(engine) as tx:
            return failed_proofs.count(tx, [ADA, TOWNSHIP], now) == timedelta(0)

    with ThreadPoolExecutor(4) as pool:
        allowed = sum(pool.map(guess, range(24)))

    assert allowed == 4  # three are free, and the fourth closes
