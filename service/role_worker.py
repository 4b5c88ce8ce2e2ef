"""The role `worker`: what happens by itself, from intake to shipping."""

from __future__ import annotations

import threading

from service import steps
from service.alive import Part
from service.house import house_of
from service.installation import Folders
from service.roles import until
from service.settings import Settings
from service.worker import Worker


def run(settings: Settings, folders: Folders, stop: threading.Event, part: Part) -> None:
    with house_of(settings, folders, part.name, part.number) as house:
        worker = Worker(steps.of(house, stop), stop)
        worker.start()
        try:
            until(stop, folders, part, worker.well)
        finally:
            stop.set()
            worker.join()
