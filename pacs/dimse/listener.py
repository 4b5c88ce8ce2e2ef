"""The DICOM listener: takes connections and gives each an association of its own."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog
from pynetdicom import _config as pynetdicom_config
from pynetdicom.ae import ApplicationEntity
from pynetdicom.transport import AddressInformation, AssociationServer, RequestHandler

from pacs.arriving.receive import Outcome, Receiver, Sender
from pacs.dataset.part10 import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from pacs.dataset.quiet_pydicom import quieten
from pacs.dimse import proxy_protocol
from pacs.dimse.association import Calling, House, Refusal, Refused, Secured, StoreAssociation, Unshaken
from pacs.dimse.negotiation import Offer
from pacs.dimse.service import Service

__all__ = ["Calling", "Listener", "Refusal", "Refused", "SecurePort", "Settings", "Unshaken"]

_PDU_BYTES: Final = 128 * 1024
"""Each PDU costs about 0.3 ms, whatever its size."""
_STRANGERS: Final = 64
"""Connections beyond the associations' limit that may be in the middle of saying who they are."""
_STOP_POLL_SECONDS: Final = 0.1

_log: Final = structlog.get_logger()

# pynetdicom logs names, UIDs and, at its debug level, passwords; its formatting costs even when nobody listens.
pynetdicom_config.LOG_HANDLER_LEVEL = "none"
pynetdicom_config.LOG_REQUEST_IDENTIFIERS = pynetdicom_config.LOG_RESPONSE_IDENTIFIERS = False
logging.getLogger("pynetdicom").setLevel(logging.CRITICAL)


@dataclass(frozen=True, kw_only=True)
class SecurePort:
    """A second port, where everybody speaks TLS."""

    port: int
    """0 lets the kernel choose."""
    context: Secured
    """Asked for each connection: a renewed certificate is shown from then on."""


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
    secure: SecurePort | None = None
    proxies: tuple[proxy_protocol.Network, ...] = ()
    """Whose connections begin with a PROXY header that says for whom they are; on both ports."""


def _unheard(*_: object) -> None:
    """Nobody asked to be told."""


def _alone(_here: int) -> int:
    return 0


class Listener:
    """Serves C-ECHO, C-STORE and ``services`` to the devices that ``registry`` knows.

    ``registry`` is asked who calls; ``refused`` hears of every association that was refused, ``unshaken`` of
    every TLS handshake that failed, ``received`` of every instance, each in the thread of its association.
    ``elsewhere`` is told how many associations are served here, and answers how many in other processes that share
    the limit.
    """

    def __init__(
        self,
        receiver: Receiver,
        registry: Callable[[Calling], Sender | None],
        refused: Callable[[Refused], None],
        settings: Settings,
        received: Callable[[Sender, Outcome], None] = _unheard,
        *,
        services: Sequence[Service] = (),
        unshaken: Callable[[Unshaken], None] = _unheard,
        elsewhere: Callable[[int], int] = _alone,
    ) -> None:
        self._settings = settings
        self._house = House(
            receiver=receiver,
            registry=registry,
            refused=refused,
            unshaken=unshaken,
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
            proxies=settings.proxies,
        )
        self._elsewhere = elsewhere
        self._lock = threading.Lock()
        self._associations: set[StoreAssociation] = set()
        self._admitted: set[StoreAssociation] = set()
        self._doors: list[_Door] = []
        """The plain one first."""

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens.

        Raises:
            RuntimeError: it does not.

        """
        if not self._doors:
            raise RuntimeError
        return self._doors[0].address

    @property
    def secure_address(self) -> tuple[str, int]:
        """Where it listens for TLS.

        Raises:
            RuntimeError: it does not.

        """
        if len(self._doors) < 2:
            raise RuntimeError
        return self._doors[1].address

    @property
    def alive(self) -> bool:
        """Whether it takes connections, at each of its ports."""
        return bool(self._doors) and all(door.thread.is_alive() for door in self._doors)

    def start(self, sockets: Sequence[socket.socket] = ()) -> None:
        """Listen; on ``sockets``, which others may have too, the plain one first, or on the ports of the settings.

        Raises:
            OSError: a port is taken, or not ours to take.

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
        ports: list[tuple[int, Secured | None]] = [(settings.port, None)]
        if settings.secure is not None:
            ports.append((settings.secure.port, settings.secure.context))
        servers: list[_Server] = []
        try:
            for number, (port, secured) in enumerate(ports):
                given = sockets[number] if sockets else None
                servers.append(_Server(self, entity, (settings.host, port), secured, given))
        except OSError:
            for server in servers:
                server.server_close()
            raise
        self._doors = [_Door(server) for server in servers]
        for door in self._doors:
            door.thread.start()

    def stop(self) -> None:
        """Take no more connections, let instances on their way arrive, then abort what is left."""
        for door in self._doors:
            door.server.stop()
            door.thread.join()
        deadline = time.monotonic() + self._settings.stop_seconds
        for association in self._all():
            association.upper_layer.end_when_idle()
        for association in self._all():
            association.join(max(0.0, deadline - time.monotonic()))
        for association in self._all():
            association.upper_layer.cut()
        for association in self._all():
            association.join()
        self._doors = []

    def take(self, server: _Server, client: socket.socket, address: tuple[str, int]) -> None:
        """Begin an association on a new connection."""
        if len(self._all()) >= self._settings.max_associations + _STRANGERS:
            _log.warning("connection_dropped")
            client.close()
            return
        association = StoreAssociation(server.ae, self._house, client, server.secured)
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
            served = len(self._admitted) + self._elsewhere(len(self._admitted))
            if served >= self._settings.max_associations:
                return False
            self._admitted.add(association)
            self._elsewhere(len(self._admitted))
            return True

    def _gone(self, association: StoreAssociation) -> None:
        with self._lock:
            self._associations.discard(association)
            self._admitted.discard(association)
            self._elsewhere(len(self._admitted))

    def _all(self) -> list[StoreAssociation]:
        with self._lock:
            return list(self._associations)


class _Server(AssociationServer):
    """pynetdicom's server as a plain accept loop: what may take long is done in the association's thread."""

    request_queue_size = 128

    def __init__(
        self,
        listener: Listener,
        ae: ApplicationEntity,
        address: tuple[str, int],
        secured: Secured | None,
        given: socket.socket | None = None,
    ) -> None:
        self._listener = listener
        self._given = given
        self.secured = secured
        super().__init__(ae, address, ae.ae_title, [], None, None, RequestHandler)

    def server_bind(self) -> None:
        if self._given is None:
            super().server_bind()
            return
        if self.socket is not None:
            self.socket.close()
        self.socket = self._given
        # All who wait for a connection wake up, and one gets it: the others must not wait on.
        self.socket.setblocking(False)
        self.server_address = self.socket.getsockname()

    def server_activate(self) -> None:
        if self._given is None:
            super().server_activate()

    def get_request(self) -> tuple[socket.socket, Any]:
        if self.socket is None:
            raise OSError
        return self.socket.accept()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._listener.take(self, request, client_address)

    def service_actions(self) -> None:
        """Nothing: Python collects garbage when it is needed, not at intervals as pynetdicom does here."""

    def stop(self) -> None:
        super(AssociationServer, self).shutdown()
        self.server_close()


class _Door:
    """A port with the thread that takes its connections."""

    def __init__(self, server: _Server) -> None:
        self.server = server
        self.thread = threading.Thread(
            target=server.serve_forever, args=(_STOP_POLL_SECONDS,), name="dicom-listener", daemon=True
        )

    @property
    def address(self) -> tuple[str, int]:
        return self.server.server_address[0], self.server.server_address[1]
