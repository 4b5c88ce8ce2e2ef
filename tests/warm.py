"""A process that has imported the program and forks it: what a test starts costs a fork instead of the imports.

started = start(["serve"], env=..., cwd=..., out=..., err=...)    # as subprocess.Popen, of `tierread serve`

Each command is a process of its own with its own environment, folder and output, as from a shell. One such process
stands beside each process of pytest, from the first test that asks for it to the end of the run.
"""

from __future__ import annotations

import array
import atexit
import gc
import json
import os
import pkgutil
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NoReturn

_REPOSITORY: Final = Path(__file__).parent.parent
_LONGEST: Final = 1 << 20
"""Bytes of a request."""


class Started:
    """A forked command, with what the tests need of `subprocess.Popen`."""

    def __init__(self, warm: _Warm, pid: int, arguments: Sequence[str]) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._warm = warm
        self._arguments = arguments
        self._end = os.pidfd_open(pid)

    def poll(self) -> int | None:
        return self.returncode if self._has_ended(0) else None

    def wait(self, timeout: float | None = None) -> int:
        """Raises: subprocess.TimeoutExpired."""
        if not self._has_ended(timeout):
            raise subprocess.TimeoutExpired(list(self._arguments), timeout or 0)
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, which: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, which)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _has_ended(self, timeout: float | None) -> bool:
        if self.returncode is None:
            waiting = select.poll()
            waiting.register(self._end, select.POLLIN)
            if not waiting.poll(None if timeout is None else timeout * 1000):
                return False
            self.returncode = self._warm.ask({"ended": self.pid})
            os.close(self._end)
        return True


def start(arguments: Sequence[str], *, env: Mapping[str, str], cwd: Path, out: int, err: int) -> Started:
    """Start `tierread` with these arguments in a session of its own; ``out`` and ``err`` are open files."""
    warm = _warm()
    request = {"arguments": list(arguments), "env": dict(env), "cwd": str(cwd)}
    return Started(warm, warm.ask(request, [out, err]), arguments)


def run(arguments: Sequence[str], *, env: Mapping[str, str], cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run `tierread` with these arguments to its end."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        code = start(arguments, env=env, cwd=cwd, out=out.fileno(), err=err.fileno()).wait()
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(["tierread", *arguments], code, out.read(), err.read())


class _Warm:
    """The process beside this one, and the socket between them."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.warm", str(theirs.fileno())],
                cwd=_REPOSITORY,
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._one_at_a_time = threading.Lock()

    def ask(self, request: Mapping[str, Any], descriptors: Sequence[int] = ()) -> int:
        with self._one_at_a_time:
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
            self._socket.sendmsg([json.dumps(request).encode()], rights)
            answer = self._socket.recv(_LONGEST)
        assert answer, "the warm process has ended"
        return json.loads(answer)

    def close(self) -> None:
        self._socket.close()
        self._process.wait(30)


@cache
def _warm() -> _Warm:
    made = _Warm()
    atexit.register(made.close)
    return made


# -- the process itself


def _main() -> None:
    asked = socket.socket(fileno=int(sys.argv[1]))
    with tempfile.TemporaryDirectory() as counters:
        # The library of the metrics looks at it while it is imported; `serve` names its own folder afterwards.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = counters
        _import()
        while True:
            request, descriptors, _, _ = socket.recv_fds(asked, _LONGEST, 2)
            if not request:
                return
            told = json.loads(request)
            if "ended" in told:
                answer = os.waitstatus_to_exitcode(os.waitpid(told["ended"], 0)[1])
            else:
                answer = os.fork()
                if answer == 0:
                    asked.close()
                    _be(told, *descriptors, counters=counters)
            for descriptor in descriptors:
                os.close(descriptor)
            asked.send(json.dumps(answer).encode())


def _import() -> None:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    gc.disable()
    service = import_module("service")
    for module in pkgutil.walk_packages(service.__path__, "service."):
        import_module(module.name)
    for name in ("alembic.command", "storage.objects.s3"):  # imported where they are needed
        import_module(name)
    import_module("tests.templates").keep_compiled()
    gc.freeze()
    gc.enable()


def _be(told: Mapping[str, Any], out: int, err: int, *, counters: str) -> NoReturn:
    """The command, in the fork."""
    from service import cli  # noqa: PLC0415 the tests themselves import this module without it

    code = 1
    try:
        os.setsid()
        os.chdir(told["cwd"])
        os.environ.clear()
        os.environ.update({"PROMETHEUS_MULTIPROC_DIR": counters} | told["env"])
        for descriptor, standard in ((out, 1), (err, 2)):
            os.dup2(descriptor, standard)
            os.close(descriptor)
        sys.argv = ["tierread", *told["arguments"]]
        cli.main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException as error:  # noqa: BLE001
        sys.excepthook(type(error), error, error.__traceback__)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _main()
