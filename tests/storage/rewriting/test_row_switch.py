"""All rows lead to the new bytes at once or none does, whatever somebody else decides meanwhile."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage import tables
from storage.database import snapshot, transaction
from storage.decisions import quarantine
from storage.errors import Overtaken
from storage.index import quarantine_rows
from storage.objects.store import FolderObjectStore
from storage.rewriting import old_segments
from storage.rewriting.rewrite import RewriteOutcome, Work, rewrite
from tests.storage.instances import NOON, compared, row, store
from tests.storage.rewriting.rewriting_yard import LATER, Yard, data, small


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
    won: list[RewriteOutcome] = []

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


def test_a_segment_that_is_given_up_is_switched_to_no_more(yard: Yard) -> None:
    old = yard.segments()

    def give_up(tx: Connection) -> None:
        tx.execute(sa.update(tables.segment).where(tables.segment.c.state == "writing").values(state="retired"))

    with pytest.raises(Overtaken):
        rewrite(during(yard, give_up), "1.2.3", old, recode=small)

    assert yard.segments() == old
    assert yard.read() == data(1)
