"""What was replaced stays as long as it may be read, and then goes."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage import tables
from storage.database import transaction
from storage.decisions import erasure
from storage.keeping import second_copy
from storage.keeping.shipping import ship
from storage.objects.store import FolderObjectStore, StoreRefuses
from storage.rebuild.dead_writers import recover
from storage.rewriting import old_segments
from storage.segments.segment_rows import segment_key
from tests.storage.instances import HEAD, NOON
from tests.storage.rewriting.rewriting_yard import LATER, Yard, data, small


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
