"""The roles of `tierread serve`: which module runs each, and how a role is kept until it is told to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Final

from pacs.pixels.memory import MEMORY
from service.installation.heartbeat import Heartbeat, Part, Role
from service.installation.installation import Folders
from service.installation.settings import Settings
from storage.open_transactions import observe, observe_waiting

# By name, so that the listener starts without HTTP and the worker without either.
MODULES: Final = {
    Role.SCP: "service.processes.scp",
    Role.WEB: "service.processes.web",
    Role.WORKER: "service.processes.worker",
}


class Ended(Exception):
    """A thread of the process ended although nobody stopped it; the supervisor starts the process again."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def module_of(role: Role) -> ModuleType:
    return import_module(MODULES[role])


def run(part: Part, settings: Settings, folders: Folders, stop: threading.Event) -> None:
    """Be that part, in this process, until ``stop`` is set."""
    # Here, since it looks at the environment while it is imported.
    from service.telemetry.metrics import WRITE_TRANSACTION_SECONDS, Waiting  # noqa: PLC0415

    observe(WRITE_TRANSACTION_SECONDS.observe)
    observe_waiting(Waiting(part.role).observe)
    MEMORY.limit(settings.pixel_memory_mib << 20)
    module_of(part.role).run(settings, folders, stop, part)


def count_restart(part: Part, why: str) -> None:
    """Count that a process is started again. By name, as the roles: metrics are imported when their folder is known."""
    import_module("service.telemetry.metrics").RESTARTS.labels(part.name, why).inc()


def until(
    stop: threading.Event,
    folders: Folders,
    part: Part,
    well: Callable[[], bool],
    answers: Callable[[], bool] = lambda: True,
) -> None:
    """Keep the role until ``stop`` is set. It gives signs of life while its own door ``answers``.

    Raises:
        Ended: it is not ``well``, and cannot get well again.

    """
    with Heartbeat(folders.run, part, lambda: well() and answers()):
        while not stop.wait(1):
            if not well():
                raise Ended(part.name)
