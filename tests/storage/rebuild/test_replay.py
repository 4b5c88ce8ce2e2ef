"""Decisions of the journal are made again in an index that is rebuilt."""

from __future__ import annotations

from datetime import timedelta

from storage.database import snapshot, transaction
from storage.decisions import damage, placement
from storage.decisions.placement_changes import (
    Hidden,
    Unhidden,
    inverse,
)
from storage.index import queries
from storage.index.queries import Entered, describe, instance_of
from storage.rewriting.old_segments import remove_retired
from storage.rewriting.rewrite import Work, rewrite
from tests.storage.instances import NOON
from tests.storage.rebuild.rebuild_yard import MERGE, Yard, at, of
from tests.storage.rewriting.rewriting_yard import small


def test_what_took_the_place_of_lost_bytes_does_so_again(yard: Yard) -> None:
    yard.came(of(1), b"image 1", 1)
    yard.spool.close()
    with transaction(yard.engine) as tx:
        one = instance_of(tx, "1.2.3.1.1")
        assert one is not None
        damage.mark(tx, one.sop_instance_uid, one.segment_id, one.offset, NOON)
    healed = yard.came(of(1), b"image 1", 2)
    yard.ship()
    before = yard.rows()
    yard.lose()
    yard.rebuild()

    assert healed is Entered.NEW
    # The question about the damage is settled, and not among what the objects tell.
    assert yard.rows() == {**before, "quarantine": []}


def test_what_took_the_place_of_lost_bytes_is_found_where_it_was_rewritten_to(yard: Yard) -> None:
    yard.came(of(1), b"image 1" * 500, 1)
    yard.ship()
    with transaction(yard.engine) as tx:
        one = instance_of(tx, "1.2.3.1.1")
        assert one is not None
        damage.mark(tx, one.sop_instance_uid, one.segment_id, one.offset, NOON)
    yard.came(of(1), b"image 1" * 500, 2)
    yard.ship()
    with snapshot(yard.engine) as tx:
        sent_again = instance_of(tx, "1.2.3.1.1")
    assert sent_again is not None
    with transaction(yard.engine) as tx:
        describe(tx, {"1.2.3.1.1": b"{}"})
    work = Work(
        engine=yard.engine, spool_dir=yard.spool.directory, store=yard.store, node="here", clock=lambda: at(100)
    )
    done = rewrite(work, "1.2.3", [sent_again.segment_id], recode=small, grace=timedelta())
    remove_retired(yard.engine, yard.store, at(200))
    for path in (yard.spool.directory / "segments").glob("*/*.tar"):
        path.unlink()
    yard.lose()
    found = yard.rebuild()

    with snapshot(yard.engine) as tx:
        rebuilt = instance_of(tx, "1.2.3.1.1")
    assert rebuilt is not None
    assert (rebuilt.segment_id, found.incomplete) == (done.segment_id, [])


def test_a_merge_that_was_taken_back_leaves_later_series_where_they_came(yard: Yard) -> None:
    yard.came(of(1), b"a", 1)
    yard.came(of(1, "1.2.4"), b"b", 2)
    yard.decide(10, lambda tx, now: placement.apply(tx, MERGE, now))
    yard.came(of(1, "1.2.4", "1.2.4.2"), b"while it was merged", 20)
    yard.decide(30, lambda tx, now: placement.apply(tx, inverse(MERGE), now))
    yard.came(of(1, "1.2.4", "1.2.4.3"), b"after that", 40)
    yard.decide(50, lambda tx, now: placement.apply(tx, [Hidden(sop_instance_uids=("1.2.3.1.1",))], now))
    yard.decide(60, lambda tx, now: placement.apply(tx, [Unhidden(sop_instance_uids=("1.2.3.1.1",))], now))
    yard.ship()
    before = shown(yard)
    yard.lose()
    yard.rebuild()

    assert shown(yard) == before
    assert before == {"1.2.3.1.1": "1.2.3", "1.2.4.1.1": "1.2.4", "1.2.4.2.1": "1.2.3", "1.2.4.3.1": "1.2.4"}


def shown(yard: Yard) -> dict[str, str]:
    return {one["sop_instance_uid"]: one["study_uid"] for one in yard.rows()["instance"]}


def test_a_decision_about_what_is_lost_is_named(yard: Yard) -> None:
    yard.came(of(1), b"a", 1)
    yard.decide(2, lambda tx, now: queries.hide(tx, "1.2.5", now))
    yard.ship()
    yard.lose()
    found = yard.rebuild()

    assert len(found.incomplete) == 1
    assert not found.whole
