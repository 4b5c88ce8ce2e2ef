"""Callers who are in the way, and a device that goes on storing beside them."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from pydicom.dataset import Dataset
from pynetdicom.presentation import build_context
from pynetdicom.sop_class import ModalityWorklistInformationFind  # pyright: ignore[reportAttributeAccessIssue]

from pacs.dimse.peer import Peer, open_association
from tests.builders import CT, image, new_uid, thing
from tests.wire import EXPLICIT_LITTLE, Sender

STRANGER: Final = "127.0.0.66"
"""An address of this machine at which no device is registered."""
WORKLIST: Final = str(ModalityWorklistInformationFind)
WILD: Final = "*?" * 16 + "#"
"""With `re` it takes minutes to find that this does not match a text of 60 letters."""


@dataclass(kw_only=True)
class Stored:
    """What a device heard that stored picture after picture, each on an association of its own."""

    seconds: list[float] = field(default_factory=list[float])
    refused: list[str] = field(default_factory=list[str])

    @property
    def median(self) -> float:
        return sorted(self.seconds)[len(self.seconds) // 2]


def store(port: int, title: str, count: int, *, timeout: float = 30, **how: Any) -> Stored:
    """Store ``count`` pictures of one study, one after the other."""
    stored, study = Stored(), new_uid()
    for _ in range(count):
        begun = time.monotonic()
        try:
            contexts = [(CT, [EXPLICIT_LITTLE])]
            address = ("127.0.0.1", port)
            with Sender(address=address, contexts=contexts, calling=title, timeout=timeout, **how) as sender:
                status = sender.store(thing(image(StudyInstanceUID=study)))
        except Exception as error:  # noqa: BLE001 # whatever it was, the picture was not taken
            stored.refused.append(repr(error))
            continue
        stored.seconds.append(time.monotonic() - begun)
        if status:
            stored.refused.append(hex(status))
    return stored


@contextmanager
def silent(port: int, count: int, *, source: str = STRANGER, say: bytes = b"") -> Iterator[list[socket.socket]]:
    """So many connections that say ``say`` and then nothing."""
    with ExitStack() as held:
        sockets: list[socket.socket] = []
        for _ in range(count):
            with contextlib.suppress(OSError):
                one = socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(source, 0))
                sockets.append(held.enter_context(one))
                one.sendall(say)
        yield sockets


def is_closed(sock: socket.socket, seconds: float = 30) -> bool:
    """Whether the other side closes the connection, whatever it says before."""
    sock.settimeout(seconds)
    try:
        while sock.recv(1 << 16):
            pass
    except TimeoutError:
        return False
    except OSError:
        return True
    return True


@contextmanager
def again_and_again(attack: Callable[[], None], threads: int = 1) -> Iterator[None]:
    """Run ``attack`` in a loop, whatever becomes of it, until the block ends."""
    end = threading.Event()

    def repeat() -> None:
        while not end.is_set():
            with contextlib.suppress(Exception):
                attack()

    running = [threading.Thread(target=repeat, daemon=True) for _ in range(threads)]
    for each in running:
        each.start()
    try:
        yield
    finally:
        end.set()
        for each in running:
            each.join(60)


def ask_for_work(port: int, title: str, **keys: Any) -> list[int]:
    """The statuses of one worklist query."""
    asked = Dataset()
    asked.SpecificCharacterSet = "ISO_IR 192"
    asked.PatientName = ""
    for keyword, value in keys.items():
        setattr(asked, keyword, value)
    peer = Peer(ae_title="TIERREAD", host="127.0.0.1", port=port)
    with open_association(title, peer, [build_context(WORKLIST)], seconds=120) as association:
        return [status.Status for status, _ in association.send_c_find(asked, WORKLIST)]
