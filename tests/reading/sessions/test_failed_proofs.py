"""Failed proofs close for a growing time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading.sessions import failed_proofs
from reading.sessions.failed_proofs import Subject, delay_after
from reading.tables import failed_proof
from storage.database import snapshot, transaction

ADA = Subject(digest=b"a" * 32, free=3)
TOWNSHIP = Subject(digest=b"t" * 32, free=5)


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0), (3, 0), (4, 1), (5, 2), (6, 4), (13, 512), (14, 900), (1000, 900)]
)
def test_the_delay_doubles_up_to_a_quarter_of_an_hour(failures: int, seconds: int) -> None:
    assert delay_after(failures, free=3) == timedelta(seconds=seconds)


def test_each_failure_counts_against_all_that_was_tried(engine: Engine, now: datetime) -> None:
    for _ in range(5):
        with transaction(engine) as tx:
            failed_proofs.count_failure(tx, [ADA, TOWNSHIP], now)

    with transaction(engine) as tx:
        assert failed_proofs.remaining_wait(tx, [ADA, TOWNSHIP], now) == timedelta(seconds=2)
        assert failed_proofs.remaining_wait(tx, [TOWNSHIP], now) == timedelta(0)
        failed_proofs.count_failure(tx, [TOWNSHIP], now)
        assert failed_proofs.remaining_wait(tx, [TOWNSHIP], now) == timedelta(seconds=1)
        assert failed_proofs.remaining_wait(tx, [ADA], now + timedelta(seconds=2)) == timedelta(0)


def test_a_success_forgets_the_failures_of_its_subject_alone(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        for _ in range(6):
            failed_proofs.count_failure(tx, [ADA, TOWNSHIP], now)
        failed_proofs.clear(tx, ADA)

    with transaction(engine) as tx:
        assert failed_proofs.remaining_wait(tx, [ADA], now) == timedelta(0)
        assert failed_proofs.remaining_wait(tx, [TOWNSHIP], now) == timedelta(seconds=1)


def test_after_an_hour_the_next_failure_is_the_first(engine: Engine, now: datetime) -> None:
    later = now + failed_proofs.FORGOTTEN + timedelta(seconds=1)
    with transaction(engine) as tx:
        for _ in range(9):
            failed_proofs.count_failure(tx, [ADA], now)
        failed_proofs.count_failure(tx, [ADA], later)
        failed_proofs.count_failure(tx, [TOWNSHIP], now)

    with transaction(engine) as tx:
        assert failed_proofs.remaining_wait(tx, [ADA], later) == timedelta(0)
        assert failed_proofs.forget(tx, later) == 1
        assert tx.scalars(sa.select(failed_proof.c.failures)).all() == [1]


def test_failures_that_come_at_once_are_all_counted(engine: Engine, now: datetime) -> None:
    def fail(_: int) -> None:
        with transaction(engine) as tx:
            failed_proofs.remaining_wait(tx, [ADA, TOWNSHIP], now)
            failed_proofs.count_failure(tx, [ADA, TOWNSHIP], now)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(fail, range(12)))

    with snapshot(engine) as tx:
        assert tx.scalars(sa.select(failed_proof.c.failures)).all() == [12, 12]
