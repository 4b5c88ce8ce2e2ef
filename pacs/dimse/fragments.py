"""Sends messages in fragments with bounded memory, and receives C-STORE responses past pynetdicom's reactor."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, Final

from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.pdu_primitives import P_DATA

from pacs.errors import PeerAway

_ESTABLISHED: Final = "Sta6"
_QUEUED: Final = 8
"""Most fragments that wait to be sent; `wait_for_room` holds back more, so that a slow peer costs no memory."""
_LONGEST_PDU: Final = 128 * 1024
_PDV_HEADER_BYTES: Final = 6
_STALLED_SECONDS: Final = 60.0


class AssociationLost(PeerAway, ConnectionError):
    """The association has ended, or the peer takes no more bytes."""


def do_nothing() -> None:
    """Do nothing while the peer is busy."""


def wait_for_room(association: Association, meanwhile: Callable[[], None] = do_nothing) -> None:
    """Wait until fewer than `_QUEUED` fragments wait to be sent.

    Raises:
        AssociationLost: the association has ended, or the peer took nothing for `_STALLED_SECONDS`.

    """
    waiting = association.dul.to_provider_queue
    pause, left, since = 0.0005, waiting.qsize(), time.monotonic()
    while True:
        if not association.dul.is_alive() or association.dul.state_machine.current_state != _ESTABLISHED:
            raise AssociationLost
        size = waiting.qsize()
        if size < _QUEUED:
            return
        now = time.monotonic()
        if size < left:
            pause, left, since = 0.0005, size, now
        elif now - since > _STALLED_SECONDS:
            raise AssociationLost
        meanwhile()
        time.sleep(pause)
        pause = min(pause * 2, 0.05)


def abort_if_alive(association: Association) -> None:
    """Abort the association where it is still established."""
    if association.dul.is_alive() and association.dul.state_machine.current_state == _ESTABLISHED:
        association.abort(block=False)


def fragment_bytes(association: Association) -> int:
    """Bytes of a message that fit into one PDU of the peer (PS3.8 D.1: 0 is no limit); even (PS3.8 E.1).

    Raises:
        AssociationLost: none fit.

    """
    limit = int(association.dimse.maximum_pdu_size or _LONGEST_PDU)
    size = (min(limit, _LONGEST_PDU) - _PDV_HEADER_BYTES) & ~1
    if size <= 0:
        raise AssociationLost
    return size


def send_fragment(association: Association, context_id: int, control: int, data: bytes | memoryview) -> None:
    """Send a P-DATA request with one presentation data value (PS3.8 9.3.5)."""
    primitive = P_DATA()
    fragment: Any = [context_id, bytes((control,)) + bytes(data)]  # its setter wants a list, whatever its type says
    primitive.presentation_data_value_list = [fragment]
    association.dul.send_pdu(primitive)


def store_status(
    association: Association, message_id: int, seconds: float, meanwhile: Callable[[], None] = do_nothing
) -> int:
    """Wait for the C-STORE-RSP to a message; returns its status.

    Raises:
        AssociationLost: the association has ended, another message came, or none in time.

    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            _, message = association.dimse.msg_queue.get(timeout=0.5)
        except queue.Empty:
            meanwhile()
            continue
        if not isinstance(message, C_STORE) or message.MessageIDBeingRespondedTo != message_id:
            raise AssociationLost
        return int(message.Status or 0)
    raise AssociationLost


@contextmanager
def paused_reactor(association: Association) -> Generator[None]:
    """Pause the reactor of an association that we requested, which would take the responses of the block."""
    association._reactor_checkpoint.clear()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] # as its own send_c_store does
    try:
        while not association._is_paused:  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
            if not association.is_alive():
                raise AssociationLost
            time.sleep(0.001)
        yield
    finally:
        association._reactor_checkpoint.set()  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
