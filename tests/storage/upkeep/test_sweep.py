"""What nobody needs is found and goes; what may hold an image that the index does not know stays."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
import sqlalchemy as sa
from minio.credentials import StaticProvider
from sqlalchemy.engine import Engine

from storage import tables
from storage.database import snapshot, transaction
from storage.ids import new_id
from storage.index.queries import Index, instance_of
from storage.keeping.shipping import ship
from storage.objects.s3 import S3ObjectStore
from storage.objects.store import FolderObjectStore, Unfinished
from storage.segments.segment_rows import segment_key
from storage.segments.spool import Spool
from storage.upkeep.litter import SAFE, Kind, Litter, dispose
from storage.upkeep.sweep import Sweeper
from tests.seaweedfs import ACCESS_KEY, BUCKET, SECRET_KEY, SeaweedFS
from tests.storage.instances import NOON, opened, provenance, row, store

NOW = datetime.now(UTC)
SOON = NOW + timedelta(days=3)
"""When everything that the test makes is old."""


class Yard:
    def __init__(self, spool: Spool, index: Index, engine: Engine, folder: Path) -> None:
        self.spool, self.index, self.engine, self.folder = spool, index, engine, folder
        self.store = FolderObjectStore(folder / "objects", links=False)

    def find(self, now: datetime = SOON, *, copy: FolderObjectStore | None = None) -> list[Litter]:
        sweeper = Sweeper(
            self.engine, spool_dir=self.spool.directory, node="here", store=self.store, copy=copy, now=now
        )
        return [*sweeper.in_spool(), *sweeper.in_stores()]

    def found(self, now: datetime = SOON) -> list[tuple[Kind, bool]]:
        return [(one.kind, one.remove is not None) for one in self.find(now)]

    def ship(self) -> Path:
        """One stored segment; its object's file."""
        store(self.spool, self.index, row(), b"body" * 1000)
        self.spool.close()
        ship(self.engine, self.spool.directory, self.store, NOW)
        return next((self.folder / "objects").rglob("*.tar"))

    def forget_rows(self, *which: sa.Table) -> None:
        with transaction(self.engine) as tx:
            for table in which:
                tx.execute(sa.delete(table))


@pytest.fixture
def yard(database_url: str, tmp_path: Path) -> Iterator[Yard]:
    with opened(database_url, tmp_path / "spool") as (spool, index, engine):
        yield Yard(spool, index, engine, tmp_path)


def test_where_nothing_lies_about_nothing_is_found(yard: Yard) -> None:
    yard.ship()
    with yard.spool.borrow("1.2.9"):
        assert yard.found(NOW) == []


def test_a_copy_in_the_spool_goes_when_the_store_has_it_and_stays_when_it_has_not(yard: Yard) -> None:
    stored = yard.ship()
    found = yard.find()
    (copy,) = yard.spool.directory.rglob("*.tar")
    shutil.move(stored, yard.folder / "elsewhere.tar")
    without = yard.found()
    shutil.move(yard.folder / "elsewhere.tar", stored)
    list(dispose(found, only=SAFE))

    assert [(one.kind, one.name) for one in found] == [(Kind.SPOOL_COPY, str(copy.relative_to(yard.spool.directory)))]
    assert without == [(Kind.NOT_IN_STORE, False)]
    assert (copy.exists(), stored.exists()) == (False, True)


def test_an_object_whose_images_the_index_does_not_know_is_never_removed(yard: Yard) -> None:
    stored = yard.ship()
    (copy,) = yard.spool.directory.rglob("*.tar")
    copy.unlink()
    yard.forget_rows(tables.segment, tables.instance, tables.series, tables.study)
    found = yard.find()
    list(dispose(found))

    assert [(one.kind, one.remove) for one in found if one.kind is not Kind.EMPTY_FOLDER] == [
        (Kind.UNKNOWN_INSTANCES, None)
    ]
    assert stored.exists()


@pytest.mark.parametrize("state", [None, "gone", "sealed"])
def test_an_object_all_of_whose_images_are_elsewhere_goes_unless_a_segment_claims_it(
    yard: Yard, state: str | None
) -> None:
    stored = yard.ship()
    with snapshot(yard.engine) as tx:
        old = instance_of(tx, "1.2.3.1")
    assert old is not None
    with transaction(yard.engine) as tx:
        tx.execute(sa.update(tables.instance).values(damaged=True))
    store(yard.spool, yard.index, row(), b"body" * 1000)  # takes its place
    there = tables.segment.c.id == old.segment_id
    with transaction(yard.engine) as tx:
        tx.execute(
            sa.delete(tables.segment).where(there)
            if state is None
            else sa.update(tables.segment).where(there).values(state=state)
        )
    orphans = [one for one in yard.find() if one.kind in {Kind.ORPHAN, Kind.UNKNOWN_INSTANCES}]
    young = [one for one in yard.find(NOW) if one.kind is Kind.ORPHAN]
    list(dispose(orphans))

    expected = [] if state == "sealed" else [(Kind.ORPHAN, segment_key(old.segment_id))]
    assert ([(one.kind, one.name) for one in orphans], young) == (expected, [])
    assert stored.exists() is (state == "sealed")


def test_an_object_of_a_segment_that_was_given_up_goes_when_its_images_were_erased(yard: Yard) -> None:
    stored = yard.ship()
    (copy,) = yard.spool.directory.rglob("*.tar")
    copy.unlink()
    yard.forget_rows(tables.instance)
    with transaction(yard.engine) as tx:
        tx.execute(sa.update(tables.segment).values(state="gone"))
    before = yard.found()
    with transaction(yard.engine) as tx:
        tx.execute(sa.insert(tables.tombstone).values(sop_instance_uid="1.2.3.1", study_uid="1.2.3", erased_at=NOW))
    list(dispose(yard.find()))

    assert (Kind.UNKNOWN_INSTANCES, False) in before
    assert not stored.exists()


def test_an_orphan_that_cannot_be_read_to_its_end_stays(yard: Yard) -> None:
    stored = yard.ship()
    content = bytearray(stored.read_bytes())
    content[5000] ^= 1
    stored.write_bytes(content)
    yard.forget_rows(tables.segment)

    assert Kind.UNKNOWN_INSTANCES in {one.kind for one in yard.find()}
    assert Kind.ORPHAN not in {one.kind for one in yard.find()}


def test_what_dead_writers_began_goes_and_what_living_ones_write_stays(yard: Yard) -> None:
    name = f".{new_id()}.tar.new"
    drafts = [
        yard.spool.directory / "segments" / "20260301" / name,
        yard.spool.directory / "repair" / "01K.tar",
        yard.folder / "objects" / "segments" / name,
    ]
    for path in drafts:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")
    young = yard.found(NOW)
    found = yard.find()
    list(dispose(found, only=SAFE))

    assert young == []
    assert sorted(one.kind for one in found) == [Kind.DRAFT, Kind.DRAFT, Kind.UPLOAD]
    assert not any(path.exists() for path in drafts)


def test_files_of_the_quarantine_without_a_row_and_empty_days_go(yard: Yard) -> None:
    kept = yard.spool.quarantine("unreadable", [b"kept"], provenance=provenance(received_at=NOON))
    stray = yard.spool.directory / "quarantine" / "20260301" / new_id()
    empty = yard.spool.directory / "segments" / "20260228"
    stray.parent.mkdir()
    stray.write_bytes(b"stray")
    empty.mkdir(parents=True)
    found = yard.find()
    list(dispose(found))

    assert {one.kind for one in found} == {Kind.QUARANTINE_FILE, Kind.EMPTY_FOLDER}
    assert (stray.exists(), empty.exists()) == (False, False)
    left = sorted(path.name for path in (yard.spool.directory / "quarantine").rglob("0*") if path.is_file())
    assert left == [kept, f"{kept}.json"]


def test_what_has_a_note_in_the_quarantine_stays_with_it_whether_its_row_is_there_or_not(yard: Yard) -> None:
    yard.spool.quarantine("unreadable", [b"kept"], provenance=provenance(received_at=NOON))
    known = yard.find()
    yard.forget_rows(tables.quarantine)
    found = yard.find()
    list(dispose(found))
    left = [path for path in (yard.spool.directory / "quarantine").rglob("*") if path.is_file()]

    assert known == []
    assert [(one.kind, one.remove) for one in found] == [(Kind.NOTED_FILE, None)]
    assert len(left) == 2


def test_a_note_of_the_quarantine_whose_file_was_removed_goes_too(yard: Yard) -> None:
    yard.spool.quarantine("unreadable", [b"gone"], provenance=provenance(received_at=NOON))
    yard.forget_rows(tables.quarantine)
    folder = yard.spool.directory / "quarantine"
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix != ".json":
            path.unlink()
    found = yard.find()
    list(dispose(found))

    assert [one.kind for one in found] == [Kind.QUARANTINE_FILE]
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_a_segment_that_was_lost_before_it_was_stored_is_reported(yard: Yard) -> None:
    store(yard.spool, yard.index, row(), b"body")
    yard.spool.close()
    (path,) = yard.spool.directory.rglob("*.tar")
    here = yard.found()
    path.unlink()
    lost = yard.found()
    with transaction(yard.engine) as tx:
        tx.execute(sa.update(tables.segment).values(node="there"))
    away = yard.found()

    assert here == []
    assert (Kind.LOST, False) in lost
    assert (Kind.ABSENT_NODE, False) in away


def test_unfinished_uploads_of_a_bucket_are_found_and_given_back(s3: SeaweedFS) -> None:
    bucket = S3ObjectStore(s3.endpoint, bucket=BUCKET, prefix="sweeping", keys=StaticProvider(ACCESS_KEY, SECRET_KEY))
    begun = s3.client._create_multipart_upload(BUCKET, "sweeping/segments/01K.tar", {})
    s3.client._upload_part(BUCKET, "sweeping/segments/01K.tar", BytesIO(b"x" * 100).read(), {}, begun, 1)
    later = datetime.now(UTC) + timedelta(hours=1)
    young = list(bucket.unfinished(later - timedelta(days=1)))
    found = list(bucket.unfinished(later))
    for one in (*found, *found):
        bucket.discard(one)

    assert young == []
    assert found == [Unfinished(key="segments/01K.tar", id=begun)]
    assert list(bucket.unfinished(later)) == []


def test_age_is_of_the_file(yard: Yard) -> None:
    draft = yard.spool.directory / "repair" / "01K.tar"
    draft.parent.mkdir()
    draft.write_bytes(b"half")
    old = (NOW - timedelta(days=2)).timestamp()
    os.utime(draft, (old, old))

    assert yard.found(NOW) == [(Kind.DRAFT, True)]
