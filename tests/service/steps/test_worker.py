"""The worker: a step that fails is counted, logged and tried again, and never ends the others."""

from __future__ import annotations

import threading

from service.steps.worker import Step, Worker
from service.telemetry.metrics import STEP_FAILURES
from tests.running import wait_until


def failures_of(step: str) -> float:
    return STEP_FAILURES.labels(step)._value.get()


def test_a_failing_step_does_not_end_the_others() -> None:
    stop = threading.Event()
    ran: list[str] = []

    def fail() -> int:
        raise ValueError("a name")

    def work() -> int:
        ran.append("work")
        return 0

    steps = [Step(name="fails", every_seconds=0.01, run=fail), Step(name="works", every_seconds=0.01, run=work)]
    before = failures_of("fails")
    worker = Worker(steps, stop)
    worker.start()
    wait_until(lambda: len(ran) >= 5 and failures_of("fails") - before >= 2)
    well = worker.well()
    stop.set()
    worker.join()

    assert well
    assert not worker.well()


def test_a_step_with_more_to_do_runs_again_at_once() -> None:
    stop = threading.Event()
    left = iter([3, 2, 1, 0])
    done: list[int] = []

    def work() -> int:
        done.append(next(left, 0))
        return done[-1]

    worker = Worker([Step(name="drains", every_seconds=3600, run=work)], stop)
    worker.start()
    wait_until(lambda: done == [3, 2, 1, 0])
    stop.set()
    worker.join()

    assert done == [3, 2, 1, 0]
