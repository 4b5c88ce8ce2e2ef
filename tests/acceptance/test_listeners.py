"""Several listener processes on one port: devices are spread over them, and one that is killed costs no image."""

from __future__ import annotations

import os
import random
import signal
import struct
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from storage.objects.store import FolderObjectStore
from tests.acceptance.promises import Promises, Township, lost_of
from tests.builders import CT
from tests.postgresql import Cluster
from tests.running import TierRead, serving, wait_until
from tests.wire import EXPLICIT_LITTLE, Rejected, Sender

SENDERS = 6


@pytest.fixture
def database_url(cluster: Cluster) -> Iterator[str]:
    url = cluster.new_database()
    yield url
    cluster.drop(url)


def counts(tierread: TierRead) -> tuple[int, int]:
    """The associations that each of the two serves."""
    first, second = struct.unpack_from("<2I", (tierread.data_dir / "run" / "associations").read_bytes())
    return first, second


def process_of(tierread: TierRead, name: str) -> int:
    return int((tierread.data_dir / "run" / f"{name}.alive").read_text() or 0)


@pytest.mark.timeout(240)
def test_one_of_two_listeners_is_killed_under_load(tmp_path: Path, database_url: str, at_length: bool) -> None:
    promises, stop = Promises(), threading.Event()
    settings = {"TIERREAD_LISTENERS": "2"}
    with serving(tmp_path / "house", database_url=database_url, settings=settings) as tierread:
        cast = tierread.cast()
        townships: list[Township] = []
        try:
            while len(townships) < SENDERS or 0 in counts(tierread):  # who gets a call is for the kernel to say
                townships.append(Township(tierread.dicom_port, cast.device, promises, stop, len(townships)))
                townships[-1].start()
                wait_until(lambda: sum(counts(tierread)) == len(townships), what="its association")
            for _ in range(50 if at_length else 3):
                before = len(promises.digests)
                killed, other = random.sample(["scp", "scp2"], 2)
                victim, survivor = process_of(tierread, killed), process_of(tierread, other)
                os.kill(victim, signal.SIGKILL)
                wait_until(
                    lambda before=before: len(promises.digests) > before + len(townships), what="senders that get on"
                )
                wait_until(
                    lambda killed=killed, victim=victim: process_of(tierread, killed) not in (0, victim),
                    60,
                    "a new one",
                )
                # One that is too busy to answer takes its sign away until it does.
                wait_until(
                    lambda other=other, survivor=survivor: process_of(tierread, other) == survivor,
                    60,
                    "the other, which never ended",
                )
        finally:
            stop.set()
            for township in townships:
                township.join()
        client = tierread.client()
        wait_until(lambda: client.get("/readyz").json()["parts"]["dicom"] == "ok", what="both listeners")
        wait_until(lambda: not lost_of(tierread, promises, FolderObjectStore(tierread.data_dir / "objects")))

    print(f"{len(promises.digests)} instances acknowledged")
    assert promises.refused == []


def test_all_listeners_of_a_node_share_its_limit(tmp_path: Path, database_url: str) -> None:
    settings = {"TIERREAD_LISTENERS": "2", "TIERREAD_MAX_ASSOCIATIONS": "5"}
    made = TierRead(tmp_path / "house", database_url=database_url, settings=settings)
    try:
        made.start("serve", "--role", "scp", ready=False)
        alive = [made.data_dir / "run" / f"{name}.alive" for name in ("scp", "scp2")]
        wait_until(lambda: all(path.exists() and path.read_text() for path in alive), what="two listeners")
        cast = made.cast()

        def call() -> Sender:
            address = ("127.0.0.1", made.dicom_port)
            return Sender(address=address, calling=cast.device, called="TIERREAD", contexts=[(CT, [EXPLICIT_LITTLE])])

        with ExitStack() as open_ones:
            for _ in range(5):
                open_ones.enter_context(call())
            with pytest.raises(Rejected), call():
                pass
            served = counts(made)
        wait_until(lambda: counts(made) == (0, 0), what="their end")
        with call():
            pass
        code = made.stop()
    finally:
        made.close()

    assert sum(served) == 5
    assert code == 0
