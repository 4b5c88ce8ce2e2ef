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

from pacs.part10 import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from pacs.quiet import quieten

_PDU_BYTES: Final = 128 * 1024


@dataclass(frozen=True, kw_only=True)
class Peer:
    """An application entity that we call."""

    ae_title: str
    host: str
    port: int
    tls: ssl.SSLContext | None = None


class Failure(StrEnum):
    """Why there is no association with a peer."""

    AWAY = "away"
    """Nothing answers there: switched off, another address, a firewall."""
    REFUSED = "refused"
    """It answers with A-ASSOCIATE-RJ: it does not know us, or knows itself by another title."""
    ABORTED = "aborted"
    """It hangs up, or what answers there does not speak DICOM."""
    NO_CONTEXT = "no_context"
    """It speaks DICOM, but nothing of what we proposed."""


class Unreachable(Exception):
    """There is no association with a peer; its name and address stay out of the text."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure


@contextmanager
def associated(
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
    """Sends small packets at once, and is closed where it was never connected, which pynetdicom leaves out."""

    connected = False

    def connect(self, primitive: Any) -> None:
        if self.socket is not None:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().connect(primitive)
        self.connected = self._is_connected

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
    return Failure.ABORTED if isinstance(sock, _Socket) and sock.connected else Failure.AWAY
