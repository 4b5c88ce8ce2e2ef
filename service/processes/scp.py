"""The role `scp`: the DICOM listener."""

from __future__ import annotations

import socket
import threading

from pacs.dimse.listener import Listener, ListenerSettings
from service.installation.certificates import secure_port
from service.installation.heartbeat import Part
from service.installation.house import house_of
from service.installation.installation import Folders
from service.installation.settings import Settings
from service.processes.association_count import Served
from service.processes.receiving import receiving
from service.processes.role import until
from service.wiring.commitment_reports import Reporter
from service.wiring.listener import DicomDoor
from service.wiring.service_classes import services_of


def run(settings: Settings, folders: Folders, stop: threading.Event, part: Part) -> None:
    with house_of(settings, folders, part.name, part.number) as house, receiving(house) as here:
        door = DicomDoor(house, here.contacts)
        services = services_of(house)
        listener = Listener(
            here.receiver,
            door.registry,
            door.refused,
            ListenerSettings(
                ae_title=settings.ae_title,
                host=settings.dicom_host,
                port=settings.dicom_port,
                max_associations=settings.max_associations,
                max_of_one_device=settings.max_associations_per_device,
                request_seconds=settings.dicom_request_seconds,
                private_sop_classes=settings.private_sop_classes,
                private_transfer_syntaxes=settings.private_transfer_syntaxes,
                secure=secure_port(settings, house.certificates),
                proxies=settings.dicom_trusted_proxies,
            ),
            door.received,
            services=services,
            on_failed_handshake=door.unshaken,
            on_lack=door.lacks,
            on_refused_classes=here.contacts.refused_classes,
            on_way_given=door.gave_way,
            known_address=door.knows,
            shared_count=Served(folders, part) if part.of > 1 else None,
        )
        reporter = Reporter(house, services)
        listener.start([socket.socket(fileno=each) for each in part.sockets])
        reporter.start()
        try:
            until(stop, folders, part, lambda: listener.alive and reporter.alive, lambda: listener.answers)
        finally:
            reporter.stop()
            listener.stop()
