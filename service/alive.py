"""Signs of life: each role touches a file in the run folder while it is well, and /readyz looks at its age."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Final, Self

BEAT_SECONDS: Final = 1.0
STALE_SECONDS: Final = 5.0


class Role(StrEnum):
    """The processes of `tierread serve`."""

    SCP = "scp"
    WEB = "web"
    WORKER = "worker"


class Sign(StrEnum):
    ALIVE = "alive"
    SILENT = "silent"
    """Expected on this node, but its last sign is too old, or it gave none yet."""
    ELSEWHERE = "elsewhere"
    """Not started on this node."""


class Heartbeat:
    """Touches the role's file every second while ``well`` says so; the file goes when the role ends cleanly."""

    def __init__(self, run_dir: Path, role: Role, well: Callable[[], bool]) -> None:
        self._path = _path(run_dir, role)
        self._well = well
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        self._touch()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()
        self._path.unlink(missing_ok=True)

    def _beat(self) -> None:
        while not self._end.wait(BEAT_SECONDS):
            if self._well():
                self._touch()

    def _touch(self) -> None:
        self._path.write_text(f"{os.getpid()}\n", "ascii")


def expect(run_dir: Path, role: Role) -> None:
    """Say that a role is about to start here: until its first beat it is silent, not elsewhere."""
    path = _path(run_dir, role)
    path.touch()
    os.utime(path, (0, 0))


def sign(run_dir: Path, role: Role) -> Sign:
    try:
        seconds = time.time() - _path(run_dir, role).stat().st_mtime
    except FileNotFoundError:
        return Sign.ELSEWHERE
    return Sign.ALIVE if seconds < STALE_SECONDS else Sign.SILENT


def _path(run_dir: Path, role: Role) -> Path:
    return run_dir / f"{role}.alive"
