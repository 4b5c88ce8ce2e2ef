"""The supervisor of `tierread serve`: starts the processes of a node, passes signals on, and starts again what dies."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from service.installation.heartbeat import Part, Sign, expect, forget, sign
from service.telemetry.logs import logger

FIRST_DELAY_SECONDS: Final = 1.0
LONGEST_DELAY_SECONDS: Final = 30.0
STEADY_SECONDS: Final = 60.0
"""A process that lived this long starts again without a grown delay."""
END_SECONDS: Final = 30.0
"""How long the processes have to end before they are killed."""
HOPELESS: Final = frozenset({2, 3})
"""Exit codes that another start would not change: wrong settings, cannot start (service.commands.errors)."""


@dataclass(kw_only=True)
class _Child:
    part: Part
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    delay: float = FIRST_DELAY_SECONDS
    start_at: float = field(default_factory=time.monotonic)


class Supervisor:
    """Runs every part until ``stop`` is set."""

    def __init__(self, run_dir: Path, stop: threading.Event, parts: Sequence[Part]) -> None:
        self._run_dir = run_dir
        self._stop = stop
        self._was_ready = False
        self._children = [_Child(part=part) for part in parts]

    def run(self, ready: Callable[[], None]) -> int:
        """Answer the exit code; ``ready`` is called once, when every part is alive."""
        for role in {child.part.role for child in self._children}:
            forget(self._run_dir, role)
        for child in self._children:
            expect(self._run_dir, child.part)
        code = 0
        try:
            while code == 0 and not self._stop.wait(0.2):
                code = self._look_after()
                if not self._was_ready and self._all_alive():
                    self._was_ready = True
                    ready()
        finally:
            self._end()
        return code

    def _all_alive(self) -> bool:
        return all(sign(self._run_dir, child.part) is Sign.ALIVE for child in self._children)

    def _look_after(self) -> int:
        for child in self._children:
            if child.process is None:
                if time.monotonic() >= child.start_at:
                    self._start(child)
                continue
            code = child.process.poll()
            if code is None:
                continue
            if self._stop.is_set():
                return 0
            if code in HOPELESS and not self._was_ready:
                return code  # later it may be a database that comes back
            self._lost(child, code)
        return 0

    def _start(self, child: _Child) -> None:
        part = child.part
        expect(self._run_dir, part)
        among = ["--number", str(part.number), "--of", str(part.of)] if part.of > 1 else []
        shared = [word for descriptor in part.sockets for word in ("--socket", str(descriptor))]
        # The child ends itself when its standard input closes, so nothing outlives a supervisor that was killed.
        child.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "service.cli",
                "serve",
                "--role",
                part.role,
                "--until-input-closes",
                *among,
                *shared,
            ],
            stdin=subprocess.PIPE,
            pass_fds=part.sockets,
        )
        child.started = time.monotonic()

    def _lost(self, child: _Child, code: int) -> None:
        _close(child)
        if time.monotonic() - child.started > STEADY_SECONDS:
            child.delay = FIRST_DELAY_SECONDS
        logger().error(
            "process ended, starting again", process=child.part.name, exit_code=code, delay_seconds=child.delay
        )
        child.start_at = time.monotonic() + child.delay
        child.delay = min(child.delay * 2, LONGEST_DELAY_SECONDS)

    def _end(self) -> None:
        running = [child.process for child in self._children if child.process is not None]
        for process in running:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + END_SECONDS
        for process in running:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                logger().error("process did not end in time, killed", seconds=END_SECONDS)
                process.kill()
                process.wait()
        for child in self._children:
            _close(child)


def _close(child: _Child) -> None:
    if child.process is not None and child.process.stdin is not None:
        child.process.stdin.close()
    child.process = None
