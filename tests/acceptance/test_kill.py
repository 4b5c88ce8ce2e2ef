"""kill -9 of the listener at twenty random moments: what was acknowledged is there, in the index and the worklist."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import sqlalchemy as sa

from reading.tables import case_study
from storage.database import connect, snapshot
from storage.index import instance_of
from storage.objects import FolderObjectStore
from storage.reader import Bytes
from tests.builders import CT, image, new_uid, thing
from tests.running import REPOSITORY, TierRead, listens, wait_until
from tests.wire import EXPLICIT_LITTLE, Aborted, HungUp, Object, Rejected, Sender

KILLS: Final = 20
SENDERS: Final = 4
STUDY_SIZE: Final = 12
STORED: Final = 0x0000


@dataclass(kw_only=True)
class Promises:
    """What the listener has acknowledged: SOP Instance UID to the digest of the data set that was sent."""

    digests: dict[str, bytes] = field(default_factory=dict[str, bytes])
    studies: set[str] = field(default_factory=set[str])
    refused: list[int] = field(default_factory=list[int])


class Township(threading.Thread):
    """A sender that goes on after every interruption, as devices do: what was not acknowledged is sent again."""

    def __init__(self, tierread: TierRead, device: str, promises: Promises, stop: threading.Event, seed: int) -> None:
        super().__init__()
        self._address = ("127.0.0.1", tierread.dicom_port)
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
                    while not self._stop_sending.is_set():
                        waiting = waiting or self._next()
                        self._note(waiting, sender.store(waiting))
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


class Listener:
    """The listener of an installation, to be killed and started again quickly."""

    def __init__(self, tierread: TierRead) -> None:
        self._port = tierread.dicom_port
        with (tierread.folder / "log.txt").open("ab") as log:
            self._warm = subprocess.Popen(
                [sys.executable, "-m", "tests.acceptance.warm"],
                env=tierread.environ,
                cwd=REPOSITORY,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self._pid = 0

    def start(self) -> None:
        assert self._warm.stdin is not None
        assert self._warm.stdout is not None
        self._warm.stdin.write("\n")
        self._warm.stdin.flush()
        self._pid = int(self._warm.stdout.readline())
        wait_until(lambda: listens(self._port), 60, "the listener")

    def kill(self) -> None:
        os.kill(self._pid, signal.SIGKILL)
        wait_until(lambda: not listens(self._port), 10, "its end")

    def close(self) -> None:
        assert self._warm.stdin is not None
        assert self._warm.stdout is not None
        self._warm.stdin.close()
        self._warm.stdout.close()
        self._warm.wait(30)


def _seen(client: httpx.Client) -> set[str]:
    """The studies of every case on the worklist."""
    studies: set[str] = set()
    page = 1
    while True:
        answer: dict[str, Any] = client.get("/api/cases", params={"page": page, "size": 50}).json()
        studies.update(study["study_uid"] for case in answer["items"] for study in case["studies"])
        if not answer["items"]:
            return studies
        page += 1


def test_nothing_that_was_acknowledged_is_lost(tmp_path: Path, at_length: bool) -> None:
    rng = random.Random()
    kills = 300 if at_length else KILLS
    tierread = TierRead(tmp_path / "house")
    listener = Listener(tierread)
    promises = Promises()
    stop = threading.Event()
    townships: list[Township] = []
    try:
        listener.start()
        cast = tierread.cast()
        townships = [Township(tierread, cast.device, promises, stop, seed) for seed in range(SENDERS)]
        for township in townships:
            township.start()
        for _ in range(kills):
            enough = len(promises.digests) + rng.randint(1, 12)
            wait_until(lambda enough=enough: len(promises.digests) >= enough, 60, "senders that get on")
            stop.wait(rng.uniform(0, 0.02))
            listener.kill()
            listener.start()
        stop.set()
        for township in townships:
            township.join()
        listener.kill()
        tierread.start()
        ada = tierread.sign_in(cast.ada)
        wait_until(lambda: promises.studies <= _seen(ada), 60, "a case for every study")
        lost = _lost(tierread, promises)
    finally:
        stop.set()
        for township in townships:
            township.join()
        listener.close()
        tierread.close()

    print(f"{kills} kills, {len(promises.digests)} instances acknowledged, {len(lost)} lost")
    assert len(promises.digests) >= kills
    assert promises.refused == []
    assert lost == []


def _lost(tierread: TierRead, promises: Promises) -> list[str]:
    """What was acknowledged and cannot be read back byte for byte, or has no case."""
    engine = connect(tierread.database_url)
    reader = Bytes(tierread.data_dir / "spool", FolderObjectStore(tierread.data_dir / "objects"), engine)
    lost: list[str] = []
    with snapshot(engine) as tx:
        with_case = set(tx.execute(sa.select(case_study.c.study_uid)).scalars())
        for uid, digest in promises.digests.items():
            found = instance_of(tx, uid)
            if found is None or found.study_uid not in with_case:
                lost.append(uid)
                continue
            dataset = reader.read(found, found.dataset_offset, found.size - found.dataset_offset)
            if hashlib.sha256(dataset).digest() != digest:
                lost.append(uid)
    engine.dispose()
    return lost
