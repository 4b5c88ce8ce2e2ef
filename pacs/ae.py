"""The DICOM listener: takes connections and gives each an association of its own."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog
from pynetdicom import _config as pynetdicom_config
from pynetdicom.ae import ApplicationEntity
from pynetdicom.transport import AddressInformation, AssociationServer, RequestHandler

from pacs.association import House, Refusal, Refused, StoreAssociation
from pacs.negotiation import Offer
from pacs.part10 import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from pacs.quiet import quieten
from pacs.receive import Outcome, Receiver, Sender
from pacs.services import Service

__all__ = ["Listener", "Refusal", "Refused", "Settings"]

_PDU_BYTES: Final = 128 * 1024
"""Each PDU costs about 0.3 ms, whatever its size."""
_STRANGERS: Final = 64
"""Connections beyond the associations' limit that may be in the middle of saying who they are."""
_STOP_POLL_SECONDS: Final = 0.1

_log: Final = structlog.get_logger()

# pynetdicom logs names, UIDs and, at its debug level, passwords; its formatting costs even when nobody listens.
pynetdicom_config.LOG_HANDLER_LEVEL = "none"
logging.getLogger("pynetdicom").setLevel(logging.CRITICAL)


@dataclass(frozen=True, kw_only=True)
class Settings:
    ae_title: str = "TIERREAD"
    host: str = "0.0.0.0"  # noqa: S104 # devices are elsewhere
    port: int = 11112
    """0 lets the kernel choose."""
    check_called: bool = True
    """Whether a peer must call us by our title."""
    max_associations: int = 100
    idle_seconds: float = 60
    """After which a silent association is aborted, and an instance that stops coming is given up."""
    request_seconds: float = 30
    """That a connection has to ask for an association (PS3.8 9.1.5, ARTIM)."""
    stop_seconds: float = 10
    """That instances on their way have to arrive when the listener stops."""
    private_sop_classes: tuple[str, ...] = ()
    private_transfer_syntaxes: tuple[str, ...] = ()
    tls: ssl.SSLContext | None = None


def _unheard(_sender: Sender, _outcome: Outcome) -> None:
    """Nobody asked to be told."""


class Listener:
    """Serves C-ECHO, C-STORE and ``services`` to the devices that ``registry`` knows.

    ``registry`` takes the calling AE title and the IP address; ``refused`` hears of every association that
    was refused, ``received`` of every instance, each in the thread of its association.
    """

    def __init__(
        self,
        receiver: Receiver,
        registry: Callable[[str, str], Sender | None],
        refused: Callable[[Refused], None],
        settings: Settings,
        received: Callable[[Sender, Outcome], None] = _unheard,
        *,
        services: Sequence[Service] = (),
    ) -> None:
        self._settings = settings
        self._house = House(
            receiver=receiver,
            registry=registry,
            refused=refused,
            received=received,
            offer=Offer(
                private_sop_classes=settings.private_sop_classes,
                private_transfer_syntaxes=settings.private_transfer_syntaxes,
                services=[uid for service in services for uid in service.sop_classes],
            ),
            services=tuple(services),
            ae_title=settings.ae_title,
            check_called=settings.check_called,
            admit=self._admit,
            gone=self._gone,
        )
        self._lock = threading.Lock()
        self._associations: set[StoreAssociation] = set()
        self._admitted: set[StoreAssociation] = set()
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens.

        Raises:
            RuntimeError: it does not.

        """
        if self._server is None:
            raise RuntimeError
        return self._server.server_address[0], self._server.server_address[1]

    @property
    def alive(self) -> bool:
        """Whether it takes connections."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Listen.

        Raises:
            OSError: the port is taken, or not ours to take.

        """
        quieten()
        settings = self._settings
        entity = ApplicationEntity(settings.ae_title)
        entity.maximum_pdu_size = _PDU_BYTES
        entity.maximum_associations = 1 << 30  # ours counts, see _admit
        entity.acse_timeout = settings.request_seconds
        entity.dimse_timeout = settings.idle_seconds
        entity.network_timeout = settings.idle_seconds
        entity.implementation_class_uid = IMPLEMENTATION_CLASS_UID
        entity.implementation_version_name = IMPLEMENTATION_VERSION_NAME
        self._server = _Server(self, entity, settings)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_STOP_POLL_SECONDS,), name="dicom-listener", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Take no more connections, let instances on their way arrive, then abort what is left."""
        if self._server is None or self._thread is None:
            return
        self._server.stop()
        self._thread.join()
        deadline = time.monotonic() + self._settings.stop_seconds
        for association in self._all():
            association.upper_layer.end_when_idle()
        for association in self._all():
            association.join(max(0.0, deadline - time.monotonic()))
        for association in self._all():
            association.upper_layer.cut()
        for association in self._all():
            association.join()
        self._server = None

    def take(self, client: socket.socket, address: tuple[str, int]) -> None:
        """Begin an association on a new connection."""
        if len(self._all()) >= self._settings.max_associations + _STRANGERS:
            _log.warning("connection_dropped")
            client.close()
            return
        server = self._server
        if server is None:
            client.close()
            return
        association = StoreAssociation(server.ae, self._house, client)
        association.name = "AcceptorThread"
        association.acceptor.maximum_length = _PDU_BYTES
        association.acceptor.ae_title = self._settings.ae_title
        association.acceptor.address_info = AddressInformation.from_tuple(server.server_address)
        association.acceptor.implementation_class_uid = server.ae.implementation_class_uid
        association.acceptor.implementation_version_name = server.ae.implementation_version_name
        association.requestor.address_info = AddressInformation.from_tuple(address)
        with self._lock:
            self._associations.add(association)
        try:
            association.start()
        except RuntimeError:  # no more threads: the device comes back later
            _log.warning("connection_dropped")
            self._gone(association)
            association.upper_layer.release_wakers()
            client.close()

    def _admit(self, association: StoreAssociation) -> bool:
        with self._lock:
            if len(self._admitted) >= self._settings.max_associations:
                return False
            self._admitted.add(association)
            return True

    def _gone(self, association: StoreAssociation) -> None:
        with self._lock:
            self._associations.discard(association)
            self._admitted.discard(association)

    def _all(self) -> list[StoreAssociation]:
        with self._lock:
            return list(self._associations)


class _Server(AssociationServer):
    """pynetdicom's server as a plain accept loop: what may take long is done in the association's thread."""

    request_queue_size = 128

    def __init__(self, listener: Listener, ae: ApplicationEntity, settings: Settings) -> None:
        self._listener = listener
        super().__init__(ae, (settings.host, settings.port), settings.ae_title, [], settings.tls, None, RequestHandler)

    def get_request(self) -> tuple[socket.socket, Any]:
        if self.socket is None:
            raise OSError
        client, address = self.socket.accept()
        if self.ssl_context is not None:
            client = self.ssl_context.wrap_socket(client, server_side=True, do_handshake_on_connect=False)
        return client, address

    def process_request(self, request: Any, client_address: Any) -> None:
        self._listener.take(request, client_address)

    def service_actions(self) -> None:
        """Nothing: Python collects garbage when it is needed, not at intervals as pynetdicom does here."""

    def stop(self) -> None:
        super(AssociationServer, self).shutdown()
        self.server_close()
