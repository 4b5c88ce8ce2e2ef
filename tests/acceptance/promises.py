"""Senders that keep a list of what was acknowledged, and the look whether all is there: the oracle of crash tests."""

from __future__ import annotations

import hashlib
import random
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from reading.tables import case_study
from storage.database import connect, snapshot
from storage.index.queries import instance_of
from storage.nodes.reader import Bytes, BytesMissing, HolderAway
from storage.objects.store import ObjectStore
from tests.builders import CT, image, new_uid, thing
from tests.running import TierRead
from tests.wire import EXPLICIT_LITTLE, Aborted, HungUp, Object, Rejected, Sender

STUDY_SIZE: Final = 12
STORED: Final = 0x0000
PAUSE_SECONDS: Final = 0.1
"""Between pictures, so that the senders do not take all of the machine that the rest starts again on."""


@dataclass(kw_only=True)
class Promises:
    """What the listener has acknowledged: SOP Instance UID to the digest of the data set that was sent."""

    digests: dict[str, bytes] = field(default_factory=dict[str, bytes])
    studies: set[str] = field(default_factory=set[str])
    refused: list[int] = field(default_factory=list[int])


class Township(threading.Thread):
    """A sender that goes on after every interruption, as devices do: what was not acknowledged is sent again."""

    def __init__(self, port: int, device: str, promises: Promises, stop: threading.Event, seed: int) -> None:
        super().__init__()
        self._address = ("127.0.0.1", port)
        self._device = device
        self._promises = promises
        self._stop_sending = stop
        self._rng = random.Random(seed)
        self._sent = 0
        self._study = self._series = ""

    def run(self) -> None:
        waiting: Object | None = None
        while not self._stop_sending.is_set():
            try:
                with Sender(
                    address=self._address,
                    calling=self._device,
                    called="TIERREAD",
                    contexts=[(CT, [EXPLICIT_LITTLE])],
                    timeout=20,
                ) as sender:
                    while not self._stop_sending.wait(PAUSE_SECONDS):
                        waiting = waiting or self._next()
                        status = sender.store(waiting)
                        self._note(waiting, status)
                        if status == STORED:
                            waiting = None
            except (HungUp, Aborted, Rejected, OSError):
                self._stop_sending.wait(0.05)

    def _note(self, sent: Object, status: int) -> None:
        if status == STORED:
            self._promises.studies.add(self._study)
            self._promises.digests[sent.sop_instance] = hashlib.sha256(sent.dataset).digest()
        else:
            self._promises.refused.append(status)

    def _next(self) -> Object:
        if self._sent % STUDY_SIZE == 0:
            self._study, self._series = new_uid(), new_uid()
        self._sent += 1
        side = self._rng.choice((8, 64, 256))
        return thing(
            image(
                rows=side,
                columns=side,
                StudyInstanceUID=self._study,
                SeriesInstanceUID=self._series,
                InstanceNumber=self._sent,
                AccessionNumber="",
            )
        )


def lost_of(tierread: TierRead, promises: Promises, store: ObjectStore, *, spool: Path | None = None) -> list[str]:
    """What was acknowledged and cannot be read back byte for byte, or has no case; from ``spool``, or its own."""
    engine = connect(tierread.database_url)
    reader = Bytes(spool or tierread.data_dir / "spool", store, engine)
    lost: list[str] = []
    with snapshot(engine) as tx:
        with_case = set(tx.execute(sa.select(case_study.c.study_uid)).scalars())
        for uid, digest in promises.digests.items():
            found = instance_of(tx, uid)
            if found is None or found.study_uid not in with_case:
                lost.append(uid)
                continue
            try:
                dataset = reader.read(found, found.dataset_offset, found.size - found.dataset_offset)
            except (BytesMissing, HolderAway):
                dataset = b""
            if hashlib.sha256(dataset).digest() != digest:
                lost.append(uid)
    engine.dispose()
    return lost
