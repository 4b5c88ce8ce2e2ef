"""What a disk or a bucket changed is found by where it lies, and comes back from a copy that is whole."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

from storage import tables
from storage.database import snapshot, transaction
from storage.decisions import damage
from storage.index.queries import Entered, Index, Instance, instance_of
from storage.keeping.shipping import ship
from storage.nodes import other_nodes
from storage.nodes.lender import Lender
from storage.nodes.other_nodes import Holders
from storage.objects.store import FolderObjectStore
from storage.segments.inspection import Finding
from storage.segments.segment_rows import segment_key
from storage.segments.spool import Spool
from storage.upkeep import segment_queries
from storage.upkeep.repair import Checker, CheckOutcome
from tests.storage.instances import NOON, opened, provenance, row, store

LATER = NOON + timedelta(hours=1)
DATA = {number: bytes([number]) * (3000 + number) for number in (1, 2, 3)}


class Ward:
    """Three instances in one stored segment, its copy in the spool, and a second store."""

    def __init__(self, spool: Spool, index: Index, engine: Engine, folder: Path) -> None:
        self.spool, self.index, self.engine = spool, index, engine
        self.store = FolderObjectStore(folder / "objects", links=False)
        self.copy = FolderObjectStore(folder / "copy", links=False)
        self.folder = folder
        for number, data in DATA.items():
            store(spool, index, row(number), data)
        spool.close()
        self.id = self.instance(1).segment_id

    def ship(self) -> Path:
        """Stored; answers the object's file."""
        assert ship(self.engine, self.spool.directory, self.store, NOON) == 1
        return next((self.folder / "objects").rglob("*.tar"))

    @property
    def spool_file(self) -> Path:
        return next(self.spool.directory.glob("segments/*/*.tar"))

    def second_copy(self) -> Path:
        self.copy.put_file(segment_key(self.id), next((self.folder / "objects").rglob("*.tar")))
        with transaction(self.engine) as tx:
            tx.execute(sa.update(tables.segment).values(copied_at=NOON))
        return next((self.folder / "copy").rglob("*.tar"))

    def instance(self, number: int) -> Instance:
        with snapshot(self.engine) as tx:
            found = instance_of(tx, f"1.2.3.{number}")
        assert found is not None
        return found

    def check(self, *, repair: bool = False, copy: bool = False, lent: Holders | None = None) -> CheckOutcome:
        checker = Checker(self.engine, self.spool.directory, self.store, holders=lent, copy=self.copy if copy else None)
        with snapshot(self.engine) as tx:
            segment = segment_queries.after(tx, "", 1)[0]
        return checker.check(segment, LATER, tell=lambda _: None, repair=repair)

    def damaged(self) -> list[int]:
        return [number for number in DATA if self.instance(number).damaged]

    def questions(self) -> list[tuple[str | None, str | None]]:
        row = tables.quarantine.c
        with snapshot(self.engine) as tx:
            asked = tx.execute(sa.select(row.sop_instance_uid, row.settled_as).where(row.reason == "damaged"))
            return [(one.sop_instance_uid, one.settled_as) for one in asked.all()]


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[Ward]:
    with opened(database_url, tmp_path / "spool") as (spool, index, engine):
        yield Ward(spool, index, engine, tmp_path)


def flip(path: Path, offset: int) -> None:
    content = bytearray(path.read_bytes())
    content[offset] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)


def seen(checked: CheckOutcome) -> list[tuple[Finding, int, bool]]:
    return [(one.finding, one.offset, one.repaired) for one in checked.damages]


def test_what_is_whole_is_whole_everywhere(ward: Ward) -> None:
    sealed = ward.check()
    ward.ship()
    ward.second_copy()

    assert sealed == CheckOutcome(instances=3)
    assert ward.check(copy=True, repair=True) == CheckOutcome(instances=3)
    assert (ward.damaged(), ward.questions()) == ([], [])


def test_a_flipped_byte_is_named_and_a_person_is_asked_until_it_was_sent_again(ward: Ward) -> None:
    stored, two = ward.ship(), ward.instance(2)
    ward.spool_file.unlink()
    flip(stored, two.offset + two.size - 1)
    found = ward.check(repair=True)
    again = ward.check()
    asked, marked = ward.questions(), ward.damaged()
    entered = store(ward.spool, ward.index, row(2), DATA[2])
    other_place = ward.instance(2)

    assert seen(found) == seen(again) == [(Finding.CHANGED, two.offset, False)]
    assert (marked, asked) == ([2], [("1.2.3.2", None)])
    assert (entered, other_place.damaged, other_place.segment_id != two.segment_id) == (Entered.NEW, False, True)
    assert ward.questions() == [("1.2.3.2", "healed")]
    assert ward.check() == CheckOutcome(instances=2)  # nothing leads to the damaged bytes any more


def test_damage_is_repaired_from_the_second_copy_and_nobody_is_asked_any_more(ward: Ward) -> None:
    stored, one = ward.ship(), ward.instance(1)
    ward.second_copy()
    ward.spool_file.unlink()
    before = stored.read_bytes()
    flip(stored, one.offset + one.size - 1)
    ward.check(copy=True)
    marked, asked = ward.damaged(), ward.questions()
    repaired = ward.check(copy=True, repair=True)

    assert (marked, asked) == ([1], [("1.2.3.1", None)])
    assert seen(repaired) == [(Finding.CHANGED, one.offset, True)]
    assert (stored.read_bytes() == before, ward.damaged()) == (True, [])
    assert ward.questions() == [("1.2.3.1", "healed")]
    assert ward.check(copy=True) == CheckOutcome(instances=3)


def test_damage_is_repaired_from_the_spool_that_still_has_its_copy(ward: Ward) -> None:
    stored, three = ward.ship(), ward.instance(3)
    flip(stored, three.offset + 5)  # in the head of the file, which no row has the digest of
    repaired = ward.check(repair=True)

    assert seen(repaired) == [(Finding.CHANGED, three.offset, True)]
    assert stored.read_bytes() == ward.spool_file.read_bytes()
    assert ward.check() == CheckOutcome(instances=3)


def test_an_object_that_is_missing_is_put_again(ward: Ward) -> None:
    stored = ward.ship()
    stored.unlink()
    found, repaired = ward.check(), ward.check(repair=True)

    assert [(one.finding, one.instances, one.repaired) for one in found.damages] == [(Finding.MISSING, 3, False)]
    assert [(one.finding, one.repaired) for one in repaired.damages] == [(Finding.MISSING, True)]
    assert (stored.exists(), ward.damaged()) == (True, [])


def test_an_object_that_is_nowhere_marks_all_that_lay_in_it(ward: Ward) -> None:
    ward.ship().unlink()
    ward.spool_file.unlink()
    found = ward.check(repair=True)

    assert [(one.finding, one.instances, one.repaired) for one in found.damages] == [(Finding.MISSING, 3, False)]
    assert ward.damaged() == [1, 2, 3]


def test_a_damaged_copy_in_the_spool_goes_and_what_is_stored_stays(ward: Ward) -> None:
    stored, one = ward.ship(), ward.instance(1)
    flip(ward.spool_file, one.offset + one.size - 1)
    found, repaired, again = ward.check(), ward.check(repair=True), ward.check()

    assert [one.finding for one in found.damages] == [Finding.SPOOL_COPY]
    assert [one.repaired for one in repaired.damages] == [True]
    assert (again, stored.exists(), ward.damaged()) == (CheckOutcome(instances=3), True, [])
    assert list(ward.spool.directory.glob("segments/*/*.tar")) == []


def test_a_second_copy_that_is_damaged_is_made_again(ward: Ward) -> None:
    stored = ward.ship()
    copy = ward.second_copy()
    flip(copy, 9000)
    repaired = ward.check(copy=True, repair=True)
    copy.unlink()
    missing = ward.check(copy=True, repair=True)

    assert [one.finding for one in (*repaired.damages, *missing.damages)] == [Finding.SECOND_COPY] * 2
    assert copy.read_bytes() == stored.read_bytes()


def test_another_nodes_spool_gives_its_copy(ward: Ward, tmp_path: Path) -> None:
    stored, two = ward.ship(), ward.instance(2)
    flip(stored, two.offset + two.size - 1)
    shutil.move(ward.spool.directory, tmp_path / "there")
    key = b"k" * 32
    with closing(Lender(tmp_path / "there", key, "here", ("127.0.0.1", 0))) as lender:
        with transaction(ward.engine) as tx:
            other_nodes.announce(tx, "here", f"http://127.0.0.1:{lender.address[1]}", NOON)
        lent = Holders(ward.engine, key, lambda: datetime.now(UTC))
        repaired = ward.check(repair=True, lent=lent)

    assert seen(repaired) == [(Finding.CHANGED, two.offset, True)]
    assert ward.check() == CheckOutcome(instances=3)


def test_a_flipped_byte_is_found_wherever_it_is(ward: Ward) -> None:
    stored = ward.ship()
    ward.spool_file.unlink()
    unseen: list[int] = []
    for offset in range(0, stored.stat().st_size, 211):
        flip(stored, offset)
        if not ward.check().damages:
            unseen.append(offset)
        flip(stored, offset)

    assert unseen == []
    assert (ward.check(), ward.damaged()) == (CheckOutcome(instances=3), [])


def test_what_a_segment_says_of_itself_may_be_damaged_while_the_images_are_not(ward: Ward) -> None:
    stored = ward.ship()
    ward.spool_file.unlink()
    with stored.open("rb+") as file:
        file.truncate(stored.stat().st_size - 100)
    found = ward.check()

    assert [one.finding for one in found.damages] == [Finding.LABEL]
    assert ward.damaged() == []


def test_a_row_that_leads_astray_is_named(ward: Ward) -> None:
    ward.ship()
    with transaction(ward.engine) as tx:
        there = tables.instance.c.sop_instance_uid == "1.2.3.2"
        tx.execute(sa.update(tables.instance).where(there).values(size=tables.instance.c.size - 2))
    found = ward.check()

    assert Finding.CHANGED in {one.finding for one in found.damages}
    assert ward.damaged() == [2]


def test_instances_that_came_since_are_read_alone(ward: Ward) -> None:
    ward.ship()
    ward.spool_file.unlink()
    late = provenance(received_at=LATER)
    store(ward.spool, ward.index, row(4), b"late", late)
    reads: list[int] = []
    checker = Checker(ward.engine, ward.spool.directory, ward.store)
    with snapshot(ward.engine) as tx:
        segments = segment_queries.after(tx, "", 10)
    read = [checker.check(one, LATER, tell=reads.append, since=LATER).instances for one in segments]

    assert (read, reads) == ([0, 1], [len(b"late")])


class Asked(FolderObjectStore):
    """Notes what is asked of it."""

    asked: list[tuple[int, int]]

    def stream(self, key: str, offset: int, length: int, chunk: int = 1 << 20) -> Iterator[bytes]:
        self.asked.append((offset, length))
        return super().stream(key, offset, length, chunk)


def test_a_segment_is_read_in_one_go(ward: Ward, tmp_path: Path) -> None:
    size = ward.ship().stat().st_size
    ward.spool_file.unlink()
    ward.store = Asked(tmp_path / "objects")
    ward.store.asked = []
    ward.check()

    assert ward.store.asked.count((0, size)) == 1
    assert len(ward.store.asked) == 3  # and the footer and the table of contents before


class Ending(FolderObjectStore):
    """The segment is given up the moment before something is put, or after."""

    give_up: Callable[[], None]
    before: bool

    def put_file(self, key: str, path: Path) -> None:
        if self.before:
            self.give_up()
        super().put_file(key, path)
        if not self.before:
            self.give_up()


def given_up(ward: Ward) -> None:
    """As after an erasure."""
    with transaction(ward.engine) as tx:
        tx.execute(sa.delete(tables.instance))
        tx.execute(sa.update(tables.segment).values(state="gone"))


def test_what_was_given_up_since_it_was_listed_is_not_brought_back(ward: Ward) -> None:
    stored = ward.ship()
    ward.second_copy()
    with snapshot(ward.engine) as tx:
        (listed,) = segment_queries.after(tx, "", 1)
    given_up(ward)
    stored.unlink()
    checker = Checker(ward.engine, ward.spool.directory, ward.store, copy=ward.copy)
    checked = checker.check(listed, LATER, tell=lambda _: None, repair=True)

    assert (checked, stored.exists()) == (CheckOutcome(instances=0), False)


@pytest.mark.parametrize("before", [True, False])
def test_what_is_given_up_while_it_is_repaired_goes_again(ward: Ward, *, before: bool) -> None:
    stored = ward.ship()
    stored.unlink()
    ending = Ending(ward.folder / "objects", links=False)
    ending.before, ending.give_up = before, lambda: given_up(ward)
    ward.store = ending
    checked = ward.check(repair=True)

    assert (checked, stored.exists()) == (CheckOutcome(instances=0), False)


class Forgetful(FolderObjectStore):
    """Takes everything, and keeps other bytes."""

    def put_file(self, key: str, path: Path) -> None:
        super().put_file(key, path)
        flip(self._directory / key, 5000)


def test_a_repair_that_does_not_read_back_is_none_and_what_is_damaged_is_marked(ward: Ward) -> None:
    ward.ship().unlink()
    ward.store = Forgetful(ward.folder / "objects", links=False)
    checked = ward.check(repair=True)

    assert [(one.finding, one.repaired) for one in checked.damages] == [(Finding.CHANGED, False)]
    assert ward.damaged() == [1]


def test_what_is_moved_while_it_is_marked_is_asked_about_by_nobody(ward: Ward) -> None:
    two = ward.instance(2)
    with transaction(ward.engine) as tx:

        @event.listens_for(tx, "before_cursor_execute")
        def move(_tx: Connection, cursor: Any, statement: str, *_: object) -> None:
            if statement.startswith("UPDATE instance"):
                cursor.execute("UPDATE instance SET segment_id = 'elsewhere'")

        damage.mark(tx, two.sop_instance_uid, two.segment_id, two.offset, LATER)

    assert (ward.damaged(), ward.questions()) == ([], [])
