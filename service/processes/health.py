"""Whether this node lives, and whether it can do its work: /healthz and /readyz."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from service.installation.heartbeat import Role, Sign, sign_of_all
from service.installation.installation import Folders
from storage.database import snapshot
from storage.keeping.shipping import behind_seconds
from storage.schema import is_current


class State(StrEnum):
    OK = "ok"
    FAILED = "failed"
    BEHIND = "behind"
    """Images wait on the disks of nodes for the object store; they are received and served all the same."""
    ELSEWHERE = "elsewhere"
    """A part that does not run on this node."""


SIGNS: Final[Mapping[Sign, State]] = {
    Sign.ALIVE: State.OK,
    Sign.SILENT: State.FAILED,
    Sign.ELSEWHERE: State.ELSEWHERE,
}


KNOWN_SECONDS: Final = 1.0
BEHIND_SECONDS: Final = 300.0
"""Much longer than it takes where all is well."""


def readiness(engine: Engine, folders: Folders, now: datetime) -> dict[str, State]:
    """Each part that the work needs, and how it is."""
    return {
        "database": _checked(lambda: is_current(engine)),
        "spool": _checked(lambda: _writable(folders.spool)),
        "object_store": _kept_up(engine, now),
        "dicom": SIGNS[sign_of_all(folders.run, Role.SCP)],
        "worker": SIGNS[sign_of_all(folders.run, Role.WORKER)],
    }


class Readiness:
    """`readiness`, looked at once a second at most, however often somebody asks."""

    def __init__(self, engine: Engine, folders: Folders) -> None:
        self._engine = engine
        self._folders = folders
        self._lock = threading.Lock()
        self._known: tuple[float, dict[str, State]] | None = None

    def __call__(self, now: datetime) -> dict[str, State]:
        with self._lock:
            if self._known is None or time.monotonic() - self._known[0] > KNOWN_SECONDS:
                self._known = time.monotonic(), readiness(self._engine, self._folders, now)
            return self._known[1]


def is_ready(parts: Mapping[str, State]) -> bool:
    return State.FAILED not in parts.values()


def _checked(check: Callable[[], bool]) -> State:
    try:
        return State.OK if check() else State.FAILED
    except (SQLAlchemyError, OSError):
        return State.FAILED


def _kept_up(engine: Engine, now: datetime) -> State:
    try:
        with snapshot(engine) as tx:
            return State.BEHIND if behind_seconds(tx, now) > BEHIND_SECONDS else State.OK
    except SQLAlchemyError:
        return State.OK  # nothing is known of it, and the database is a part of its own


def _writable(folder: Path) -> bool:
    probe = folder / f".ready-{os.getpid()}"
    probe.write_bytes(b"")
    probe.unlink()
    return True
