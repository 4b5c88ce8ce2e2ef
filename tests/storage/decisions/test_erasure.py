"""What is erased is gone from the index at once, from every object soon after, and does not come back by any door."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage import tables
from storage.database import snapshot, transaction
from storage.decisions import damage, erasure, quarantine
from storage.decisions.erasure import Erasure
from storage.errors import Overtaken
from storage.index import journal, queries
from storage.index.queries import Entered
from storage.keeping.shipping import ship
from storage.rebuild import rebuild
from storage.rewriting import old_segments
from tests.storage.instances import NOON, OTHER_TOWNSHIP, opened, provenance, row, seen_whole, store, write
from tests.storage.rewriting.rewriting_yard import LATER, Yard, data, small

OTHER = "1.2.4"


@pytest.fixture
def yard(database_url: str, tmp_path: Path) -> Iterator[Yard]:
    """Images 1 and 2 in one segment, 3 in another; the first has a rival in quarantine and a second site."""
    with opened(database_url, tmp_path / "spool") as (spool, index_, engine):
        made = Yard(spool, index_, engine, tmp_path / "objects")
        made.arrive(1, 2)
        made.arrive(3)
        store(spool, index_, row(1), data(1), provenance(site_id=OTHER_TOWNSHIP))
        store(spool, index_, row(1), b"other content")
        made.seal()
        yield made


def erase(yard: Yard, study_uid: str = "1.2.3") -> Erasure:
    with transaction(yard.engine) as tx:
        return erasure.erase(tx, study_uid, made_by="01PERSON", reason="asked for", now=yard.now)


def purge(yard: Yard) -> None:
    while erasure.purge(yard.work):
        pass
    old_segments.remove_retired(yard.engine, yard.store, yard.now)


def rows(yard: Yard, table: sa.Table) -> int:
    with snapshot(yard.engine) as tx:
        return tx.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def test_it_is_out_of_every_row_at_once(yard: Yard) -> None:
    erased = erase(yard)
    with snapshot(yard.engine) as tx:
        study = queries.study_of(tx, "1.2.3")
        series = queries.series_in(tx, seen_whole("1.2.3"), "1.2.3")
    assert study is not None

    assert (erased.instances, erased.quarantined) == (3, 1)
    assert [rows(yard, one) for one in (tables.instance, tables.holding, tables.quarantine)] == [0, 0, 0]
    assert (study.instances, study.erased_at, series) == (0, yard.now, [])
    assert rows(yard, tables.tombstone) == 3


def test_its_bytes_are_in_no_object_and_in_no_spool_soon_after(yard: Yard) -> None:
    erase(yard)
    purge(yard)
    ship(yard.engine, yard.spool.directory, yard.store, LATER)

    assert yard.objects() == set()
    assert list(yard.spool.directory.glob("segments/*/*.tar")) == []
    assert erasure.pending(yard.engine) == []


def test_what_was_compacted_before_and_waits_for_its_deletion_goes_too(yard: Yard) -> None:
    yard.rewrite(recode=small)
    erase(yard)
    purge(yard)

    assert yard.objects() == set()


def test_nothing_of_it_is_taken_again_by_any_site_in_any_form(yard: Yard) -> None:
    erase(yard)
    purge(yard)
    again = [
        store(yard.spool, yard.index, row(1), data(1)),
        store(yard.spool, yard.index, row(1), b"other content", provenance(site_id=OTHER_TOWNSHIP)),
        store(yard.spool, yard.index, row(1, study_uid=OTHER, series_uid="1.2.4.1"), data(1)),
    ]
    new = store(yard.spool, yard.index, row(9), data(9))

    assert (again, new) == ([Entered.ERASED] * 3, Entered.NEW)
    assert [rows(yard, one) for one in (tables.instance, tables.quarantine)] == [1, 0]


def test_bytes_that_a_crash_left_in_a_segment_are_written_out_of_it(yard: Yard) -> None:
    erase(yard)
    purge(yard)
    write(yard.spool, row(1), data(1))  # received, flushed, and then the process died before the index refused it
    store(yard.spool, yard.index, row(9), data(9))
    yard.seal()
    purge(yard)
    (kept,) = yard.objects()

    assert [one.row.sop_instance_uid for one in yard.manifest(kept).entries] == ["1.2.3.9"]
    assert yard.read(9) == data(9)


def test_what_lies_in_an_open_segment_is_sealed_and_written_out(yard: Yard) -> None:
    store(yard.spool, yard.index, row(4), data(4))
    erase(yard)
    before = yard.spool.seal_awaited()
    yard.seal()
    purge(yard)

    assert before == 1
    assert yard.objects() == set()


def test_images_of_another_study_in_the_same_segments_stay(yard: Yard) -> None:
    with transaction(yard.engine) as tx:  # image 3 was moved into a study of its own
        values = {"study_uid": OTHER, "received_study_uid": "1.2.3", "received_series_uid": "1.2.3.1"}
        tx.execute(sa.update(tables.instance).where(tables.instance.c.sop_instance_uid == "1.2.3.3").values(values))
    erase(yard)
    purge(yard)

    assert rows(yard, tables.instance) == 1
    assert yard.read(3) == data(3)


def test_an_index_that_is_made_again_does_not_show_it_either(yard: Yard) -> None:
    held_back = {key: (yard.folder / key).read_bytes() for key in yard.store.keys("segments/")}
    erase(yard)
    journal.ship(yard.engine, yard.spool.directory, yard.store, yard.now)
    purge(yard)
    for key, content in held_back.items():  # the object store gives the old ones back, as one with versions may
        (yard.folder / key).write_bytes(content)
    with transaction(yard.engine) as tx:
        for table in (
            *(tables.instance, tables.holding, tables.series, tables.study, tables.quarantine),
            *(tables.segment, tables.tombstone, tables.journal),
        ):
            tx.execute(sa.delete(table))
    shutil.rmtree(yard.spool.directory / "segments")
    made = rebuild.rebuild(yard.spool, yard.store, {}, yard.now, lambda: None)
    purge(yard)

    assert made.whole
    assert [rows(yard, one) for one in (tables.instance, tables.holding, tables.quarantine)] == [0, 0, 0]
    assert yard.objects() == set()
    assert store(yard.spool, yard.index, row(1), data(1)) is Entered.ERASED


def test_erasing_again_erases_what_has_come_since(yard: Yard) -> None:
    erase(yard)
    nothing = erase(yard)
    yard.arrive(5)
    yard.now += timedelta(hours=1)
    more = erase(yard)
    with snapshot(yard.engine) as tx:
        told = tx.execute(sa.select(tables.journal.c.payload).where(tables.journal.c.kind == erasure.KIND)).scalars()
        uids = [one["sop_instance_uids"] for one in told]

    assert (nothing.instances, more.instances) == (0, 1)
    assert uids == [["1.2.3.1", "1.2.3.2", "1.2.3.3"], ["1.2.3.5"]]


def test_a_decision_about_a_rival_that_is_gone_is_overtaken(yard: Yard) -> None:
    (rival,) = yard.held()
    erase(yard)
    with pytest.raises(Overtaken), transaction(yard.engine) as tx:
        quarantine.dismiss(tx, rival, yard.now)


def test_what_recovery_copied_of_the_study_goes_too(yard: Yard) -> None:
    torn = {"id": "T" * 26, "reason": "torn", "study_uid": "1.2.3", "key": "quarantine/torn/S-0", "size": 9}
    of_another = {**torn, "id": "U" * 26, "study_uid": OTHER, "key": "quarantine/torn/U-0"}
    with transaction(yard.engine) as tx:
        for one in (torn, of_another):
            tx.execute(sa.insert(tables.quarantine).values(digest=b"d" * 32, received_at=NOON, **one))
    erased = erase(yard)

    assert "quarantine/torn/S-0" in erased.files
    assert [one.key for one in yard.held()] == ["quarantine/torn/U-0"]


def test_a_question_about_damage_is_no_file(yard: Yard) -> None:
    one = yard.instance()
    with transaction(yard.engine) as tx:
        damage.mark(tx, one.sop_instance_uid, one.segment_id, one.offset, NOON)

    assert erase(yard).files == ()


def test_nothing_is_pending_when_what_was_being_written_was_given_up(yard: Yard) -> None:
    (first, *_) = yard.segments()
    with transaction(yard.engine) as tx:
        tx.execute(sa.update(tables.segment).where(tables.segment.c.id == first).values(state="gone", purge=True))

    assert erasure.pending(yard.engine) == []
