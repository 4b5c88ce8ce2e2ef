"""kill -9 of the listener at twenty random moments: what was acknowledged is there, in the index and the worklist."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Final

import httpx

from storage.objects.store import FolderObjectStore
from tests.acceptance.promises import Promises, Township, lost_of
from tests.running import REPOSITORY, TierRead, listens, wait_until

KILLS: Final = 20
SENDERS: Final = 4


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
        townships = [Township(tierread.dicom_port, cast.device, promises, stop, seed) for seed in range(SENDERS)]
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
        lost = lost_of(tierread, promises, FolderObjectStore(tierread.data_dir / "objects"))
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
