"""The worker reads everything again in rounds, at night and no faster than allowed, and repairs what it finds."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading.audit import Audit
from reading.patients.keys import keys_in
from reading.reports.seal import Seal
from service.installation.house import House
from service.installation.installation import Folders
from service.installation.nodes import trimming
from service.installation.settings import Settings
from service.processes.gauges import gauges
from service.steps.upkeep import Upkeep, due
from storage import tables
from storage.database import snapshot
from storage.index.queries import Index
from storage.keeping.shipping import ship
from storage.objects.block_cache import BlockCache
from storage.objects.store import FolderObjectStore, ObjectStore
from storage.segments.spool import Spool
from storage.upkeep import rounds
from storage.upkeep.rounds import Round, Task
from tests import engines
from tests.storage.instances import row, store

DAY = timedelta(days=1)
NIGHT = datetime(2026, 3, 2, 23, 0, tzinfo=UTC)
DATA = b"picture " * 4000


@dataclass
class Clock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Here:
    house: House
    clock: Clock
    spool: Spool
    index: Index
    folder: Path
    stop: threading.Event

    def store(self, number: int) -> None:
        """One stored segment more."""
        store(self.spool, self.index, row(number), DATA)
        self.spool.close()
        ship(self.house.engine, self.spool.directory, self.house.object_store, self.clock.now - DAY)

    def upkeep(self, **settings: float) -> Upkeep:
        given = {"verify_mib_per_second": 10_000.0, **settings}
        made = Settings(data_dir=self.folder, node="here", **given)  # type: ignore[arg-type]
        house = House(**(vars(self.house) | {"settings": made}))
        return Upkeep(house, self.stop)

    def round(self) -> Round:
        with snapshot(self.house.engine) as tx:
            return rounds.of(tx, Task.VERIFY)

    def questions(self) -> int:
        asked = sa.select(sa.func.count()).select_from(tables.quarantine)
        with snapshot(self.house.engine) as tx:
            return tx.scalar(asked.where(tables.quarantine.c.settled_at.is_(None))) or 0


@pytest.fixture
def here(engine: Engine, database_url: str, tmp_path: Path) -> Iterator[Here]:
    clock = Clock(NIGHT)
    house = House(
        settings=Settings(data_dir=tmp_path, node="here"),
        folders=Folders(data=tmp_path),
        clock=clock,
        engine=engine,
        keys=keys_in(tmp_path / "keys"),
        seal=Seal.from_folder(tmp_path / "keys"),
        audit=Audit("here/worker"),
        object_store=FolderObjectStore(tmp_path / "objects", links=False),
        copy_store=FolderObjectStore(tmp_path / "copy", links=False),
    )
    with engines.pointed(database_url) as other:
        spool, index = Spool(tmp_path / "spool", node="here", engine=engine), Index(other)
        yield Here(house=house, clock=clock, spool=spool, index=index, folder=tmp_path, stop=threading.Event())
        spool.close()
        index.close()


@pytest.mark.parametrize(
    ("started", "position", "behind", "age_days", "is_due"),
    [
        (False, "", 0.0, 0, True),  # the first of all
        (True, "A", 0.0, 0, True),
        (True, "A", 0.11, 0, False),  # tonight's tenth is read
        (True, "A", 0.11, 1, True),
        (True, "A", 0.99, 30, True),  # late
        (True, "Z", 1.0, 0, True),  # nothing is left but to say so
        (True, "", 0.0, 9, False),  # done early
        (True, "", 0.0, 10, True),
    ],
)
def test_a_nights_part_is_what_ends_a_round_in_time(
    *, started: bool, position: str, behind: float, age_days: int, is_due: bool
) -> None:
    so_far = Round(position=position, started_at=NIGHT if started else None, finished_at=None)

    assert due(so_far, behind, 10, NIGHT + age_days * DAY + timedelta(hours=1)) is is_due


def test_everything_is_read_within_its_days_a_part_each_night(here: Here) -> None:
    for number in range(1, 5):
        here.store(number)
    read: list[int] = []
    for _ in range(4):
        read.append(here.upkeep(verify_days=2.0).verify())  # another process each night
        here.clock.now += DAY
    ended = here.round().finished_at

    assert read == [2, 2, 2, 2]
    assert ended == NIGHT + 3 * DAY
    assert gauges(here.house)["tierread_round_end_seconds"][2]["verify"] == (NIGHT + 3 * DAY).timestamp()


def test_nothing_is_read_by_day_nor_where_it_is_switched_off(here: Here) -> None:
    here.store(1)
    off = here.upkeep(verify_days=0.0).verify()
    here.clock.now = NIGHT + timedelta(hours=9)
    by_day = here.upkeep(verify_days=1.0).verify()

    assert (off, by_day, here.round().started_at) == (0, 0, None)


def test_one_node_reads_at_a_time_and_another_goes_on_when_it_is_gone(here: Here) -> None:
    here.store(1)
    with here.house.engine.begin() as tx:
        held = rounds.claim(tx, Task.VERIFY, "there", NIGHT, timedelta(hours=2))
    meanwhile = here.upkeep(verify_days=1.0).verify()
    here.clock.now += timedelta(hours=3)
    after = here.upkeep(verify_days=1.0).verify()

    assert (held is not None, meanwhile, after) == (True, 0, 1)


def test_it_reads_no_faster_than_it_may_and_ends_when_it_is_told(here: Here) -> None:
    here.store(1)
    began = time.monotonic()
    threading.Timer(0.5, here.stop.set).start()
    read = here.upkeep(verify_days=1.0, verify_mib_per_second=0.001).verify()
    took = time.monotonic() - began

    assert (read, here.round().position) == (0, "")
    assert took > 0.4  # by what it may read, it would take longer than the test


def test_damage_is_repaired_from_the_copy_or_a_person_is_asked(here: Here) -> None:
    here.store(1)
    upkeep = here.upkeep(verify_days=1.0)
    copied = upkeep.copy(), upkeep.copy_decisions()
    for path in here.spool.directory.rglob("*.tar"):
        path.unlink()
    (stored,) = (here.folder / "objects").rglob("*.tar")
    whole = stored.read_bytes()
    damaged = bytearray(whole)
    damaged[10_000] ^= 1
    stored.write_bytes(damaged)
    upkeep.verify()
    repaired, asked_then = stored.read_bytes(), here.questions()
    stored.write_bytes(damaged)
    for path in (here.folder / "copy").rglob("*.tar"):
        path.unlink()
    here.clock.now += 2 * DAY
    here.upkeep(verify_days=1.0).verify()

    assert (copied, repaired == whole, asked_then) == ((1, 0), True, 0)
    assert (stored.read_bytes() == damaged, here.questions()) == (True, 1)


def test_no_cache_serves_damage_that_was_repaired(here: Here) -> None:
    here.store(1)
    here.upkeep().copy()
    for path in here.spool.directory.rglob("*.tar"):
        path.unlink()
    (stored,) = (here.folder / "objects").rglob("*.tar")
    key, whole = str(stored.relative_to(here.folder / "objects")), stored.read_bytes()
    caches = [
        BlockCache(Ranges(here.house.object_store), here.folder / name, max_bytes=1 << 30, keep_free_bytes=0)
        for name in ("cache", "cache-of-another-node")
    ]
    (here.folder / "run").mkdir()
    trim = trimming(replace(here.house, cache=caches[1]))
    trim()
    damaged = bytearray(whole)
    damaged[10_000] ^= 1
    stored.write_bytes(damaged)
    for one in caches:
        assert b"".join(one.stream(key, 0, len(whole))) == damaged
    here.house = replace(here.house, cache=caches[0])
    here.upkeep(verify_days=1.0).verify()
    at_once = b"".join(caches[0].stream(key, 0, len(whole)))
    trim()
    there = b"".join(caches[1].stream(key, 0, len(whole)))

    assert (stored.read_bytes() == whole, at_once == whole, there == whole) == (True, True, True)
    assert list((here.folder / "cache" / key).iterdir()) != []  # and is cached again


class Ranges:
    """A folder behind a cache."""

    def __init__(self, store_: ObjectStore) -> None:
        self._store = store_

    def up_to(self, key: str, offset: int, length: int) -> bytes:
        return self._store.open_range(key, offset, min(length, self._store.size(key) - offset))


def test_once_a_week_what_is_certainly_needed_by_nobody_goes(here: Here) -> None:
    here.store(1)
    (copy,) = here.spool.directory.rglob("*.tar")
    stray = here.spool.directory / "quarantine" / "20260101" / "01KSTRAY"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"a person decides")
    os.utime(stray, (0, 0))
    (here.folder / "run").mkdir()
    here.clock.now += 3 * DAY
    first = here.upkeep().sweep()
    copy.write_bytes(b"again")
    next_day = here.upkeep().sweep()
    here.clock.now += 7 * DAY
    next_week = here.upkeep().sweep()
    with snapshot(here.house.engine) as tx:
        swept_at = rounds.of(tx, Task.SWEEP).finished_at

    assert (first, next_day, next_week >= 1) == (1, 0, True)
    assert (stray.exists(), swept_at) == (True, here.clock.now)
