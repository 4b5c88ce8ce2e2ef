"""Receives bytes once more that were refused and are kept: after a repair of the program they may be understood."""

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
    """Hand a quarantine file to the receiver as though it came now; what is refused again stays as it is.

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
    """The bytes of a quarantine file; it is opened at once.

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
    """Where the data set begins: behind the head that we wrote before it (`pacs.dataset.part10`), or at once."""
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
