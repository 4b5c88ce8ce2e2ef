"""Signs of life: each process touches a file in the run folder while it is well, and /readyz looks at its age."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
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


@dataclass(frozen=True, kw_only=True)
class Part:
    """One process of a node."""

    role: Role
    number: int = 1
    """Number among the processes of its role."""
    of: int = 1
    sockets: tuple[int, ...] = ()
    """Descriptors of the listening sockets that it shares, the plain one first; without any it makes its own."""

    @property
    def name(self) -> str:
        return str(self.role) if self.number == 1 else f"{self.role}{self.number}"


class Sign(StrEnum):
    ALIVE = "alive"
    SILENT = "silent"
    """Expected on this node, but its last sign is too old, or it gave none yet."""
    ELSEWHERE = "elsewhere"
    """Not started on this node."""


class Heartbeat:
    """Touches its file every second while ``well`` says so; the file goes when the process ends cleanly."""

    def __init__(self, run_dir: Path, part: Part, well: Callable[[], bool]) -> None:
        self._path = _path(run_dir, part)
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


def expect(run_dir: Path, part: Part) -> None:
    """Say that a process is about to start here: until its first beat it is silent, not elsewhere."""
    path = _path(run_dir, part)
    path.touch()
    os.utime(path, (0, 0))


def last_beat(run_dir: Path, part: Part) -> int:
    """When the part last gave a sign, in nanoseconds of the file system's clock; 0 where it gave none yet."""
    try:
        return _path(run_dir, part).stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def sign(run_dir: Path, part: Part) -> Sign:
    return _sign(_path(run_dir, part))


def sign_of_all(run_dir: Path, role: Role) -> Sign:
    """The sign of a role: silent as soon as one of its processes is, since what that one took stands still."""
    signs = {_sign(path) for path in _paths(run_dir, role)} - {Sign.ELSEWHERE}
    return Sign.SILENT if Sign.SILENT in signs else Sign.ALIVE if signs else Sign.ELSEWHERE


def forget(run_dir: Path, role: Role) -> None:
    """Remove the signs that an earlier start with more processes left."""
    for path in _paths(run_dir, role):
        path.unlink(missing_ok=True)


def _sign(path: Path) -> Sign:
    try:
        seconds = time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return Sign.ELSEWHERE
    return Sign.ALIVE if seconds < STALE_SECONDS else Sign.SILENT


def _path(run_dir: Path, part: Part) -> Path:
    return run_dir / f"{part.name}.alive"


def _paths(run_dir: Path, role: Role) -> list[Path]:
    return [run_dir / f"{role}.alive", *run_dir.glob(f"{role}[0-9]*.alive")]
