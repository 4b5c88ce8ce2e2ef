"""Write transactions that are open: what may not happen meanwhile, and for how long they were."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Final

from storage.errors import StorageError


class SlowInTransaction(StorageError):
    """Something slow was about to happen while this thread has a write transaction open: a fault of ours."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class _Writing(threading.local):
    """How many write transactions this thread has open."""

    open = 0


_writing: Final = _Writing()
_observers: Final[list[Callable[[float], None]]] = []
_waiting_observers: Final[list[Callable[[float], None]]] = []


def outside_transaction(what: str) -> None:
    """Called first by whatever may take long: slow computing, files, the network.

    Raises:
        SlowInTransaction: this thread has a write transaction open, for whose end others would wait.

    """
    if is_writing():
        raise SlowInTransaction(what)


def is_writing() -> bool:
    """Whether this thread has a write transaction open."""
    return _writing.open > 0


def observe(tell: Callable[[float], None]) -> None:
    """Let ``tell`` have the seconds that each write transaction of this process was open, its commit included."""
    _observers.append(tell)


def observe_waiting(tell: Callable[[float], None]) -> None:
    """Let ``tell`` have the seconds that each write transaction of this process waited before it could begin."""
    _waiting_observers.append(tell)


@contextmanager
def open_now() -> Generator[None]:
    """Around the statements of a write transaction; it ends before the commit."""
    _writing.open += 1
    try:
        yield
    finally:
        _writing.open -= 1


def began(asked: float) -> float:
    """Tell the observers of a transaction that was ``asked`` for then and can write now; answers now."""
    now = time.perf_counter()
    for tell in _waiting_observers:
        tell(now - asked)
    return now


def ended(since: float) -> None:
    """Tell the observers of a transaction that had its locks since ``since`` (`time.perf_counter`)."""
    for tell in _observers:
        tell(time.perf_counter() - since)
