"""An index is rebuilt from whatever tells of its segments: manifest, members, the segment that replaced them."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
import sqlalchemy as sa
from ulid import ULID

from storage import tables
from storage.database import transaction
from storage.decisions import placement
from storage.decisions.placement_changes import (
    Hidden,
)
from storage.index import queries
from storage.instance_row import Place, Provenance
from storage.rewriting.rewrite import Work, rewrite
from storage.segments import members
from storage.segments.members import Entry
from storage.segments.pax import Header
from storage.segments.segment_rows import segment_key
from storage.segments.spool import Spool
from tests.storage.instances import DEVICE, TOWNSHIP, write
from tests.storage.rebuild.rebuild_yard import Yard, at, of


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
