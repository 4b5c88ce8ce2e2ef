"""Stored segments are rewritten: all rows lead to the new bytes at once or none does, and nobody misses the old."""

from __future__ import annotations

import hashlib
import os
import shutil
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

from storage import tables
from storage.database import connect, snapshot, transaction
from storage.decisions import damage, erasure, quarantine
from storage.errors import Overtaken
from storage.index import quarantine_rows, queries
from storage.index.queries import Entered, Held, Index, Instance, instance_of
from storage.keeping import second_copy
from storage.keeping.shipping import StoredBadly, ship
from storage.nodes.reader import Bytes
from storage.objects.store import FolderObjectStore, ObjectStore, StoreAway, StoreRefuses
from storage.rebuild.dead_writers import recover
from storage.rewriting import old_segments
from storage.rewriting.rewrite import Damaged, Local, Recoded, Rewritten, Unfit, Work, alone, rewrite
from storage.segments import members
from storage.segments.members import Manifest
from storage.segments.segment_rows import segment_key
from storage.segments.spool import Spool
from tests.seaweedfs import SeaweedFS
from tests.storage.instances import HEAD, NOON, OTHER_TOWNSHIP, compared, opened, provenance, row, store, write
from tests.storage.objects.test_store import bucket

SMALL = "1.2.840.10008.1.2.4.202"
SMALL_HEAD = HEAD + b", small"
LATER = NOON + timedelta(days=2)


@contextmanager
def small(local: Local, instance: Instance) -> Generator[Recoded | None]:
    """The data set compressed, as though that were a transfer syntax; one that is small already stays."""
    plain = local.read(instance, instance.dataset_offset, instance.size - instance.dataset_offset)
    if instance.transfer_syntax_uid == SMALL:
        yield None
        return
    coded = SMALL_HEAD + zlib.compress(plain)
    yield Recoded(
        chunks=lambda: [coded[:5], coded[5:]],
        size=len(coded),
        head_size=len(SMALL_HEAD),
        transfer_syntax_uid=SMALL,
        frame_ranges=((len(SMALL_HEAD), 7),),
        pixel_digest=hashlib.sha256(plain).digest(),
        description=zlib.compress(b'{"00080005":{"vr":"CS"}}'),
    )


class Yard:
    """A node with two stored segments of a study: instances 1 and 2, then 3, each described."""

    def __init__(self, spool: Spool, index_: Index, engine: Engine, folder: Path) -> None:
        self.spool, self.index, self.engine = spool, index_, engine
        self.folder = folder
        self.now = NOON
        self.keep_in(FolderObjectStore(folder))

    def keep_in(self, store_: ObjectStore) -> None:
        self.store = store_
        self.bytes = Bytes(self.spool.directory, store_, self.engine)
        self.work = Work(
            engine=self.engine, spool_dir=self.spool.directory, store=store_, node="here", clock=lambda: self.now
        )

    def arrive(self, *numbers: int) -> None:
        for number in numbers:
            store(self.spool, self.index, row(number), data(number))
            self.describe(number)
        self.seal()

    def describe(self, number: int) -> None:
        with transaction(self.engine) as tx:
            queries.describe(
                tx, f"1.2.3.{number}", description=zlib.compress(b"{}"), frame_ranges=None, pixel_digest=None
            )

    def seal(self) -> None:
        self.spool.close()
        ship(self.engine, self.spool.directory, self.store, self.now)

    def segments(self, state: str = "stored") -> list[str]:
        asked = sa.select(tables.segment.c.id).where(tables.segment.c.state == state).order_by(tables.segment.c.id)
        with snapshot(self.engine) as tx:
            return list(tx.execute(asked).scalars())

    def instance(self, number: int = 1) -> Instance:
        with snapshot(self.engine) as tx:
            found = instance_of(tx, f"1.2.3.{number}")
        assert found is not None
        return found

    def read(self, number: int = 1) -> bytes:
        one = self.instance(number)
        return self.bytes.read(one, one.dataset_offset, one.size - one.dataset_offset)

    def plain(self, number: int = 1) -> bytes:
        stored = self.read(number)
        return zlib.decompress(stored) if self.instance(number).transfer_syntax_uid == SMALL else stored

    def rewrite(self, **how: Any) -> Rewritten:
        return rewrite(self.work, "1.2.3", self.segments(), **how)

    def manifest(self, segment_id: str) -> Manifest:
        stored = (self.folder / segment_key(segment_id)).read_bytes()
        footer = members.read_footer(stored[-members.TAIL_BYTES :], segment_id)
        assert footer is not None
        assert footer.rewritten
        return members.parse_manifest(stored[footer.manifest_offset :][: footer.manifest_size], segment_id)

    def objects(self) -> set[str]:
        return {key.rpartition("/")[2].partition(".")[0] for key in self.store.keys("segments/")}

    def held(self) -> list[Held]:
        with transaction(self.engine) as tx:
            compared(tx)
            return quarantine_rows.find(tx, sa.true(), limit=10)


def data(number: int) -> bytes:
    return f"body {number} ".encode() * 500


@pytest.fixture
def yard(database_url: str, tmp_path: Path) -> Iterator[Yard]:
    with opened(database_url, tmp_path / "spool") as (spool, index_, engine):
        made = Yard(spool, index_, engine, tmp_path / "objects")
        made.arrive(1, 2)
        made.arrive(3)
        shutil.rmtree(spool.directory / "segments")
        yield made


def test_a_bucket_holds_what_was_rewritten_and_gives_up_what_was_replaced(
    sqlite_template: Path, s3: SeaweedFS, tmp_path: Path
) -> None:
    shutil.copy(sqlite_template, tmp_path / "tierread.db")
    with opened(f"sqlite:///{tmp_path / 'tierread.db'}", tmp_path / "spool") as (spool, index_, engine):
        made = Yard(spool, index_, engine, tmp_path / "objects")
        made.keep_in(bucket(s3, tmp_path.name))
        made.arrive(1, 2)
        made.arrive(3)
        shutil.rmtree(spool.directory / "segments")
        done = made.rewrite(recode=small)
        old_segments.remove_retired(engine, made.store, LATER)

        assert made.objects() == {done.segment_id}
        assert [made.plain(number) for number in (1, 2, 3)] == [data(number) for number in (1, 2, 3)]


def test_two_segments_become_one_in_another_form(yard: Yard) -> None:
    before = [yard.instance(number) for number in (1, 2, 3)]
    old = yard.segments()
    done = yard.rewrite(recode=small)
    after = [yard.instance(number) for number in (1, 2, 3)]

    assert (done.instances, done.recoded, done.erased) == (3, 3, 0)
    assert (yard.segments(), yard.segments("retired")) == ([done.segment_id], old)
    assert [yard.plain(number) for number in (1, 2, 3)] == [data(number) for number in (1, 2, 3)]
    assert {one.segment_id for one in after} == {done.segment_id}
    assert {one.transfer_syntax_uid for one in after} == {SMALL}
    assert [one.received_digest for one in after] == [one.received_digest for one in before]
    assert {one.received_transfer_syntax_uid for one in after} == {"1.2.840.10008.1.2.1"}
    assert [one.stored_digest for one in after] == [hashlib.sha256(yard.read(number)).digest() for number in (1, 2, 3)]
    assert {one.frame_ranges for one in after} == {((len(SMALL_HEAD), 7),)}
    assert {one.description for one in after} == {zlib.compress(b'{"00080005":{"vr":"CS"}}')}


def test_the_new_segment_tells_all_that_a_rebuild_asks(yard: Yard) -> None:
    before = {number: yard.instance(number) for number in (1, 2, 3)}
    old = yard.segments()
    done = yard.rewrite(recode=small)
    assert done.segment_id is not None
    told = yard.manifest(done.segment_id)

    assert told.replaces == tuple(old)
    for number, entry in enumerate(told.entries, 1):
        assert entry.earlier == ((before[number].segment_id, before[number].offset),)
        assert entry.row.received_as == (before[number].received_digest, "1.2.840.10008.1.2.1")
        assert entry.row.stored_as == (yard.instance(number).stored_digest, SMALL)
        assert (entry.place.segment_id, entry.place.offset) == (done.segment_id, yard.instance(number).offset)
        assert entry.description == yard.instance(number).description
        assert entry.provenance.received_at == before[number].received_at


def test_what_is_rewritten_twice_knows_every_place_and_stays_as_it_is(yard: Yard) -> None:
    first = yard.rewrite(recode=small)
    after_first = {number: (yard.instance(number), yard.read(number)) for number in (1, 2, 3)}
    yard.arrive(4)
    second = yard.rewrite(recode=small)
    assert second.segment_id is not None
    earlier = [len(entry.earlier) for entry in yard.manifest(second.segment_id).entries]

    assert (first.recoded, second.recoded, second.instances) == (3, 1, 4)
    assert earlier == [2, 2, 2, 1]
    for number, (one, stored) in after_first.items():
        assert yard.read(number) == stored
        assert yard.instance(number).received_digest == one.received_digest
        assert yard.instance(number).stored_digest == one.stored_digest


def test_a_reader_in_the_middle_of_a_request_goes_on_reading_the_old_bytes(yard: Yard) -> None:
    before = yard.instance()
    begun = yard.bytes.stream(before)
    first = next(begun)
    yard.rewrite(recode=small)
    old_segments.remove_retired(yard.engine, yard.store, yard.now + timedelta(hours=23))

    assert first + b"".join(begun) == HEAD + data(1)
    assert yard.bytes.read(before, len(HEAD), before.size - len(HEAD)) == data(1)


def test_the_old_objects_go_after_the_grace_and_their_rows_say_so(yard: Yard) -> None:
    old = set(yard.segments())
    done = yard.rewrite(recode=small)
    nothing = old_segments.remove_retired(yard.engine, yard.store, yard.now)
    before = yard.objects()
    removed = old_segments.remove_retired(yard.engine, yard.store, LATER)

    assert (nothing, before) == (0, old | {done.segment_id})
    assert (removed, yard.objects(), set(yard.segments("gone"))) == (2, {done.segment_id}, old)
    assert yard.plain() == data(1)


def test_copies_in_the_spool_go_with_what_was_replaced_and_recovery_enters_nothing_again(yard: Yard) -> None:
    yard.arrive(4)
    yard.rewrite(recode=small)
    old_segments.remove_retired(yard.engine, yard.store, LATER)
    again = recover(yard.spool, yard.index)
    copies = list(yard.spool.directory.glob("segments/*/*.tar"))
    ship(yard.engine, yard.spool.directory, yard.store, LATER)

    assert (again.members, len(copies)) == (0, 1)
    assert list(yard.spool.directory.glob("segments/*/*.tar")) == []
    assert yard.plain(4) == data(4)


def test_the_same_instance_again_is_the_same_as_it_came_and_as_it_is_stored(yard: Yard) -> None:
    yard.rewrite(recode=small)
    as_it_came = store(yard.spool, yard.index, row(1), data(1), provenance(site_id=OTHER_TOWNSHIP))
    as_stored = store(yard.spool, yard.index, row(1, transfer_syntax_uid=SMALL), yard.read(1))
    other = store(yard.spool, yard.index, row(1), b"other content")

    assert (as_it_came, as_stored, other) == (Entered.SAME, Entered.SAME, Entered.HELD)


def test_the_last_good_bytes_of_a_damaged_image_are_kept_though_no_row_leads_there(yard: Yard) -> None:
    write(yard.spool, row(1), data(1))  # sent again, flushed, and then the process died
    yard.arrive(4)
    lost, fourth = yard.instance(), yard.instance(4)
    with transaction(yard.engine) as tx:
        damage.mark(tx, lost.sop_instance_uid, lost.segment_id, lost.offset, NOON)
    done = rewrite(yard.work, "1.2.3", [fourth.segment_id], recode=small)

    assert done.segment_id is not None
    kept = {one.row.sop_instance_uid for one in yard.manifest(done.segment_id).entries}
    assert kept == {"1.2.3.1", "1.2.3.4"}


def test_what_the_disk_lost_is_healed_by_either_form_and_what_came_is_kept_for_ever(yard: Yard) -> None:
    yard.rewrite(recode=small)
    before, stored = yard.instance(), yard.read()
    with transaction(yard.engine) as tx:
        damage.mark(tx, before.sop_instance_uid, before.segment_id, before.offset, NOON)
    store(yard.spool, yard.index, row(1, transfer_syntax_uid=SMALL), stored)
    healed = yard.instance()

    assert (healed.damaged, yard.plain()) == (False, data(1))
    assert healed.segment_id != before.segment_id
    assert (healed.received_digest, healed.stored_digest) == (before.received_digest, before.stored_digest)
    assert healed.received_transfer_syntax_uid == before.received_transfer_syntax_uid


def test_what_waits_in_quarantine_is_carried_over_byte_for_byte_and_can_be_decided(yard: Yard) -> None:
    store(yard.spool, yard.index, row(1), b"other content")
    yard.seal()
    (newcomer,) = yard.held()
    done = yard.rewrite(recode=small)
    (moved,) = yard.held()
    with pytest.raises(Overtaken), transaction(yard.engine) as tx:
        quarantine.show_instead(tx, newcomer, NOON)  # looked at before its bytes went elsewhere
    with transaction(yard.engine) as tx:
        earlier = quarantine.show_instead(tx, moved, NOON)
    shown = yard.read()
    with transaction(yard.engine) as tx:
        quarantine.show_again(tx, moved, earlier, NOON)

    assert (done.instances, done.recoded) == (3, 3)
    assert (newcomer.segment_id, moved.segment_id) != (moved.segment_id, newcomer.segment_id)
    assert moved.segment_id == done.segment_id
    assert (shown, yard.plain()) == (b"other content", data(1))
    assert yard.instance().received_digest == hashlib.sha256(data(1)).digest()


def test_what_a_decision_leads_to_stays_in_its_form_and_the_decision_can_be_taken_back(yard: Yard) -> None:
    store(yard.spool, yard.index, row(1), b"other content")
    yard.seal()
    with transaction(yard.engine) as tx:
        (newcomer,) = compared(tx)
        earlier = quarantine.show_instead(tx, newcomer, NOON)
    yard.describe(1)
    done = yard.rewrite(recode=small)
    with snapshot(yard.engine) as tx:
        moved = quarantine_rows.by_id(tx, newcomer.id)
    assert moved is not None
    with transaction(yard.engine) as tx:
        quarantine.show_again(tx, moved, earlier, NOON)

    assert (done.instances, done.recoded) == (3, 2)
    assert yard.read() == data(1)


def test_a_member_that_no_row_leads_to_is_carried_over_unless_it_is_known_already(yard: Yard) -> None:
    for _ in range(2):  # one question is asked once; the second's bytes are in the segment without a row
        store(yard.spool, yard.index, row(1), b"other content")
    yard.seal()
    with transaction(yard.engine) as tx:
        tx.execute(sa.delete(tables.instance).where(tables.instance.c.sop_instance_uid == "1.2.3.2"))
    done = yard.rewrite()
    assert done.segment_id is not None
    uids = [entry.row.sop_instance_uid for entry in yard.manifest(done.segment_id).entries]

    assert uids == ["1.2.3.1", "1.2.3.2", "1.2.3.3", "1.2.3.1"]


class Meanwhile(FolderObjectStore):
    """A store during whose put something else happens."""

    def __init__(self, directory: Path, what: Callable[[], None]) -> None:
        super().__init__(directory)
        self._what = what

    def put_file(self, key: str, path: Path) -> None:
        super().put_file(key, path)
        self._what()


def during(yard: Yard, what: Callable[[Connection], object]) -> Work:
    def happens() -> None:
        with transaction(yard.engine) as tx:
            what(tx)

    return Work(
        engine=yard.engine,
        spool_dir=yard.spool.directory,
        store=Meanwhile(yard.folder, happens),
        node="here",
        clock=lambda: yard.now,
    )


def test_whoever_points_a_row_elsewhere_meanwhile_wins_and_it_is_tried_again(yard: Yard) -> None:
    store(yard.spool, yard.index, row(1), b"other content")
    yard.seal()
    old = yard.segments()

    def decide(tx: Connection) -> None:
        (newcomer,) = compared(tx)
        quarantine.show_instead(tx, newcomer, NOON)

    with pytest.raises(Overtaken):
        rewrite(during(yard, decide), "1.2.3", old, recode=small)
    states = (yard.segments(), yard.segments("writing"))
    shown = yard.read()
    old_segments.remove_retired(yard.engine, yard.store, yard.now)
    yard.describe(1)
    again = yard.rewrite(recode=small)

    assert states == (old, [])
    assert (shown, yard.read()) == (b"other content", b"other content")
    assert again.segment_id is not None
    assert yard.objects() == {*old, again.segment_id}


def test_of_two_who_rewrite_the_same_one_wins_and_the_other_leaves_nothing(yard: Yard) -> None:
    old = yard.segments()
    won: list[Rewritten] = []

    def rival() -> None:
        won.append(rewrite(yard.work, "1.2.3", old, recode=small))

    slow = Work(
        engine=yard.engine,
        spool_dir=yard.spool.directory,
        store=Meanwhile(yard.folder, rival),
        node="there",
        clock=lambda: yard.now,
    )
    with pytest.raises(Overtaken):
        rewrite(slow, "1.2.3", old, recode=small)
    old_segments.remove_retired(yard.engine, yard.store, LATER)

    assert yard.objects() == {won[0].segment_id}
    assert [yard.plain(number) for number in (1, 2, 3)] == [data(number) for number in (1, 2, 3)]


class Stops(FolderObjectStore):
    """A store whose ``at``-th step is the last thing that happens; a put is two, before and after its work."""

    def __init__(self, directory: Path, at: int) -> None:
        super().__init__(directory)
        self._left = at

    def put_file(self, key: str, path: Path) -> None:
        self._step()
        super().put_file(key, path)
        self._step()

    def size(self, key: str) -> int:
        self._step()
        return super().size(key)

    def stream(self, key: str, offset: int, length: int, chunk: int = 1 << 20) -> Iterator[bytes]:
        self._step()
        return super().stream(key, offset, length, chunk)

    def _step(self) -> None:
        self._left -= 1
        if self._left == 0:
            raise StoreAway


def test_a_store_that_stops_at_any_step_leaves_the_old_bytes_or_the_new_ones(yard: Yard) -> None:
    old = yard.segments()
    outcomes: list[str] = []
    for at in range(1, 60):
        stopped = Work(
            engine=yard.engine,
            spool_dir=yard.spool.directory,
            store=Stops(yard.folder, at),
            node="here",
            clock=lambda: yard.now,
        )
        try:
            rewrite(stopped, "1.2.3", old, recode=small)
        except StoreAway:
            outcomes.append("away")
            assert [yard.read(number) for number in (1, 2, 3)] == [data(number) for number in (1, 2, 3)]
            assert (yard.segments(), list(yard.spool.directory.glob("rewriting/*"))) == (old, [])
        else:
            outcomes.append("done")
            break
    given_up = old_segments.tidy(yard.engine, yard.spool.directory, "here", yard.now)
    old_segments.remove_retired(yard.engine, yard.store, yard.now)

    assert outcomes[-1] == "done"
    assert len(outcomes) > 15
    assert given_up > 5
    assert yard.objects() == {*old, *yard.segments()}
    assert [yard.plain(number) for number in (1, 2, 3)] == [data(number) for number in (1, 2, 3)]


class Dies(Stops):
    """A store at whose ``at``-th step the process is gone, as after kill -9."""

    def _step(self) -> None:
        self._left -= 1
        if self._left == 0:
            os._exit(9)


@pytest.mark.parametrize("at", [1, 5, 9, 13, 14, 15, 17, 19, 20])
def test_a_process_that_is_killed_leaves_nothing_that_is_not_found(at: int, yard: Yard, database_url: str) -> None:
    old = yard.segments()
    yard.engine.dispose()  # a connection does not live in two processes
    child = os.fork()
    if child == 0:
        try:
            ours = connect(database_url)
            store_ = Dies(yard.folder, at)
            work = Work(engine=ours, spool_dir=yard.spool.directory, store=store_, node="here", clock=lambda: NOON)
            rewrite(work, "1.2.3", old, recode=small)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    died = os.waitstatus_to_exitcode(status) == 9
    left = (len(yard.segments("writing")), len(list(yard.spool.directory.glob("rewriting/*.tar"))))
    readable = [yard.plain(number) for number in (1, 2, 3)]
    given_up = old_segments.tidy(yard.engine, yard.spool.directory, "here", yard.now)
    old_segments.remove_retired(yard.engine, yard.store, yard.now)

    assert readable == [data(number) for number in (1, 2, 3)]
    assert given_up == left[0]
    assert left[1] == (died and at > 6)  # the manifests are read before there is a draft
    assert list(yard.spool.directory.glob("rewriting/*.tar")) == []
    assert yard.objects() == {*old, *yard.segments()}
    assert (yard.segments() == old) == died


def test_a_database_that_stops_at_any_statement_leaves_the_old_bytes_or_the_new_ones(yard: Yard) -> None:
    class Stopped(Exception):
        pass

    old = yard.segments()
    left = [0]

    def count(*_: object) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Stopped

    stops = 0
    event.listen(yard.engine, "before_cursor_execute", count)
    for at in range(1, 60):
        left[0] = at
        try:
            yard.rewrite(recode=small)
        except Stopped:
            stops += 1
            left[0] = 0
            assert [yard.read(number) for number in (1, 2, 3)] == [data(number) for number in (1, 2, 3)]
            assert yard.segments() == old
        else:
            break
    left[0] = 0
    event.remove(yard.engine, "before_cursor_execute", count)
    old_segments.tidy(yard.engine, yard.spool.directory, "here", yard.now)
    old_segments.remove_retired(yard.engine, yard.store, yard.now)

    assert stops > 8
    assert yard.objects() == {*old, *yard.segments()}
    assert [yard.plain(number) for number in (1, 2, 3)] == [data(number) for number in (1, 2, 3)]


def test_what_another_node_is_writing_is_its_own_for_a_day(yard: Yard) -> None:
    values = {"study_uid": "1.2.3", "state": "writing", "opened_at": NOON}
    with transaction(yard.engine) as tx:
        for name, node in (("A", "there"), ("B", "here")):
            tx.execute(sa.insert(tables.segment).values(values | {"id": name, "key": name, "node": node}))

    def tidied(now: datetime) -> list[str]:
        old_segments.tidy(yard.engine, yard.spool.directory, "here", now)
        return yard.segments("retired")

    assert tidied(NOON + timedelta(hours=23)) == ["B"]
    assert tidied(NOON + timedelta(hours=25)) == ["A", "B"]


def test_a_segment_that_is_given_up_is_switched_to_no_more(yard: Yard) -> None:
    old = yard.segments()

    def give_up(tx: Connection) -> None:
        tx.execute(sa.update(tables.segment).where(tables.segment.c.state == "writing").values(state="retired"))

    with pytest.raises(Overtaken):
        rewrite(during(yard, give_up), "1.2.3", old, recode=small)

    assert yard.segments() == old
    assert yard.read() == data(1)


def test_an_object_that_reads_back_wrong_is_led_to_by_nobody(yard: Yard) -> None:
    old = yard.segments()

    class Flips(FolderObjectStore):
        def put_file(self, key: str, path: Path) -> None:
            copy = path.with_suffix(".flipped")
            copy.write_bytes(path.read_bytes()[:5000] + b"?" + path.read_bytes()[5001:])
            super().put_file(key, copy)
            copy.unlink()

    bad = Work(
        engine=yard.engine,
        spool_dir=yard.spool.directory,
        store=Flips(yard.folder),
        node="here",
        clock=lambda: yard.now,
    )
    with pytest.raises(StoredBadly):
        rewrite(bad, "1.2.3", old)
    old_segments.remove_retired(yard.engine, yard.store, yard.now)

    assert (yard.segments(), yard.objects()) == (old, set(old))


def test_what_is_damaged_is_not_written_anew(yard: Yard) -> None:
    old = yard.segments()
    path = yard.folder / segment_key(yard.instance().segment_id)
    stored = bytearray(path.read_bytes())
    stored[yard.instance().offset + 200] ^= 1
    path.write_bytes(stored)
    with pytest.raises(Damaged) as raised:
        yard.rewrite()
    lost = yard.instance()
    with transaction(yard.engine) as tx:
        damage.mark(tx, lost.sop_instance_uid, lost.segment_id, lost.offset, NOON)
    with pytest.raises(Unfit):
        yard.rewrite()

    assert (raised.value.segment_id, raised.value.offset) == (yard.instance().segment_id, yard.instance().offset)
    assert yard.segments() == old


def test_a_head_that_a_disk_damaged_does_not_become_what_was_stored(yard: Yard) -> None:
    old, one = yard.segments(), yard.instance()
    flip(yard, one, 135)  # in the file meta information
    with pytest.raises(Damaged) as raised:
        yard.rewrite()

    assert (raised.value.segment_id, raised.value.offset) == (one.segment_id, one.offset)
    assert yard.segments() == old


def flip(yard: Yard, one: Instance, position: int) -> None:
    """A disk reads another bit at a byte of an image."""
    path = yard.folder / segment_key(one.segment_id)
    stored = bytearray(path.read_bytes())
    stored[one.offset + position] ^= 1
    path.unlink()
    path.write_bytes(stored)


def test_a_segment_that_is_not_stored_yet_is_left_alone(yard: Yard) -> None:
    store(yard.spool, yard.index, row(4), data(4))
    with snapshot(yard.engine) as tx:
        every = list(tx.execute(sa.select(tables.segment.c.id)).scalars())
    with pytest.raises(Unfit):
        rewrite(yard.work, "1.2.3", every)

    assert yard.read(4) == data(4)


def test_an_object_that_the_store_keeps_under_a_lock_is_tried_again_a_day_later(yard: Yard) -> None:
    class Locked(FolderObjectStore):
        def delete(self, key: str) -> None:
            raise StoreRefuses("bucket", "AccessDenied")

    old = yard.segments()
    yard.rewrite()
    with pytest.raises(ExceptionGroup):
        old_segments.remove_retired(yard.engine, Locked(yard.folder), LATER)
    waits = old_segments.remove_retired(yard.engine, yard.store, LATER)
    removed = old_segments.remove_retired(yard.engine, yard.store, LATER + timedelta(days=2))

    assert (waits, removed, yard.segments("gone")) == (0, 2, old)


def test_an_old_segment_that_a_row_still_leads_to_stays_and_keeps_no_other(yard: Yard) -> None:
    first, second = yard.segments()
    yard.rewrite()
    with transaction(yard.engine) as tx:
        there = tables.instance.c.sop_instance_uid == "1.2.3.1"
        tx.execute(sa.update(tables.instance).where(there).values(segment_id=first))
    with pytest.raises(ExceptionGroup):
        old_segments.remove_retired(yard.engine, yard.store, LATER)

    assert (yard.segments("retired"), yard.segments("gone")) == ([first], [second])
    assert first in yard.objects()


def test_the_old_copy_stays_until_what_replaces_it_has_its_own(yard: Yard, tmp_path: Path) -> None:
    second = FolderObjectStore(tmp_path / "second", links=False)
    old = {segment_key(one) for one in yard.segments()}
    copy = partial(second_copy.copy_segments, yard.engine, yard.spool.directory, yard.store, second, "here")
    copy(yard.now)
    done = yard.rewrite(recode=small)
    assert done.segment_id is not None
    old_segments.remove_retired(yard.engine, yard.store, LATER)
    too_early = second_copy.forget_gone(yard.engine, second)
    before = set(second.keys("segments/"))
    copy(LATER)
    forgotten = second_copy.forget_gone(yard.engine, second)

    assert (too_early, before) == (0, old)
    assert (forgotten, set(second.keys("segments/"))) == (2, {segment_key(done.segment_id)})


def test_a_copy_that_was_made_and_never_noted_goes_with_its_segment(yard: Yard, tmp_path: Path) -> None:
    second = FolderObjectStore(tmp_path / "second", links=False)
    for one in yard.segments():
        second.put_file(segment_key(one), yard.folder / segment_key(one))  # and then the process died
    with transaction(yard.engine) as tx:
        erasure.erase(tx, "1.2.3", made_by="01PERSON", reason="asked for", now=yard.now)
    while erasure.purge(yard.work):
        pass
    old_segments.remove_retired(yard.engine, yard.store, yard.now)
    forgotten = second_copy.forget_gone(yard.engine, second), second_copy.forget_gone(yard.engine, second)

    assert list(second.keys("segments/")) == []
    assert forgotten[1] == 0


def test_one_at_a_time_rewrites_a_study(yard: Yard) -> None:
    with (
        alone(yard.engine, "1.2.3") as first,
        alone(yard.engine, "1.2.3") as second,
        alone(yard.engine, "1.2.4") as other,
    ):
        got = (first, second, other)
    with alone(yard.engine, "1.2.3") as afterwards:
        assert afterwards

    assert got == (True, yard.engine.dialect.name == "sqlite", True)
