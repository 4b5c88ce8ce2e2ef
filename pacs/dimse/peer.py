"""Associations that we ask for: with a device that is told something, or an archive that is sent to."""

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

_PDU_BYTES: Final = 128 * 1024


@dataclass(frozen=True, kw_only=True)
class Peer:
    """An application entity that we call."""

    ae_title: str
    host: str
    port: int
    tls: ssl.SSLContext | None = None
    certificate_digest: bytes | None = None
    """SHA-256 of the one certificate that it must show, None where any trusted one will do."""


class Failure(StrEnum):
    """Why there is no association with a peer."""

    AWAY = "away"
    """Nothing answers there: switched off, another address, a firewall."""
    REFUSED = "refused"
    """It answers with A-ASSOCIATE-RJ: it does not know us, or knows itself by another title."""
    ABORTED = "aborted"
    """It hangs up, or what answers there does not speak DICOM."""
    UNTRUSTED = "untrusted"
    """No TLS with it: it speaks none, its certificate is not trusted or another than it should be, or ours is not."""
    NO_CONTEXT = "no_context"
    """It speaks DICOM, but nothing of what we proposed."""


class Unreachable(PeerAway):
    """There is no association with a peer; its name and address stay out of the text."""

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
    """An established association with at least one accepted context; released at the end, aborted when the block fails.

    ``seconds`` is the time that the peer has for the connection and for each answer.

    Raises:
        Unreachable: there is none.

    """
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
    """Calls over sockets of ours."""

    def _create_socket(
        self, assoc: Association, address: AddressInformation, tls_args: tuple[ssl.SSLContext, str] | None
    ) -> AssociationSocket:
        made = _Socket(assoc, address=address)
        made.tls_args = tls_args
        return made


class _Socket(AssociationSocket):
    """Connects as pynetdicom's does, and remembers how far it came; sends small packets at once."""

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
            with contextlib.suppress(OSError):  # it was never connected, or the peer was quicker
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
    """The digest of the certificate that the peer showed."""
    sock = association.dul.socket
    secure = sock.socket if isinstance(sock, _Socket) else None
    return digest_of(secure) if isinstance(secure, ssl.SSLSocket) else None
