"""The role `worker`: what happens by itself, from intake to shipping."""

from __future__ import annotations

import threading

from pacs.authoring.keeping import Keeper
from service.installation.heartbeat import Part
from service.installation.house import house_of
from service.installation.installation import Folders
from service.installation.settings import Settings
from service.processes.receiving import receiving
from service.processes.role import until
from service.steps import report_objects, steps
from service.steps.anchor import Anchoring
from service.steps.worker import Worker


def run(settings: Settings, folders: Folders, stop: threading.Event, part: Part) -> None:
    with house_of(settings, folders, part.name, part.number) as house, receiving(house) as here:
        keeper = Keeper(spool=here.spool, index=here.index)
        worker = Worker([*steps.of(house, stop), report_objects.writing(house, keeper)], stop)
        worker.start()
        try:
            until(stop, folders, part, worker.well)
        finally:
            stop.set()
            worker.join()
            Anchoring(house).at_stop()
