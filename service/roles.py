"""The roles of `tierread serve`: the DICOM listener, HTTP, and the worker, each run until it is told to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import uvicorn

from pacs import ae
from pacs.dicomweb.app import router as dicomweb_router
from service import http, steps
from service.alive import Heartbeat, Role
from service.doors import DicomDoor, DicomwebDoor
from service.gauges import gauges
from service.house import House, house_of
from service.installation import Folders
from service.receiving import receiving
from service.rendering import picture
from service.serving import listen
from service.settings import Settings
from service.worker import Worker
from storage import journal
from storage.reader import Bytes
from viewer.office import Office

GRACEFUL_SECONDS: Final = 10


class Ended(Exception):
    """A role's own thread ended although nobody stopped it; the supervisor starts the role again."""

    def __init__(self, role: Role) -> None:
        super().__init__(role)
        self.role = role


def run_scp(settings: Settings, folders: Folders, stop: threading.Event) -> None:
    """The DICOM listener."""
    with house_of(settings, folders, Role.SCP) as house, receiving(house) as here:
        door = DicomDoor(house)
        listener = ae.Listener(
            here.receiver,
            door.registry,
            door.refused,
            ae.Settings(ae_title=settings.ae_title, host=settings.dicom_host, port=settings.dicom_port),
            door.received,
        )
        listener.start()
        try:
            _until(stop, folders, Role.SCP, lambda: listener.alive)
        finally:
            listener.stop()


def run_web(settings: Settings, folders: Folders, stop: threading.Event) -> None:
    """HTTP: the pages, their API, DICOMweb."""
    socket = listen(settings.http_host, settings.http_port)
    with house_of(settings, folders, Role.WEB) as house, receiving(house) as here:
        bytes_ = Bytes(folders.spool, house.object_store, house.engine)
        office = Office(
            engine=house.engine,
            keys=house.keys,
            seal=house.seal,
            audit=house.audit,
            clock=house.clock,
            render=partial(picture, house, bytes_),
            public_origin=settings.public_origin,
            note=partial(_note, house),
        )
        app = http.application(
            office=office,
            dicomweb=dicomweb_router(DicomwebDoor(house).door(), here.receiver, bytes_, house.engine),
            engine=house.engine,
            folders=folders,
            gauges=partial(gauges, house),
        )
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,  # it would hold paths; service.guard logs templates
                server_header=False,
                ws="none",
                proxy_headers=bool(settings.trusted_proxies),
                forwarded_allow_ips=[str(each) for each in settings.trusted_proxies],
                timeout_graceful_shutdown=GRACEFUL_SECONDS,
            )
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]}, name="http")
        thread.start()
        try:
            while not server.started and thread.is_alive():
                stop.wait(0.02)
            _until(stop, folders, Role.WEB, thread.is_alive)
        finally:
            server.should_exit = True
            thread.join()
            socket.close()


def _note(house: House, kind: str, payload: Mapping[str, object]) -> None:
    journal.note(house.folders.spool, kind, dict(payload), house.clock())


def run_worker(settings: Settings, folders: Folders, stop: threading.Event) -> None:
    """What happens by itself: intake, leases that expire, alerts that climb, descriptions, shipping."""
    with house_of(settings, folders, Role.WORKER) as house:
        worker = Worker(steps.of(house), stop)
        worker.start()
        try:
            _until(stop, folders, Role.WORKER, worker.well)
        finally:
            stop.set()
            worker.join()


def _until(stop: threading.Event, folders: Folders, role: Role, well: Callable[[], bool]) -> None:
    with Heartbeat(folders.run, role, well):
        while not stop.wait(1):
            if not well():
                raise Ended(role)


RUN: Final[Mapping[Role, Callable[[Settings, Folders, threading.Event], None]]] = {
    Role.SCP: run_scp,
    Role.WEB: run_web,
    Role.WORKER: run_worker,
}
