"""Receives refused bytes once more out of quarantine: a corrected program may understand them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pacs.arriving.outcome import Outcome
from pacs.arriving.receive import Receiver, Sender
from pacs.dataset.walk import LONG_VRS

_PREAMBLE: Final = 132
_CHUNK: Final = 1 << 20
_META_MAX_BYTES: Final = 64 << 10


def receive_again(receiver: Receiver, sender: Sender, path: Path, transfer_syntax_uid: str) -> Outcome:
    """Receive a quarantine file as if it arrived now; when it is refused again, its quarantine entry stays.

    Raises:
        FileNotFoundError: the file lies on another node.

    """
    with path.open("rb") as file:
        start = _dataset_start(file.read(_META_MAX_BYTES))
        reception = receiver.begin(sender, None, None, transfer_syntax_uid, "again")
        reception.keeps_refused = False
        file.seek(start)
        try:
            while chunk := file.read(_CHUNK):
                reception.feed(chunk)
        except BaseException:
            reception.abandon()
            raise
        return reception.finish()


def quarantine_chunks(path: Path) -> Iterator[bytes]:
    """The bytes of a quarantine file, which is opened by this call.

    Raises:
        FileNotFoundError: it lies on another node.

    """
    file = path.open("rb")

    def read() -> Iterator[bytes]:
        with file:
            while chunk := file.read(_CHUNK):
                yield chunk

    return read()


def _dataset_start(head: bytes) -> int:
    """Offset of the data set: behind the PS3.10 head where `pacs.dataset.part10` wrote one, else 0."""
    if head[_PREAMBLE - 4 : _PREAMBLE] != b"DICM":
        return 0
    at = _PREAMBLE
    while head[at : at + 2] == b"\x02\x00" and len(head) >= at + 12:
        if head[at + 4 : at + 6] in LONG_VRS:
            (length,) = struct.unpack_from("<I", head, at + 8)
            at += 12 + length
        else:
            (length,) = struct.unpack_from("<H", head, at + 6)
            at += 8 + length
    return at
