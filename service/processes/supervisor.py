"""The supervisor of `tierread serve`: forks the processes of a node, passes signals on, and forks again what dies."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.context import ForkProcess
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
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


@dataclass(kw_only=True)
class _Child:
    part: Part
    process: ForkProcess | None = None
    started: float = 0.0
    delay: float = FIRST_DELAY_SECONDS
    start_at: float = field(default_factory=time.monotonic)


class Supervisor:
    """Runs every part until ``stop`` is set; ``be`` is called in a fork of this process and answers its exit code.

    What forks must be whole in its copies: this process has no thread and no connection, and all that is imported.
    """

    def __init__(self, run_dir: Path, stop: threading.Event, parts: Sequence[Part], be: Callable[[Part], int]) -> None:
        self._run_dir = run_dir
        self._stop = stop
        self._be = be
        self._was_ready = False
        self._children = [_Child(part=part) for part in parts]
        # Nobody writes into it. It closes when this process goes, however it goes, and then the children end.
        self._until_closed, self._life = os.pipe()

    def run(self, ready: Callable[[], None]) -> int:
        """Answer the exit code; ``ready`` is called once, when every part is alive."""
        for role in {child.part.role for child in self._children}:
            forget(self._run_dir, role)
        for child in self._children:
            expect(self._run_dir, child.part)
        code = 0
        try:
            while code == 0 and not self._stop.wait(0.2 if self._was_ready else 0.02):
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
            code = child.process.exitcode
            if code is None:
                continue
            if self._stop.is_set():
                return 0
            if code in HOPELESS and not self._was_ready:
                return code  # later it may be a database that comes back
            self._lost(child, code)
        return 0

    def _start(self, child: _Child) -> None:
        expect(self._run_dir, child.part)
        process = multiprocessing.get_context("fork").Process(target=self._in_fork, args=(child.part,))
        # A signal between the fork and its first line would find neither this process nor the child.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        child.process = process
        child.started = time.monotonic()

    def _in_fork(self, part: Part) -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        os.close(self._life)
        with suppress(OSError):  # what `ps` and `top` call it; 15 bytes at most
            Path("/proc/self/comm").write_text(f"tierread {part.name}", "ascii")
        threading.Thread(target=self._end_with_supervisor, name="supervisor", daemon=True).start()
        try:
            code = self._be(part)
        except Exception as error:  # noqa: BLE001 logged as every uncaught one is, without its text
            sys.excepthook(type(error), error, error.__traceback__)
            code = 1
        sys.exit(code)

    def _end_with_supervisor(self) -> None:
        os.read(self._until_closed, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    def _lost(self, child: _Child, code: int) -> None:
        child.process = None
        if time.monotonic() - child.started > STEADY_SECONDS:
            child.delay = FIRST_DELAY_SECONDS
        logger().error(
            "process ended, starting again", process=child.part.name, exit_code=code, delay_seconds=child.delay
        )
        child.start_at = time.monotonic() + child.delay
        child.delay = min(child.delay * 2, LONGEST_DELAY_SECONDS)

    def _end(self) -> None:
        running = multiprocessing.active_children()  # what ``ready`` started too
        for process in running:
            process.terminate()
        deadline = time.monotonic() + END_SECONDS
        for process in running:
            process.join(max(0.0, deadline - time.monotonic()))
            if process.exitcode is None:
                logger().error("process did not end in time, killed", seconds=END_SECONDS)
                process.kill()
                process.join()
        os.close(self._until_closed)
        os.close(self._life)
