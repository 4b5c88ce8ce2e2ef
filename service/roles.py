"""The roles of `tierread serve`: which module runs each, and how a role is kept until it is told to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable
from importlib import import_module
from typing import Final

from service.alive import Heartbeat, Role
from service.installation import Folders
from service.settings import Settings

# By name, so that the listener starts without HTTP and the worker without either.
MODULES: Final = {Role.SCP: "service.role_scp", Role.WEB: "service.role_web", Role.WORKER: "service.role_worker"}


class Ended(Exception):
    """A role's own thread ended although nobody stopped it; the supervisor starts the role again."""

    def __init__(self, role: Role) -> None:
        super().__init__(role)
        self.role = role


def run(role: Role, settings: Settings, folders: Folders, stop: threading.Event) -> None:
    """Run a role in this process until ``stop`` is set."""
    import_module(MODULES[role]).run(settings, folders, stop)


def until(stop: threading.Event, folders: Folders, role: Role, well: Callable[[], bool]) -> None:
    with Heartbeat(folders.run, role, well):
        while not stop.wait(1):
            if not well():
                raise Ended(role)
