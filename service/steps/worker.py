"""The worker: steps that run again and again, each at its own interval, none able to end the others."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from service.telemetry.logs import logger
from service.telemetry.metrics import STEP_FAILURES, STEP_SECONDS, timed

LONGEST_DELAY_SECONDS: Final = 60.0
"""A step that keeps failing is tried again ever later, up to this."""

_LEAST_URGENT: Final = 5
"""Nice value: a third of an ordinary thread's processor time. With less it would hold Python's lock for too long."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """``run`` answers how much it did; more than nothing lets it run again at once."""

    name: str
    every_seconds: float
    run: Callable[[], int]
    gives_way: bool = False
    """Whether it runs at low priority, so that it is never in the way of receiving and reading."""


class Worker:
    """Runs each step in a thread of its own until ``stop`` is set."""

    def __init__(self, steps: Sequence[Step], stop: threading.Event) -> None:
        self._stop = stop
        self._threads = [threading.Thread(target=self._repeat, args=(step,), name=step.name) for step in steps]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def well(self) -> bool:
        return all(thread.is_alive() for thread in self._threads)

    def _repeat(self, step: Step) -> None:
        if step.gives_way:
            _give_way()
        delay = 0.0
        while not self._stop.wait(delay):
            started = time.monotonic()
            try:
                with timed(STEP_SECONDS, step.name):
                    done = step.run()
            except Exception as error:  # noqa: BLE001 the unforeseen in one step must not end the others
                delay = min(max(step.every_seconds, delay) * 2, LONGEST_DELAY_SECONDS)
                STEP_FAILURES.labels(step.name).inc()
                logger().error("step failed", step=step.name, again_in_seconds=delay, exc_info=error)
            else:
                if done:
                    logger().info("step", step=step.name, done=done, ms=round((time.monotonic() - started) * 1000))
                delay = 0.0 if done else step.every_seconds


def _give_way() -> None:
    """Lower the priority of this thread; only Linux has a priority for each thread."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _LEAST_URGENT)
