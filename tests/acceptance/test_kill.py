"""kill -9 of the listener at twenty random moments: what was acknowledged is there, in the index and the worklist."""

from __future__ import annotations

import random
import threading
from pathlib import Path
from typing import Any, Final

import httpx

from storage.objects.store import FolderObjectStore
from tests.acceptance.promises import Promises, Township, lost_of
from tests.running import TierRead, listens, wait_until

KILLS: Final = 20
SENDERS: Final = 4


def start_the_listener(tierread: TierRead) -> None:
    tierread.start("serve", "--role", "scp", ready=False)
    wait_until(lambda: listens(tierread.dicom_port), what="the listener")


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
    promises = Promises()
    stop = threading.Event()
    townships: list[Township] = []
    try:
        start_the_listener(tierread)
        cast = tierread.cast()
        townships = [Township(tierread.dicom_port, cast.device, promises, stop, seed) for seed in range(SENDERS)]
        for township in townships:
            township.start()
        for _ in range(kills):
            enough = len(promises.digests) + rng.randint(1, 12)
            wait_until(lambda enough=enough: len(promises.digests) >= enough, what="senders that get on")
            stop.wait(rng.uniform(0, 0.02))
            tierread.kill()
            start_the_listener(tierread)
        stop.set()
        for township in townships:
            township.join()
        tierread.kill()
        tierread.start()
        ada = tierread.sign_in(cast.ada)
        wait_until(lambda: promises.studies <= _seen(ada), what="a case for every study")
        lost = lost_of(tierread, promises, FolderObjectStore(tierread.data_dir / "objects"))
    finally:
        stop.set()
        for township in townships:
            township.join()
        tierread.close()

    print(f"{kills} kills, {len(promises.digests)} instances acknowledged, {len(lost)} lost")
    assert len(promises.digests) >= kills
    assert promises.refused == []
    assert lost == []
