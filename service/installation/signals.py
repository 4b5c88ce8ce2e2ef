"""Ctrl-C and SIGTERM set an event, so that what has begun comes to its end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def stopped_by_signals() -> Generator[threading.Event]:
    stop = threading.Event()

    def end(_signal: int, _frame: object) -> None:
        stop.set()

    before = {each: signal.signal(each, end) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
