"""Whether this node lives, and whether it can do its work: /healthz and /readyz."""

from __future__ import annotations

import os
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
