"""The worker compacts a study some hours after it was read, once, and is in nobody's way."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from pydicom.dataset import Dataset
from sqlalchemy.engine import Engine

from pacs.arriving.receive import Sender
from pacs.pixels.frames import HTJ2K_RPCL
from reading.audit import Audit
from reading.cases.moves import State
from reading.kinds import Level
from reading.patients.keys import keys_in
from reading.register import organisations
from reading.reports.seal import Seal
from reading.tables import case
from service.installation.house import House
from service.installation.installation import Folders
from service.installation.settings import Settings
from service.steps import compact, steps
from service.steps.compact import MOST_BYTES, MOST_INSTANCES, SMALL_BYTES, Pause, Stopped, groups, tidy_step, worth_it
from storage import tables
from storage.database import snapshot, transaction
from storage.index import queries
from storage.index.queries import Instance
from storage.nodes.reader import Bytes
from storage.objects.store import FolderObjectStore
from storage.rewriting.candidates import Stored
from tests.archive import Archive
from tests.archive import archive as make_archive
from tests.builders import image, thing
from tests.compacted import stored

STUDY = "1.2.840.1"


@dataclass
class Clock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now


@dataclass(kw_only=True)
class Here:
    house: House
    archive: Archive
    clock: Clock
    sender: Sender
    stop: threading.Event

    def arrive(self, number: int, study_uid: str = STUDY) -> str:
        """An image of a study that has its case, and is described and stored."""
        y, x = np.mgrid[0:64, 0:64]
        shown: Dataset = image(rows=64, columns=64, PixelData=((x + y + number) * 8).astype("<u2").tobytes())
        shown.StudyInstanceUID, shown.SeriesInstanceUID = study_uid, f"{study_uid}.1"
        uid = self.archive.take(thing(shown), self.sender).sop_instance_uid
        stored(self.archive)
        steps._intake(self.house)()
        return uid

    def read(self, state: State = State.FINAL) -> None:
        with transaction(self.house.engine) as tx:
            tx.execute(sa.update(case).values(state=state, arriving=False))

    def later(self, hours: float) -> int:
        self.clock.now += timedelta(hours=hours)
        return compact.compact_step(self.house, self.stop)()

    def instance(self, uid: str) -> Instance:
        with snapshot(self.house.engine) as tx:
            found = queries.instance_of(tx, uid)
        assert found is not None
        return found

    def waiting(self) -> int:
        segment = tables.segment.c
        with snapshot(self.house.engine) as tx:
            return tx.scalar(sa.select(sa.func.count()).where(segment.compact_at.is_not(None))) or 0

    def states(self) -> list[str]:
        return sorted(row["state"] for row in self.archive.rows(tables.segment))


@pytest.fixture
def here(engine: Engine, database_url: str, tmp_path: Path) -> Iterator[Here]:
    clock = Clock(datetime.now(UTC))
    house = House(
        settings=Settings(data_dir=tmp_path, node="node"),
        folders=Folders(data=tmp_path),
        clock=clock,
        engine=engine,
        keys=keys_in(tmp_path / "keys"),
        seal=Seal.from_folder(tmp_path / "keys"),
        audit=Audit("test/worker"),
        object_store=FolderObjectStore(tmp_path / "objects"),
    )
    with transaction(engine) as tx:
        site = organisations.add(tx, code="TOWN", name="卫生院", level=Level.TOWNSHIP, now=clock.now)
    with make_archive(engine, database_url, tmp_path) as archive:
        sender = Sender(device_id="01D0000000000000000000000D", site_id=site.id, issuer="TOWNSHIP")
        yield Here(house=house, archive=archive, clock=clock, sender=sender, stop=threading.Event())


def test_a_study_is_compacted_hours_after_it_was_read_and_not_looked_at_again(here: Here) -> None:
    uids = [here.arrive(1), here.arrive(2)]
    unread = here.later(12)
    here.read()
    read = here.later(12)
    again = here.later(12)
    bytes_ = Bytes(here.house.folders.spool, here.house.object_store, here.house.engine)

    assert (unread, read, again) == (0, 1, 0)
    assert {here.instance(uid).transfer_syntax_uid for uid in uids} == {HTJ2K_RPCL}
    assert len({here.instance(uid).segment_id for uid in uids}) == 1
    assert here.waiting() == 0
    assert here.states() == ["retired", "retired", "stored"]
    for uid in uids:
        assert bytes_.read(here.instance(uid), 0, 1) == b"\0"


def test_it_waits_until_hours_have_gone_by_without_anything_new(here: Here) -> None:
    here.arrive(1)
    here.read()
    done = [here.later(5), here.later(2)]

    assert done == [0, 1]


@pytest.mark.parametrize(
    "state", [State.WAITING_READ, State.READING, State.WAITING_REVIEW, State.RETURNED, State.DISPUTED, State.WITHHELD]
)
def test_an_open_case_keeps_its_images_as_they_came(state: State, here: Here) -> None:
    here.arrive(1)
    here.read(state)

    assert (here.later(48), here.waiting()) == (0, 1)


def test_what_comes_afterwards_is_taken_into_one_segment_with_the_small_one_from_before(here: Here) -> None:
    first = here.arrive(1)
    here.read()
    here.later(12)
    second = here.arrive(2)
    here.read()
    done = here.later(12)

    assert done == 1
    assert here.instance(first).segment_id == here.instance(second).segment_id


def test_what_was_replaced_is_deleted_a_day_later(here: Here) -> None:
    here.arrive(1)
    here.read()
    here.later(12)
    at_once = tidy_step(here.house)()
    here.clock.now += timedelta(days=2)
    later = tidy_step(here.house)()

    assert (at_once, later, here.states()) == (0, 1, ["gone", "stored"])


def test_nothing_is_compacted_where_the_setting_says_never(here: Here) -> None:
    uid = here.arrive(1)
    here.read()
    house = replace(here.house, settings=replace(here.house.settings, compact_after_hours=0))
    here.clock.now += timedelta(days=3)
    done = compact.compact_step(house, here.stop)()

    assert (done, here.instance(uid).recoded) == (0, False)


def test_a_damaged_segment_is_left_for_verify_and_keeps_no_other_waiting(here: Here) -> None:
    broken, sound = here.arrive(1, "1.2.840.2"), here.arrive(2, "1.2.840.3")
    here.read()
    path = here.house.folders.data / "objects" / f"segments/{here.clock.now:%Y%m%d}"
    (segment,) = path.glob(f"{here.instance(broken).segment_id}.tar")
    stored_bytes = bytearray(segment.read_bytes())
    stored_bytes[here.instance(broken).offset + 600] ^= 1
    segment.write_bytes(stored_bytes)
    done = here.later(12)

    assert done == 1
    assert [here.instance(uid).recoded for uid in (broken, sound)] == [False, True]


def test_a_worker_that_is_told_to_stop_gives_up_what_it_has_begun(here: Here) -> None:
    uid = here.arrive(1)
    here.read()
    here.stop.set()
    stopped = here.later(12)
    here.stop.clear()
    afterwards = here.later(0)

    assert (stopped, afterwards) == (0, 1)
    assert here.instance(uid).recoded
    assert here.states() == ["retired", "stored"]


def test_it_rests_while_the_node_receives(here: Here) -> None:
    stop = Waited()
    pause = Pause(here.house, stop)
    pause.begin()
    time.sleep(0.05)
    pause()
    with here.archive.spool.borrow("1.2.3"):
        receiving = Pause(here.house, stop)
        receiving.begin()
        time.sleep(0.05)
        receiving()
        stop.set()
        with pytest.raises(Stopped):
            receiving()

    free, rested, _ = stop.seconds
    assert free == 0
    assert rested >= 3 * 0.05


class Waited(threading.Event):
    """Keeps how long it was to be waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.seconds.append(timeout or 0)
        return super().wait(timeout)


def of(number: int, size: int, *, fresh: bool = True, instances: int = 1, native: int = 1) -> Stored:
    return Stored(id=str(number), size=size, fresh=fresh, instances=instances, native=native)


def test_segments_become_one_up_to_a_size_and_large_ones_from_before_are_left_alone() -> None:
    new = [of(1, MOST_BYTES // 2), of(2, MOST_BYTES // 2), of(3, 1)]
    old = [of(4, SMALL_BYTES + 1, fresh=False), of(5, 10, fresh=False), of(6, 10)]
    many = [of(7, 1, instances=MOST_INSTANCES), of(8, 1)]

    assert [[one.id for one in group] for group in groups(new)] == [["1", "2"], ["3"]]
    assert [[one.id for one in group] for group in groups(old)] == [["5", "6"]]
    assert [[one.id for one in group] for group in groups(many)] == [["7"], ["8"]]
    assert groups([of(1, 10, fresh=False)]) == []


def test_a_segment_alone_is_only_looked_at_for_what_may_become_smaller() -> None:
    assert worth_it([of(1, 10)])
    assert worth_it([of(1, 10, native=0), of(2, 10, native=0)])
    assert not worth_it([of(1, 10, native=0)])
