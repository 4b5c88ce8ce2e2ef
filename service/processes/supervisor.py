"""The supervisor of `tierread serve`: forks the processes of a node, and forks again what dies or does not answer."""

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

from service.installation.heartbeat import Part, Sign, expect, forget, last_beat, sign
from service.processes.role import count_restart
from service.telemetry.logs import logger

FIRST_DELAY_SECONDS: Final = 1.0
LONGEST_DELAY_SECONDS: Final = 30.0
STEADY_SECONDS: Final = 60.0
"""A process that lived this long starts again without a grown delay."""
END_SECONDS: Final = 30.0
"""How long the processes have to end before they are killed."""
HANGING_END_SECONDS: Final = 10.0
"""How long one that does not answer has to end before it is killed."""
LONGEST_LOOK_SECONDS: Final = 1.0
"""Most silence that one look adds: where this process itself stood still, so did the others."""
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
    beat: int = 0
    """The last sign of life that was seen; 0 until the first one."""
    silent_seconds: float = 0.0
    told_at: float | None = None
    """When it was told to end because it did not answer."""


class Supervisor:
    """Runs every part until ``stop`` is set; ``be`` is called in a fork of this process and answers its exit code.

    A part that has answered and then gives no sign of life for ``silent_seconds`` is ended, by force if need be, and
    started again; one that still starts is let be, since recovery may take long.

    What forks must be whole in its copies: this process has no thread and no connection, and all that is imported.
    """

    def __init__(
        self,
        run_dir: Path,
        stop: threading.Event,
        parts: Sequence[Part],
        be: Callable[[Part], int],
        *,
        silent_seconds: float,
    ) -> None:
        self._run_dir = run_dir
        self._silent_seconds = silent_seconds
        self._looked_at = time.monotonic()
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
        now = time.monotonic()
        passed, self._looked_at = min(now - self._looked_at, LONGEST_LOOK_SECONDS), now
        for child in self._children:
            if child.process is None:
                if time.monotonic() >= child.start_at:
                    self._start(child)
                continue
            code = child.process.exitcode
            if code is None:
                self._listen(child, child.process, passed)
                continue
            if self._stop.is_set():
                return 0
            if code in HOPELESS and not self._was_ready:
                return code  # later it may be a database that comes back
            self._lost(child, code)
        return 0

    def _listen(self, child: _Child, process: ForkProcess, passed: float) -> None:
        """End a part that has not answered for too long; one that is busy answers, though late."""
        beat = last_beat(self._run_dir, child.part)
        if beat not in (0, child.beat):
            child.beat, child.silent_seconds = beat, 0.0
        elif child.beat:  # also where it took its sign away, and then did not end
            child.silent_seconds += passed
        if child.told_at is not None:
            if time.monotonic() - child.told_at > min(HANGING_END_SECONDS, self._silent_seconds):
                process.kill()
        elif child.silent_seconds > self._silent_seconds:
            child.told_at = time.monotonic()
            logger().error("process does not answer, ended", process=child.part.name, seconds=self._silent_seconds)
            count_restart(child.part, "silent")
            process.terminate()

    def _start(self, child: _Child) -> None:
        child.beat, child.silent_seconds, child.told_at = 0, 0.0, None
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
        if child.told_at is None:
            count_restart(child.part, "ended")
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
