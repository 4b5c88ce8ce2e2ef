"""The listener's memory is bounded, however large what is sent and however many hold on to an association."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from storage.database import connect, snapshot
from storage.index.queries import instance_of
from storage.nodes.reader import Bytes
from storage.objects.store import FolderObjectStore
from tests.builders import encoded, image
from tests.running import TierRead, listens, wait_until
from tests.wire import EXPLICIT_LITTLE, Object, Sender, pdu, pdv

MOST_KIB: Final = 300 * 1024
IDLE: Final = 200
SENDERS: Final = 4
SIDE: Final = 1024
MULTIFRAME: Final = "1.2.840.10008.5.1.4.1.1.3.1"
"""Ultrasound Multi-frame Image Storage."""
CONTEXTS: Final = [(MULTIFRAME, [EXPLICIT_LITTLE])]
CHUNK: Final = 120_000


@dataclass(frozen=True, kw_only=True)
class Film:
    """A multi-frame object whose pixels are made while they are sent."""

    head: Object
    frames: int
    number: int

    def pieces(self) -> Iterator[bytes]:
        yield self.head.dataset
        frame = np.random.default_rng(self.number).integers(0, 4096, SIDE * SIDE, np.uint16)
        for count in range(self.frames):
            yield (frame ^ count).astype("<u2").tobytes()

    def digest(self) -> bytes:
        whole = hashlib.sha256()
        for piece in self.pieces():
            whole.update(piece)
        return whole.digest()


def film(number: int, frames: int) -> Film:
    dataset = image(rows=SIDE, columns=SIDE, frames=frames, SOPClassUID=MULTIFRAME, PixelData=b"")
    head = encoded(dataset)[:-4] + (frames * SIDE * SIDE * 2).to_bytes(4, "little")
    return Film(
        head=Object(
            transfer_syntax=EXPLICIT_LITTLE,
            sop_class=MULTIFRAME,
            sop_instance=str(dataset.SOPInstanceUID),
            dataset=head,
        ),
        frames=frames,
        number=number,
    )


def test_four_long_films_and_two_hundred_idle_associations(tmp_path: Path, at_length: bool) -> None:
    frames = 512 if at_length else 50  # of 2 MiB
    tierread = TierRead(
        tmp_path,
        settings={
            "TIERREAD_MAX_ASSOCIATIONS": str(IDLE + SENDERS),
            "TIERREAD_MAX_ASSOCIATIONS_PER_DEVICE": str(IDLE + SENDERS),
            "TIERREAD_SEGMENT_IDLE_SECONDS": "600",
        },
        cold=True,  # with the memory of a listener alone
    )
    tierread.start("serve", "--role", "scp", ready=False)
    try:
        wait_until(lambda: (tierread.data_dir / "keys").exists() and listens(tierread.dicom_port), what="the listener")
        device = tierread.cast().device
        films = [film(number, frames) for number in range(SENDERS)]
        statuses: dict[int, int] = {}
        with ExitStack() as idle:
            for _ in range(IDLE):
                idle.enter_context(calling(tierread, device))
            threads = [threading.Thread(target=send, args=(tierread, device, one, statuses)) for one in films]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            peak = peak_kib(tierread)

        assert statuses == dict.fromkeys(range(SENDERS), 0)
        assert peak < MOST_KIB, f"{peak / 1024:.0f} MiB"
        assert stored_digests(tierread, films) == [one.digest() for one in films]
        print(f"{SENDERS} films of {frames * 2} MiB, {IDLE} idle associations: at most {peak / 1024:.0f} MiB")
    finally:
        tierread.close()


def calling(tierread: TierRead, device: str) -> Sender:
    return Sender(
        address=("127.0.0.1", tierread.dicom_port), calling=device, called="TIERREAD", contexts=CONTEXTS, timeout=300
    )


def send(tierread: TierRead, device: str, one: Film, statuses: dict[int, int]) -> None:
    with calling(tierread, device) as sender:
        context = sender.context_for(one.head)
        sender.send(pdu(4, pdv(context, 3, sender.store_command(one.head))))
        for piece in one.pieces():
            for at in range(0, len(piece), CHUNK):
                sender.send(pdu(4, pdv(context, 0, piece[at : at + CHUNK])))
        sender.send(pdu(4, pdv(context, 2, b"")))
        statuses[one.number] = sender.status()


def peak_kib(tierread: TierRead) -> int:
    """The most memory that the listener has had resident."""
    listener = wait_until((tierread.data_dir / "run" / "scp.alive").read_text).strip()
    status = Path(f"/proc/{listener}/status").read_text("ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM:")).split()[1])


def stored_digests(tierread: TierRead, films: list[Film]) -> list[bytes]:
    engine = connect(tierread.database_url)
    bytes_ = Bytes(tierread.data_dir / "spool", FolderObjectStore(tierread.data_dir / "objects"), engine)
    digests: list[bytes] = []
    for one in films:
        with snapshot(engine) as tx:
            instance = instance_of(tx, one.head.sop_instance)
        assert instance is not None
        whole = hashlib.sha256()
        length = instance.size - instance.dataset_offset
        for chunk in bytes_.stream(instance, instance.dataset_offset, length):
            whole.update(chunk)
        digests.append(whole.digest())
    engine.dispose()
    return digests
