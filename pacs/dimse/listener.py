"""The DICOM listener: takes connections and gives each an association of its own."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog
from pynetdicom import _config as pynetdicom_config
from pynetdicom.ae import ApplicationEntity

from pacs.arriving.outcome import Outcome
from pacs.arriving.receive import Receiver, Sender
from pacs.dataset.part10 import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from pacs.dataset.quiet_pydicom import quieten
from pacs.dimse import proxy_protocol, tls
from pacs.dimse.accept_loop import AcceptLoop
from pacs.dimse.addresses import NumericAddress
from pacs.dimse.answers import Answers
from pacs.dimse.association import AcceptorAssociation
from pacs.dimse.handshake import Handshake
from pacs.dimse.known_uids import remember_uids
from pacs.dimse.negotiation import Offer
from pacs.dimse.port_shares import REQUESTING, Alone, Holder, PortShares, SharedCount
from pacs.dimse.refusals import CallingAE, FailedHandshake, GaveWay, RefusedAssociation
from pacs.dimse.service import Service
from pacs.dimse.terms import Terms
from pacs.rights import Right

_PDU_BYTES: Final = 128 * 1024
"""Large, because each PDU costs about 0.3 ms, whatever its size."""
_ANSWER_SECONDS: Final = 5.0
_ENDING: Final = 64
"""Connections beyond all limits that may still be ending: each holds a thread or two until it has ended."""

_log: Final = structlog.get_logger()

# pynetdicom logs names, UIDs and, at its debug level, passwords; formatting costs time even when no log is kept.
pynetdicom_config.LOG_HANDLER_LEVEL = "none"
pynetdicom_config.LOG_REQUEST_IDENTIFIERS = pynetdicom_config.LOG_RESPONSE_IDENTIFIERS = False
logging.getLogger("pynetdicom").setLevel(logging.CRITICAL)


@dataclass(frozen=True, kw_only=True)
class SecurePort:
    """A second port, for associations by TLS alone."""

    port: int
    """0 lets the kernel choose."""
    context: tls.ContextSource


@dataclass(frozen=True, kw_only=True)
class ListenerSettings:
    ae_title: str = "TIERREAD"
    host: str = "0.0.0.0"  # noqa: S104 # devices are elsewhere
    port: int = 11112
    """0 lets the kernel choose."""
    check_called: bool = True
    """Whether the called AE title must be ours."""
    max_associations: int = 100
    max_of_one_device: int = 0
    """Of these at most so many of one device; 0: all."""
    idle_seconds: float = 60
    """A silent association is aborted after this time, and an instance that stops arriving is abandoned."""
    request_seconds: float = 10
    """PROXY header, TLS handshake and A-ASSOCIATE-RQ must have arrived within this time (PS3.8 9.1.5, ARTIM)."""
    stop_seconds: float = 10
    """Arriving instances have this time to arrive when the listener stops."""
    private_sop_classes: tuple[str, ...] = ()
    private_transfer_syntaxes: tuple[str, ...] = ()
    secure: SecurePort | None = None
    proxies: tuple[proxy_protocol.Network, ...] = ()
    """Trusted proxies, whose connections begin with a PROXY header; on both ports."""


def _ignore(*_: object) -> None:
    """Record nothing."""


def _unknown(_address: str) -> bool:
    return False


class Listener:
    """Serves C-ECHO, C-STORE and ``services`` to the devices that ``registry`` knows.

    ``registry`` answers who calls. ``on_refusal`` is given every refused association, ``on_failed_handshake`` every
    failed TLS handshake, ``on_outcome`` every instance, ``on_lack`` the
    rights that a device lacks for what it proposes, ``on_refused_classes`` the SOP classes of which it proposed nothing
    that is accepted, each in the thread of its association. ``on_way_given`` is
    given what made way for another caller. ``known_address`` says whether a device is registered at an address, without
    waiting for anything. ``shared_count`` counts with other processes that share the limit.

    Nobody can take the port from the others: connections that have requested nothing yet are shared out by address,
    associations by device, and what was idle longest, of whoever has most, gives way (`pacs.dimse.port_shares`).
    """

    def __init__(
        self,
        receiver: Receiver,
        registry: Callable[[CallingAE], Sender | None],
        on_refusal: Callable[[RefusedAssociation], None],
        settings: ListenerSettings,
        on_outcome: Callable[[Sender, Outcome], None] = _ignore,
        *,
        services: Sequence[Service] = (),
        on_failed_handshake: Callable[[FailedHandshake], None] = _ignore,
        on_lack: Callable[[Sender, frozenset[Right]], None] = _ignore,
        on_refused_classes: Callable[[Sender, frozenset[str]], None] = _ignore,
        on_way_given: Callable[[GaveWay], None] = _ignore,
        known_address: Callable[[str], bool] = _unknown,
        shared_count: SharedCount | None = None,
    ) -> None:
        self._settings = settings
        self._on_failed_handshake = on_failed_handshake
        self._shares = PortShares(
            most=settings.max_associations,
            most_of_one_device=settings.max_of_one_device or settings.max_associations,
            is_known=lambda address: proxy_protocol.is_of(address, settings.proxies) or known_address(address),
            on_way_given=on_way_given,
            shared_count=shared_count or Alone(),
        )
        self._terms = Terms(
            receiver=receiver,
            registry=registry,
            on_refusal=on_refusal,
            on_outcome=on_outcome,
            on_lack=on_lack,
            on_refused_classes=on_refused_classes,
            offer=Offer(
                private_sop_classes=settings.private_sop_classes,
                private_transfer_syntaxes=settings.private_transfer_syntaxes,
                services={uid: service.right for service in services for uid in service.sop_classes},
            ),
            answers=Answers(),
            services=tuple(services),
            ae_title=settings.ae_title,
            check_called=settings.check_called,
            called_from=self._shares.called_from,
            admit=self._shares.admit,
            on_end=self._forget,
        )
        self._lock = threading.Lock()
        self._associations: dict[int, AcceptorAssociation] = {}
        """By `id`."""
        self._ports: list[AcceptLoop] = []
        """The plain one first."""

    @property
    def address(self) -> tuple[str, int]:
        """The address of the plain port.

        Raises:
            RuntimeError: the listener was not started.

        """
        if not self._ports:
            raise RuntimeError
        return self._ports[0].address

    @property
    def secure_address(self) -> tuple[str, int]:
        """The address of the TLS port.

        Raises:
            RuntimeError: the listener was not started, or has no TLS port.

        """
        if len(self._ports) < 2:
            raise RuntimeError
        return self._ports[1].address

    @property
    def alive(self) -> bool:
        """Whether each of its ports takes connections."""
        return bool(self._ports) and all(port.alive for port in self._ports)

    @property
    def answers(self) -> bool:
        """Whether each of its ports has looked for connections within the last seconds."""
        return all(port.seconds_since_turn < _ANSWER_SECONDS for port in self._ports)

    def start(self, sockets: Sequence[socket.socket] = ()) -> None:
        """Listen on ``sockets``, the plain one first, which other processes may have too; else on the settings' ports.

        Raises:
            OSError: a port is taken, or not ours to take.

        """
        quieten()
        remember_uids()
        settings = self._settings
        entity = ApplicationEntity(settings.ae_title)
        entity.maximum_pdu_size = _PDU_BYTES
        entity.maximum_associations = 1 << 30  # our own limit counts, see _admit
        entity.acse_timeout = settings.request_seconds
        entity.dimse_timeout = settings.idle_seconds
        entity.network_timeout = settings.idle_seconds
        entity.implementation_class_uid = IMPLEMENTATION_CLASS_UID
        entity.implementation_version_name = IMPLEMENTATION_VERSION_NAME
        ports = [(settings.port, self._handshake(None))]
        if settings.secure is not None:
            ports.append((settings.secure.port, self._handshake(settings.secure.context)))
        loops: list[AcceptLoop] = []
        try:
            for number, (port, handshake) in enumerate(ports):
                inherited = sockets[number] if sockets else None
                address, turn = (settings.host, port), self._shares.make_room
                loops.append(AcceptLoop(entity, address, self._take, turn, handshake=handshake, inherited=inherited))
        except OSError:
            for loop in loops:
                loop.server_close()
            raise
        self._ports = loops
        for loop in loops:
            loop.start()
        tls_port = None if settings.secure is None else self.secure_address[1]
        _log.info("listening", port=self.address[1], tls_port=tls_port)

    def stop(self) -> None:
        """Take no more connections, let arriving instances arrive, then abort what is left."""
        for port in self._ports:
            port.stop()
        deadline = time.monotonic() + self._settings.stop_seconds
        for association in self._all():
            association.upper_layer.end_when_idle()
        for association in self._all():
            association.join(max(0.0, deadline - time.monotonic()))
        for association in self._all():
            association.upper_layer.cut()
        for association in self._all():
            association.join()
        self._ports = []

    def _handshake(self, tls_context: tls.ContextSource | None) -> Handshake:
        return Handshake(proxies=self._settings.proxies, tls_context=tls_context, on_failure=self._on_failed_handshake)

    def _take(self, loop: AcceptLoop, client: socket.socket, address: tuple[str, int]) -> None:
        """Begin an association on a new connection."""
        if len(self._associations) >= self._settings.max_associations * 2 + REQUESTING + _ENDING:
            self._shares.gave_way(GaveWay.CONNECTION)
            client.close()
            return
        association = AcceptorAssociation(loop.ae, self._terms, loop.handshake, client)
        association.name = "AcceptorThread"
        association.acceptor.maximum_length = _PDU_BYTES
        association.acceptor.ae_title = self._settings.ae_title
        association.acceptor.address_info = NumericAddress.from_tuple(loop.server_address)
        association.acceptor.implementation_class_uid = loop.ae.implementation_class_uid
        association.acceptor.implementation_version_name = loop.ae.implementation_version_name
        association.requestor.address_info = NumericAddress.from_tuple(address)
        with self._lock:
            self._associations[id(association)] = association
        if not self._shares.called_from(association, address[0]):
            self._forget(association)
            association.upper_layer.close_wake_pipe()
            client.close()
            return
        try:
            association.start()
        except RuntimeError:  # no more threads: the device may call again later
            self._shares.gave_way(GaveWay.CONNECTION)
            self._forget(association)
            association.upper_layer.close_wake_pipe()
            client.close()

    def _forget(self, association: Holder) -> None:
        self._shares.forget(association)
        with self._lock:
            self._associations.pop(id(association), None)

    def _all(self) -> list[AcceptorAssociation]:
        with self._lock:
            return list(self._associations.values())
