"""A lost index comes back from segments and journal as it was, row by row; one that is there loses nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection
from ulid import ULID

from storage import tables
from storage.database import snapshot, transaction
from storage.decisions import damage, placement, quarantine
from storage.decisions.placement_changes import (
    Hidden,
    InstancesMoved,
    Merged,
    SeriesMade,
    SeriesMoved,
    StudyMade,
    Unhidden,
    inverse,
)
from storage.index import journal, quarantine_rows, queries
from storage.index.quarantine_rows import unsettled
from storage.index.queries import Entered, Index, describe, instance_of
from storage.instance_row import InstanceRow, Place, Provenance
from storage.keeping.shipping import ship
from storage.objects.store import FolderObjectStore, ObjectStore
from storage.rebuild import rebuild as rebuilding
from storage.rebuild.outcome import Rebuilt
from storage.rebuild.rebuild import rebuild
from storage.rebuild.rebuild_check import lacking
from storage.records import Held
from storage.rewriting.old_segments import remove_retired
from storage.rewriting.rewrite import Work, rewrite
from storage.segments import members, quarantine_files
from storage.segments.members import Entry
from storage.segments.pax import Header
from storage.segments.segment_rows import segment_key
from storage.segments.spool import Spool
from tests.seaweedfs import SeaweedFS
from tests.storage.instances import DEVICE, HEAD, NOON, OTHER_TOWNSHIP, TOWNSHIP, compared, opened, row, write
from tests.storage.objects.test_store import bucket
from tests.storage.rewriting.test_rewrite import small

START: Final = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
INDEX: Final = (tables.segment, tables.study, tables.series, tables.instance, tables.holding, tables.quarantine)
OF_THE_MOMENT: Final = frozenset({"node", "stored_at", "sealed_at", "compact_at", "awaited", "description"})
"""Columns that say when and where something was done, and what the worker finds out again."""


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


class Yard:
    def __init__(self, spool: Spool, index_: Index, folder: Path) -> None:
        self.spool, self.index, self.engine = spool, index_, spool.engine
        self.objects = folder
        self.store: ObjectStore = FolderObjectStore(folder)

    def came(self, instance: InstanceRow, data: bytes, seconds: float, site_id: str = TOWNSHIP) -> Entered:
        told = Provenance(site_id=site_id, device_id=DEVICE, received_at=at(seconds), source="dimse")
        with self.spool.borrow(instance.study_uid) as segment:
            member = segment.begin(f"{instance.study_uid}/{instance.sop_instance_uid}.dcm", HEAD)
            member.write(data)
            instance = replace(instance, received_digest=member.digest())
            entered = self.index.enter(instance, member.finish(instance, told), told)
            if entered is Entered.SAME:
                member.abandon()
        return entered

    def decide(self, seconds: float, what: Callable[[Connection, datetime], object]) -> None:
        with transaction(self.engine) as tx:
            what(tx, at(seconds))

    def conflict(self, sop_instance_uid: str) -> Held:
        with snapshot(self.engine) as tx:
            return next(one for one in unsettled(tx, 99) if one.sop_instance_uid == sop_instance_uid)

    def ship(self) -> None:
        self.spool.close()
        ship(self.engine, self.spool.directory, self.store, at(3000))

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """The index as it is, without what is of the moment."""
        with snapshot(self.engine) as tx:
            return {
                table.name: sorted(
                    ({name: value for name, value in found.items() if name not in OF_THE_MOMENT}
                     for found in tx.execute(sa.select(table)).mappings()),
                    key=repr,
                )
                for table in INDEX
            }  # fmt: skip

    def lose(self, *also: sa.Table) -> None:
        with transaction(self.engine) as tx:
            for table in (*reversed(INDEX), tables.journal, *also):
                tx.execute(sa.delete(table))

    def rebuild(self) -> Rebuilt:
        return rebuild(self.spool, self.store, {}, at(3600), lambda: None)

    def lacking(self) -> Rebuilt:
        return lacking(self.spool, self.store, lambda: None)


@pytest.fixture
def yard(database_url: str, tmp_path: Path) -> Iterator[Yard]:
    with opened(database_url, tmp_path / "spool") as (spool, index_, _):
        yield Yard(spool, index_, tmp_path / "objects")


def of(number: int, study: str = "1.2.3", series: str = "", **known: object) -> InstanceRow:
    uid = series or f"{study}.1"
    return row(number, study_uid=study, series_uid=uid, sop_instance_uid=f"{uid}.{number}", **known)


def busy(yard: Yard) -> None:
    """A history with everything in it that changes what is shown."""
    for number in (1, 2, 3):
        yard.came(of(number), b"image %d" % number, number)
    yard.came(of(1), b"image 1", 4, OTHER_TOWNSHIP)  # its bytes are given back: only the journal knows of it
    yard.came(of(2), b"another picture", 5)
    yard.came(of(9, patient_id="P2"), b"of another patient", 6)
    yard.came(of(1, "1.2.4", patient_name="Pia^P"), b"of a second study", 7)
    yard.decide(9, lambda tx, _: compared(tx))
    yard.decide(10, lambda tx, now: quarantine.show_instead(tx, yard.conflict("1.2.3.1.2"), now))
    yard.decide(20, lambda tx, now: placement.apply(tx, SPLIT, now))
    yard.decide(30, lambda tx, now: placement.apply(tx, MERGE, now))
    yard.came(of(1, "1.2.4", "1.2.4.2"), b"a new series of what was merged", 40)
    yard.decide(50, lambda tx, now: placement.apply(tx, [Hidden(sop_instance_uids=("1.2.3.1.1",))], now))
    yard.decide(60, lambda tx, now: queries.hide(tx, "1.2.4", now))
    yard.decide(70, lambda tx, now: queries.hide(tx, "1.2.99", now))
    yard.decide(80, lambda tx, now: queries.unhide(tx, "1.2.99", now))
    yard.decide(90, lambda tx, now: quarantine.dismiss(tx, yard.conflict("1.2.3.1.9"), now))
    told = Provenance(site_id=TOWNSHIP, device_id=DEVICE, received_at=at(95), source="dimse")
    yard.spool.quarantine("truncated", [b"half an image"], provenance=told)


SPLIT: Final = (
    StudyMade(study_uid="1.2.99", like="1.2.3"),
    SeriesMade(series_uid="1.2.99.1", study_uid="1.2.99", like="1.2.3.1"),
    InstancesMoved(
        sop_instance_uids=("1.2.3.1.3",),
        from_study="1.2.3",
        from_series="1.2.3.1",
        to_study="1.2.99",
        to_series="1.2.99.1",
    ),
)
MERGE: Final = (
    SeriesMoved(series_uid="1.2.4.1", from_study="1.2.4", to_study="1.2.3"),
    Merged(study_uid="1.2.4", from_study=None, to_study="1.2.3"),
)


def journalled(yard: Yard) -> None:
    """What `reading.quality.decisions` writes: here the storage stands alone."""
    shown, dismissed = ("1.2.3.1.2", "show", 10), ("1.2.3.1.9", "keep", 90)
    with transaction(yard.engine) as tx:
        for uid, move, seconds in (shown, dismissed):
            one = next(one for one in quarantine_rows.find(tx, tables.quarantine.c.sop_instance_uid == uid, limit=9) if
                       one.settled_as != "replaced")  # fmt: skip
            earlier = tx.scalar(sa.select(tables.quarantine.c.id).where(tables.quarantine.c.settled_as == "replaced"))
            told = {"id": one.id, "segment_id": one.segment_id, "offset": one.offset, "move": move, "undo": False}
            journal.write(tx, quarantine.KIND, {**told, "earlier": earlier}, at(seconds))


def test_a_lost_index_comes_back_as_it_was(yard: Yard) -> None:
    busy(yard)
    journalled(yard)
    yard.ship()
    before = yard.rows()
    yard.lose()
    lacked, found, after = yard.lacking(), yard.rebuild(), yard.rows()

    assert {name: len(rows) for name, rows in before.items()} == {
        "segment": 2, "study": 3, "series": 4, "instance": 5, "holding": 6, "quarantine": 4,
    }  # fmt: skip
    for name, rows in before.items():
        assert after[name] == rows, name
    assert (found.segments, found.entries, found.instances, found.holdings, found.held) == (2, 7, 5, 6, 4)
    assert found.whole
    assert (lacked.instances, lacked.decisions) == (7, found.decisions)


def test_a_lost_index_comes_back_out_of_a_bucket(yard: Yard, s3: SeaweedFS, tmp_path: Path) -> None:
    yard.store = bucket(s3, tmp_path.name)
    busy(yard)
    journalled(yard)
    yard.ship()
    for spooled in yard.spool.directory.glob("segments/*/*.tar"):
        spooled.unlink()
    before = yard.rows()
    yard.lose()
    found = yard.rebuild()

    assert found.whole
    assert yard.rows() == before


def test_what_is_there_stays_as_it_is(yard: Yard) -> None:
    busy(yard)
    yard.ship()
    before = yard.rows()
    lacked, found = yard.lacking(), yard.rebuild()

    assert yard.rows() == before
    for one in (lacked, found):
        assert (one.instances, one.holdings, one.held, one.decisions, one.differing) == (0, 0, 0, 0, 0)
        assert one.whole


def test_an_older_database_gets_what_came_and_was_decided_since(yard: Yard) -> None:
    yard.came(of(1), b"image 1", 1)
    yard.decide(2, lambda tx, now: queries.hide(tx, "1.2.3", now))
    yard.ship()
    with snapshot(yard.engine) as tx:
        backup = {table: [dict(one) for one in tx.execute(sa.select(table)).mappings()] for table in KEPT}
    yard.decide(3, lambda tx, now: queries.unhide(tx, "1.2.3", now))
    yard.came(of(2), b"image 2", 4)
    yard.decide(5, lambda tx, now: placement.apply(tx, [Hidden(sop_instance_uids=("1.2.3.1.1",))], now))
    yard.ship()
    before = yard.rows()
    yard.lose()
    with transaction(yard.engine) as tx:
        for table in KEPT:
            if backup[table]:
                tx.execute(sa.insert(table), backup[table])
    found = yard.rebuild()

    assert yard.rows() == before
    assert (found.instances, found.decisions) == (1, 2)


KEPT: Final = (*INDEX, tables.journal)


def test_an_interrupted_rebuild_is_not_served_and_goes_on(yard: Yard) -> None:
    busy(yard)
    yard.ship()
    before = yard.rows()
    yard.lose()

    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild(yard.spool, yard.store, {}, at(3600), stop)
    unfinished = rebuilding.is_unfinished(yard.engine)
    yard.rebuild()

    assert unfinished
    assert not rebuilding.is_unfinished(yard.engine)
    assert len(yard.rows()["instance"]) == len(before["instance"])


def test_of_two_that_contradict_each_other_the_same_one_is_held_again(yard: Yard) -> None:
    first = yard.came(of(1), b"entered first", 9)
    second = yard.came(of(1), b"came first, by its time, and was held", 1)
    yard.ship()
    before = yard.rows()
    yard.lose()
    yard.rebuild()

    assert (first, second) == (Entered.NEW, Entered.HELD)
    assert yard.rows() == before


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
        describe(tx, "1.2.3.1.1", description=b"{}", frame_ranges=None, pixel_digest=None)
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


def test_what_is_in_the_spool_alone_comes_back_too(yard: Yard) -> None:
    told = Provenance(site_id=TOWNSHIP, device_id=DEVICE, received_at=at(1), source="dimse")
    dies = Spool(yard.spool.directory, node="here", engine=yard.engine)
    write(dies, of(1), b"acknowledged, never sealed", told)
    for segment in dies._free:  # its lock goes with its process
        os.close(segment.fd)
    yard.lose()
    found = yard.rebuild()
    yard.ship()

    assert (found.segments, found.instances) == (1, 1)
    assert [one["state"] for one in yard.rows()["segment"]] == ["stored"]


def test_a_segment_without_its_end_is_asked_member_by_member(yard: Yard) -> None:
    for number in (1, 2):
        yard.came(of(number), b"image %d" % number * 999, number)
    yard.ship()
    before = yard.rows()
    (path,) = (yard.objects / "segments").glob("*/*.tar")
    for spooled in yard.spool.directory.glob("segments/*/*.tar"):
        spooled.unlink()
    content = bytearray(path.read_bytes())
    content[-1100] ^= 1
    path.write_bytes(content)
    yard.lose()
    found = yard.rebuild()

    assert found.mended == [path.stem]
    assert not found.whole
    assert yard.rows() == before


def test_more_than_a_batch_comes_back_in_order(yard: Yard) -> None:
    for number in range(1, 31):
        for study in ("1.2.3", "1.2.4"):
            yard.came(of(number, study, f"{study}.{number % 3}"), b"%s image %d" % (study.encode(), number), number)
        if number % 10 == 0:
            yard.spool.close()
    yard.ship()
    before = yard.rows()
    yard.lose()
    found = yard.rebuild()

    assert found.instances == 60
    assert yard.rows() == before


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


def test_what_a_note_of_the_quarantine_says_is_what_the_row_said(yard: Yard) -> None:
    told = Provenance(site_id=TOWNSHIP, device_id=DEVICE, received_at=at(1), source="dimse")
    yard.spool.quarantine("no_uids", [b"bytes"], provenance=told, study_uid="1.2.3")
    (noted,) = quarantine_files.noted(yard.spool.directory)
    (kept,) = yard.rows()["quarantine"]

    assert {name: kept[name] for name in noted} == noted


def test_a_description_is_found_out_again(yard: Yard) -> None:
    yard.came(of(1), b"a", 1)
    with transaction(yard.engine) as tx:
        describe(tx, "1.2.3.1.1", description=b"json", frame_ranges=None, pixel_digest=None)
    yard.ship()
    yard.lose()
    yard.rebuild()
    with snapshot(yard.engine) as tx:
        waiting = [one.sop_instance_uid for one in queries.undescribed(tx, 9)]

    assert waiting == ["1.2.3.1.1"]


@pytest.mark.parametrize("begun", ["before", "after"])
@pytest.mark.parametrize("kept", ["both", "new"])
def test_a_segment_that_replaces_others_is_shown_instead_of_them(yard: Yard, begun: str, kept: str) -> None:
    yard.came(of(1), b"image 1", 1)
    yard.came(of(1), b"another picture", 2)
    yard.decide(3, lambda tx, now: queries.hide(tx, "1.2.3", now))
    yard.ship()
    older = yard.rows()
    (old,) = (one["id"] for one in older["segment"])
    new = rewritten(yard, old, before=begun == "before")
    if kept == "new":
        yard.store.delete(segment_key(old))
    for spooled in yard.spool.directory.glob("segments/*/*.tar"):
        spooled.unlink()
    over_older, first = yard.rebuild(), yard.rows()
    yard.lose()
    again, second = yard.rebuild(), yard.rows()

    for found in (first, second):
        assert [(one["segment_id"], one["hidden"]) for one in found["instance"]] == [(new, False)]
        assert [one["id"] for one in found["quarantine"]] == [one["id"] for one in older["quarantine"]]
        assert [one["segment_id"] for one in found["quarantine"]] == [new]
        assert [one["hidden"] for one in found["study"]] == [True]
    assert {one["id"]: one["state"] for one in first["segment"]} == {old: "retired", new: "stored"}
    assert {one["id"]: one["state"] for one in second["segment"]} == {
        new: "stored",
        **({old: "retired"} if kept == "both" else {}),
    }
    assert (over_older.instances, again.instances, again.held) == (0, 1, 1)


def rewritten(yard: Yard, old: str, *, before: bool) -> str:
    """A segment with the members of another, put into the object store as compaction does."""
    step = -1 if before else 1
    new = str(ULID.from_int(int(ULID.from_str(old)) + step * (1 << 40)))
    path = yard.spool.directory / f"{new}.tar"
    with (yard.objects / segment_key(old)).open("rb") as source, path.open("w+b") as target:
        end = 0
        good: list[tuple[Entry, Header]] = []
        for header in members.headers(source.fileno(), old):
            entry = members.entry_of(header)
            if entry is None:
                continue
            moved = replace(header, segment_id=new, offset=end)
            end = members.write_member(
                target.fileno(), moved, os.pread(source.fileno(), header.size, header.body_offset)
            )
            place = Place(segment_id=new, offset=moved.body_offset, size=header.size)
            good.append((replace(entry, place=place, earlier=((old, header.body_offset),)), moved))
        members.seal_rewritten(target.fileno(), new, end, good, [old])
    yard.store.put_file(segment_key(new), path)
    path.unlink()
    return new


def test_compacted_studies_come_back_in_the_order_in_which_they_came(yard: Yard) -> None:
    for number in (1, 2):
        yard.came(of(number, patient_name="First^Spelling"), b"image %d" % number, number)
        yard.came(of(number), b"another picture %d" % number, number + 0.5)
        yard.spool.close()
    yard.came(of(7, patient_name="Later^Spelling"), b"image 7", 7)
    yard.decide(8, lambda tx, now: placement.apply(tx, [Hidden(sop_instance_uids=("1.2.3.1.2",))], now))
    yard.ship()
    *first, last = sorted(one["id"] for one in yard.rows()["segment"])
    work = Work(
        engine=yard.engine, spool_dir=yard.spool.directory, store=yard.store, node="here", clock=lambda: at(3100)
    )
    new = rewrite(work, "1.2.3", first).segment_id
    for spooled in yard.spool.directory.glob("segments/*/*.tar"):
        spooled.unlink()
    before = {name: rows for name, rows in yard.rows().items() if name != "segment"}
    yard.lose()
    found = yard.rebuild()
    after = yard.rows()
    states = {one["id"]: one["state"] for one in after.pop("segment")}

    assert new is not None
    assert new < first[0]
    assert after == before
    assert states == {new: "stored", last: "stored"} | dict.fromkeys(first, "retired")
    assert (found.entries, found.instances) == (5, 3)


def test_what_the_database_has_given_up_replaces_nothing(yard: Yard) -> None:
    yard.came(of(1), b"image 1", 1)
    yard.ship()
    (old,) = (one["id"] for one in yard.rows()["segment"])
    half = rewritten(yard, old, before=True)
    given_up = {"id": half, "study_uid": "1.2.3", "node": "here", "key": segment_key(half), "opened_at": at(5)}
    with transaction(yard.engine) as tx:
        tx.execute(sa.insert(tables.segment).values(**given_up, state="retired", delete_at=at(6)))
    before = yard.rows()
    lacked, found = yard.lacking(), yard.rebuild()

    assert yard.rows() == before
    assert (lacked.instances, lacked.differing, found.instances) == (0, 0, 0)
