"""kill -9 of whatever runs, at any moment, under load: worker, web, listener, PostgreSQL with commits that it had not
flushed, SeaweedFS. What was acknowledged is in the bucket, with its index row and its case."""

from __future__ import annotations

import os
import random
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from service.installation.load_settings import load
from service.installation.stores import object_store_of
from storage import tables
from storage.database import connect, snapshot
from tests import postgresql
from tests.acceptance.promises import Promises, Township, lost_of
from tests.conftest import missing
from tests.postgresql import Cluster
from tests.running import TierRead, serving, wait_until
from tests.seaweedfs import SeaweedFS

SENDERS: Final = 3
OUT_OF_RESOURCES: Final = 0xA700
"""What a device hears while the database is away; it sends again."""
OURS: Final = ("worker", "web", "scp")


@pytest.fixture
def forgetful() -> Iterator[Cluster]:
    """A database as in production, but that an asynchronous commit waits ten seconds to be written."""
    bin_dir = postgresql.programs()
    if bin_dir is None:
        missing("postgres")
    assert bin_dir is not None
    server = Cluster(bin_dir, durable=True, settings=["wal_writer_delay=10s", "wal_writer_flush_after=1GB"])
    yield server
    server.stop()


@pytest.mark.timeout(900)
def test_whatever_is_killed_nothing_acknowledged_is_lost(
    tmp_path: Path, forgetful: Cluster, s3: SeaweedFS, at_length: bool
) -> None:
    promises, stop = Promises(), threading.Event()
    settings = s3.settings(tmp_path.name)
    with serving(tmp_path / "house", database_url=forgetful.new_database(), settings=settings) as tierread:
        cast = tierread.cast()
        townships = [Township(tierread.dicom_port, cast.device, promises, stop, seed) for seed in range(SENDERS)]
        for township in townships:
            township.start()
        forgotten: list[int] = []
        try:
            listener = process_of(tierread, "scp")
            gets_on(promises)
            forgotten.append(database_forgets(forgetful, tierread, promises))
            gets_on(promises)
            wait_until(lambda: set(promises.digests) <= indexed(tierread) | newest(promises), what="a replay")
            still = process_of(tierread, "scp")  # which had no need to start again
            for victim in victims(at_length):
                gets_on(promises)
                threading.Event().wait(random.uniform(0, 0.5))
                if victim == "postgresql":
                    forgotten.append(database_forgets(forgetful, tierread, promises))
                elif victim == "seaweedfs":
                    s3.kill()
                    gets_on(promises)  # while it is away
                    s3.start()
                else:
                    os.kill(process_of(tierread, victim), signal.SIGKILL)
            gets_on(promises)
        finally:
            stop.set()
            for township in townships:
                township.join()
        wait_until(lambda: not unstored(tierread), 400, "all segments in the bucket")
        store = object_store_of(load(tierread.environ))
        nowhere = tmp_path / "no-spool"
        wait_until(lambda: not lost_of(tierread, promises, store, spool=nowhere), what="all that was acknowledged")

    print(f"{len(promises.digests)} acknowledged; of them a killed database had forgotten {forgotten}")
    assert still == listener
    assert set(promises.refused) <= {OUT_OF_RESOURCES}


def victims(at_length: bool) -> list[str]:
    """Each once, or a hundred at random."""
    all_of_them = [*OURS, "postgresql", "seaweedfs"]
    return random.choices(all_of_them, k=100) if at_length else random.sample(all_of_them, len(all_of_them))


def database_forgets(database: Cluster, tierread: TierRead, promises: Promises) -> int:
    """Kill it and start it again; how many rows it does not have any more that were acknowledged."""
    promised = set(promises.digests)
    database.kill()
    database.start_again()
    return len(promised - indexed(tierread))


def gets_on(promises: Promises) -> None:
    before = len(promises.digests)
    wait_until(lambda: len(promises.digests) >= before + 2 * SENDERS, what="senders that get on")


def newest(promises: Promises) -> set[str]:
    """What was acknowledged while the index was being asked."""
    return set(list(promises.digests)[-20:])


def process_of(tierread: TierRead, role: str) -> int:
    alive = tierread.data_dir / "run" / f"{role}.alive"
    return int(wait_until(lambda: alive.exists() and alive.read_text().strip(), what=f"{role} started again"))


def indexed(tierread: TierRead) -> set[str]:
    return set(_ask(tierread, sa.select(tables.instance.c.sop_instance_uid)))


def unstored(tierread: TierRead) -> list[str]:
    return _ask(tierread, sa.select(tables.segment.c.id).where(tables.segment.c.state.in_(("open", "sealed"))))


def _ask(tierread: TierRead, statement: sa.Select[tuple[str]]) -> list[str]:
    engine = connect(tierread.database_url)
    try:
        with snapshot(engine) as tx:
            return list(tx.execute(statement).scalars())
    except SQLAlchemyError:
        return ["not answered"]
    finally:
        engine.dispose()
