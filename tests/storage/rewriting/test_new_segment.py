"""The new segment has each member as it came, and tells all that its rows say."""

from __future__ import annotations

import hashlib
import zlib
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage import tables
from storage.database import snapshot, transaction
from storage.decisions import damage
from storage.index.queries import Instance
from storage.keeping.shipping import StoredBadly
from storage.objects.store import FolderObjectStore
from storage.rewriting import old_segments
from storage.rewriting.rewrite import CannotRewrite, Damaged, Work, rewrite
from storage.segments.segment_rows import segment_key
from storage.upkeep import segment_queries
from storage.upkeep.repair import Checker
from tests.storage.instances import NOON, row, store, write
from tests.storage.rewriting.rewriting_yard import SMALL, SMALL_HEAD, Yard, data, small


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


def test_what_became_smaller_leaves_nothing_behind_in_the_new_segment(yard: Yard) -> None:
    store(yard.spool, yard.index, row(4), b"body 4 " * 5000)
    yard.describe(4)
    yard.seal()
    done = yard.rewrite(recode=small)
    assert done.segment_id is not None
    with snapshot(yard.engine) as tx:
        segment = segment_queries.by_id(tx, done.segment_id)
    assert segment is not None
    checked = Checker(yard.engine, yard.spool.directory, yard.store).check(segment, NOON, tell=lambda _: None)

    assert (checked.instances, checked.damages) == (4, ())


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
    with pytest.raises(CannotRewrite):
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
