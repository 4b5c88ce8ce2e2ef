"""Associations that we request, of devices and archives."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from pynetdicom.ae import ApplicationEntity
from pynetdicom.association import Association
from pynetdicom.pdu_primitives import SCP_SCU_RoleSelectionNegotiation
from pynetdicom.presentation import PresentationContext
from pynetdicom.transport import AddressInformation, AssociationSocket

from pacs.dataset.part10 import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from pacs.dataset.quiet_pydicom import quieten
from pacs.dimse.tls import digest_of
from pacs.errors import PeerAway
from storage.open_transactions import outside_transaction

_PDU_BYTES: Final = 128 * 1024


@dataclass(frozen=True, kw_only=True)
class Peer:
    """An application entity that we call."""

    ae_title: str
    host: str
    port: int
    tls: ssl.SSLContext | None = None
    certificate_digest: bytes | None = None
    """SHA-256 of the only certificate that is accepted; None where any trusted one is."""


class Failure(StrEnum):
    """Why there is no association with a peer."""

    AWAY = "away"
    """No connection: switched off, another address, or a firewall."""
    REFUSED = "refused"
    """It answered with A-ASSOCIATE-RJ: it does not know our title, or has another one."""
    ABORTED = "aborted"
    """It closed the connection, or does not speak DICOM."""
    UNTRUSTED = "untrusted"
    """TLS failed: it speaks none, or one side does not trust the certificate of the other."""
    NO_CONTEXT = "no_context"
    """It accepted none of the proposed presentation contexts."""


class Unreachable(PeerAway):
    """A peer could not be associated with; the text has neither its name nor its address."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure


@contextmanager
def open_association(
    our_title: str,
    peer: Peer,
    contexts: Sequence[PresentationContext],
    *,
    roles: Sequence[SCP_SCU_RoleSelectionNegotiation] = (),
    seconds: float = 30,
) -> Generator[Association]:
    """Request an association, which is released at the end of the block, or aborted when the block fails.

    At least one context is accepted. The peer has ``seconds`` for the connection and for each response.

    Raises:
        Unreachable: the association was not established.

    """
    outside_transaction("calling a peer")
    quieten()
    entity = _Entity(our_title)
    entity.implementation_class_uid = IMPLEMENTATION_CLASS_UID
    entity.implementation_version_name = IMPLEMENTATION_VERSION_NAME
    entity.connection_timeout = entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = seconds
    association = entity.associate(
        peer.host,
        peer.port,
        contexts=list(contexts),
        ae_title=peer.ae_title,
        max_pdu=_PDU_BYTES,
        ext_neg=list(roles),
        tls_args=None if peer.tls is None else (peer.tls, peer.host),
    )
    if not association.is_established:
        raise Unreachable(_failure(association))
    if peer.certificate_digest is not None and _peer_digest(association) != peer.certificate_digest:
        association.abort()
        raise Unreachable(Failure.UNTRUSTED)
    try:
        yield association
    except BaseException:
        association.abort()
        raise
    if association.is_established:
        association.release()


class _Entity(ApplicationEntity):
    """An application entity whose associations use `_Socket`."""

    def _create_socket(
        self, assoc: Association, address: AddressInformation, tls_args: tuple[ssl.SSLContext, str] | None
    ) -> AssociationSocket:
        made = _Socket(assoc, address=address)
        made.tls_args = tls_args
        return made


class _Socket(AssociationSocket):
    """Connects, remembers how far that came for `_failure`, and sends small packets at once."""

    connected = False
    untrusted = False

    def connect(self, primitive: Any) -> None:
        sock = self.socket
        if sock is None:
            raise ValueError
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(self.assoc.connection_timeout)
            sock.connect(primitive.address_info.as_tuple)
            if self.tls_args is not None:
                context, host = self.tls_args
                sock = self.socket = context.wrap_socket(sock, server_hostname=host)
            sock.settimeout(None)
            self.assoc.requestor.address_info = AddressInformation.from_tuple(sock.getsockname())
            self.connected = self._is_connected = True
            primitive.result = "Evt2"  # transport connection confirmed (PS3.8 9.2.3)
        except OSError as error:
            self.untrusted = isinstance(error, ssl.SSLError)
            self._shutdown_socket()
            self.socket = None
            primitive.result = "Evt17"  # closed
        finally:
            self.provider_queue.put(primitive)
            self._ready.set()

    def _shutdown_socket(self) -> None:
        sock = self.socket
        if sock is not None:
            with contextlib.suppress(OSError):  # it was never connected, or the peer closed it first
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()


def _failure(association: Association) -> Failure:
    if association.is_rejected:
        return Failure.REFUSED
    if association.acceptor.primitive is not None:
        return Failure.NO_CONTEXT
    sock = association.dul.socket
    if isinstance(sock, _Socket) and sock.untrusted:
        return Failure.UNTRUSTED
    return Failure.ABORTED if isinstance(sock, _Socket) and sock.connected else Failure.AWAY


def _peer_digest(association: Association) -> bytes | None:
    """SHA-256 of the peer's certificate; None without TLS."""
    sock = association.dul.socket
    secure = sock.socket if isinstance(sock, _Socket) else None
    return digest_of(secure) if isinstance(secure, ssl.SSLSocket) else None
