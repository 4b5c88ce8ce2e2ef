"""The role `web`: the pages, their API and DICOMweb."""

from __future__ import annotations

import os
import threading
from datetime import timedelta
from functools import partial
from typing import Final

import uvicorn

from pacs.dicomweb.routes import routes_of
from pacs.dimse.private_classes import PRIVATE_CLASSES
from pacs.dimse.proxy_protocol import is_of
from service.gateways.choice import speech_service_of
from service.installation.heartbeat import Part
from service.installation.house import house_of
from service.installation.installation import Folders
from service.installation.nodes import bytes_of
from service.installation.setting_values import networks
from service.installation.settings import Settings
from service.processes import http
from service.processes.gauges import gauges
from service.processes.health import Readiness
from service.processes.http_connections import Closed, Connections
from service.processes.own_door import OwnDoor
from service.processes.receiving import receiving
from service.processes.role import until
from service.processes.serve import listen
from service.telemetry.logs import warn_seldom
from service.telemetry.metrics import GAVE_WAY
from service.wiring.answer_cache import AnswerCache
from service.wiring.dicomweb import DicomwebDoor
from service.wiring.evidence import Evidence
from service.wiring.examination_facts import examination_facts
from service.wiring.export import export
from service.wiring.installation_facts import installation_of
from service.wiring.picture import picture
from service.wiring.teaching_picture import teaching_picture
from viewer.http.office import Dictation, Office

OURSELVES: Final = networks("127.0.0.1, ::1")
LOOPBACK: Final = networks("127.0.0.0/8, ::1")
GRACEFUL_SECONDS: Final = 10
"""How long answers under way may take to end when the role stops."""


def closed(why: Closed) -> None:
    """Count a connection that was closed so that others have room."""
    GAVE_WAY.labels("http", why.value).inc()
    warn_seldom("gave way", port="http", what=why.value)


def run(settings: Settings, folders: Folders, stop: threading.Event, part: Part) -> None:
    socket = listen(settings.http_host, settings.http_port)
    with house_of(settings, folders, part.name, part.number) as house, receiving(house) as here:
        bytes_ = bytes_of(house)
        answers = AnswerCache()
        speech = speech_service_of(settings)
        office = Office(
            engine=house.engine,
            keys=house.keys,
            seal=house.seal,
            audit=house.audit,
            clock=house.clock,
            terms=settings.sign_in_terms,
            emergency_lasts=timedelta(hours=settings.emergency_hours),
            retention_years=settings.retention_years,
            render=partial(picture, house, bytes_),
            teaching_picture=partial(teaching_picture, house, bytes_),
            ae_title=settings.ae_title,
            public_origin=settings.public_origin,
            forward_origins=settings.forward_origins,
            gateways=settings.gateways,
            installation=partial(installation_of, house, dict(os.environ), Readiness(house.engine, folders)),
            dictation=speech and Dictation(hear=speech.hear, recorded_as=settings.dictation_format),
            private_classes=PRIVATE_CLASSES,
            export=partial(export, house, bytes_),
            examination_facts=examination_facts,
            evidence=Evidence(house.engine, folders.spool, bytes_, here.receiver),
        )
        app = http.application(
            office=office,
            dicomweb=routes_of(
                DicomwebDoor(house, answers, settings.public_origin).door(), here.receiver, bytes_, house.engine
            ),
            engine=house.engine,
            folders=folders,
            gauges=partial(gauges, house),
            metrics_networks=settings.metrics_networks or LOOPBACK,
            changed=answers.forget,
        )
        connections = Connections(
            most=settings.http_connections,
            most_of_one=settings.http_connections_per_address,
            request_seconds=settings.http_request_seconds,
            # The supervisor's question comes from this machine, as a proxy's on it may.
            is_trusted=partial(is_of, networks=(*settings.trusted_proxies, *OURSELVES)),
            on_close=closed,
        )
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                http=connections.protocol(),
                log_config=None,
                access_log=False,  # it would hold paths; service.processes.http_guard logs templates
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
            until(stop, folders, part, thread.is_alive, OwnDoor(settings.http_host, settings.http_port).answers)
        finally:
            server.should_exit = True
            thread.join()
            socket.close()
