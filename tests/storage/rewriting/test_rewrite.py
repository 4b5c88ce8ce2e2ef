"""Stored segments are rewritten, and whatever stops in the middle leaves the old bytes or the new ones."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from storage import tables
from storage.database import connect, snapshot, transaction
from storage.decisions import damage
from storage.index.queries import Entered
from storage.objects.store import FolderObjectStore, StoreAway
from storage.rewriting import old_segments
from storage.rewriting.rewrite import CannotRewrite, Work, alone, rewrite
from tests.seaweedfs import SeaweedFS
from tests.storage.instances import NOON, OTHER_TOWNSHIP, opened, provenance, row, store
from tests.storage.objects.test_store import bucket
from tests.storage.rewriting.rewriting_yard import LATER, SMALL, Yard, data, small


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


def test_the_same_instance_again_is_the_same_as_it_came_and_as_it_is_stored(yard: Yard) -> None:
    yard.rewrite(recode=small)
    as_it_came = store(yard.spool, yard.index, row(1), data(1), provenance(site_id=OTHER_TOWNSHIP))
    as_stored = store(yard.spool, yard.index, row(1, transfer_syntax_uid=SMALL), yard.read(1))
    other = store(yard.spool, yard.index, row(1), b"other content")

    assert (as_it_came, as_stored, other) == (Entered.SAME, Entered.SAME, Entered.HELD)


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


def test_a_segment_that_is_not_stored_yet_is_left_alone(yard: Yard) -> None:
    store(yard.spool, yard.index, row(4), data(4))
    with snapshot(yard.engine) as tx:
        every = list(tx.execute(sa.select(tables.segment.c.id)).scalars())
    with pytest.raises(CannotRewrite):
        rewrite(yard.work, "1.2.3", every)

    assert yard.read(4) == data(4)


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
