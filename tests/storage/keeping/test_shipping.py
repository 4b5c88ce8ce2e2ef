"""Sealed segments go to the object store; the spool gives them up when they are safe there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from storage import tables
from storage.database import snapshot, transaction
from storage.index import journal
from storage.index.queries import Index, Instance, instance_of
from storage.instance_row import InstanceRow
from storage.keeping.shipping import Postponed, StoredBadly, behind_seconds, ship, stored_of
from storage.nodes.reader import Bytes, BytesMissing, HolderAway
from storage.objects.store import FolderObjectStore, StoreRefuses
from storage.segment_moves import SegmentState
from storage.segments.spool import Spool
from tests.storage.instances import HEAD, NOON, opened, row, store, write

LATER = NOON + timedelta(hours=1)


class Picky(FolderObjectStore):
    """A store that takes everything but one object, and notes what it took."""

    def __init__(self, store: FolderObjectStore, refused: str) -> None:
        super().__init__(store._directory)
        self._refused = refused
        self.put: list[str] = []

    def put_file(self, key: str, path: Path) -> None:
        if path.name == self._refused:
            raise StoreRefuses("pictures", "EntityTooLarge")
        super().put_file(key, path)
        self.put.append(path.name)


def study_row(number: int) -> InstanceRow:
    """Of a study of its own."""
    study = f"1.2.{number + 10}"
    return row(sop_instance_uid=f"{study}.1.1", series_uid=f"{study}.1", study_uid=study, data=b"body" * 1000)


class Shipyard:
    def __init__(self, spool: Spool, index: Index, engine: Engine, folder: Path) -> None:
        self.spool, self.index, self.engine = spool, index, engine
        self.store = FolderObjectStore(folder)
        self.bytes = Bytes(spool.directory, self.store, engine)

    def instance(self, uid: str = "1.2.3.1") -> Instance:
        with snapshot(self.engine) as tx:
            found = instance_of(tx, uid)
        assert found is not None
        return found

    def states(self) -> list[str]:
        with snapshot(self.engine) as tx:
            return list(tx.execute(sa.select(tables.segment.c.state)).scalars())

    def ship(self, now: datetime = NOON) -> int:
        return ship(self.engine, self.spool.directory, self.store, now)

    def in_spool(self) -> list[Path]:
        return list(self.spool.directory.glob("segments/*/*.tar"))


@pytest.fixture
def yard(database_url: str, tmp_path: Path) -> Iterator[Shipyard]:
    with opened(database_url, tmp_path / "spool") as (spool, index, engine):
        yield Shipyard(spool, index, engine, tmp_path / "objects")


def test_an_instance_is_read_the_same_before_and_after_it_was_stored(yard: Shipyard) -> None:
    store(yard.spool, yard.index, row(), b"body" * 1000)
    instance = yard.instance()
    seen = [yard.bytes.read(instance, 0, instance.size)]
    nothing = yard.ship()
    yard.spool.close()
    shipped = yard.ship()
    seen.append(yard.bytes.read(instance, 0, instance.size))
    yard.ship(LATER)
    seen += [yard.bytes.read(instance, 0, instance.size), b"".join(yard.bytes.stream(instance))]

    assert (nothing, shipped, yard.states(), yard.in_spool()) == (0, 1, ["stored"], [])
    assert seen == [HEAD + b"body" * 1000] * 4
    assert yard.bytes.read(instance, len(HEAD) + 4, 4) == b"body"
    assert b"".join(yard.bytes.stream(instance, len(HEAD), 6)) == b"bodybo"


def test_rows_that_the_index_did_not_take_are_entered_before_the_spool_lets_go(yard: Shipyard) -> None:
    write(yard.spool, row(), b"body")
    yard.spool.close()
    yard.ship()

    assert yard.bytes.read(yard.instance(), len(HEAD), 4) == b"body"


def test_an_object_that_reads_back_wrong_is_not_called_stored(yard: Shipyard, tmp_path: Path) -> None:
    store(yard.spool, yard.index, row(), b"body" * 1000)
    yard.spool.close()
    (path,) = yard.in_spool()
    with path.open("r+b") as file:  # what a failing disk does between the seal and the put
        file.seek(5000)
        file.write(b"X")
    with pytest.raises(ExceptionGroup) as raised:
        yard.ship()

    assert raised.group_contains(StoredBadly)
    assert (yard.states(), len(yard.in_spool())) == (["sealed"], 1)


def test_segments_that_cannot_be_stored_keep_no_other_waiting(yard: Shipyard) -> None:
    for number in range(25):
        store(yard.spool, yard.index, study_row(number), b"body" * 1000)
        yard.spool.close()  # one segment each
    oldest_first = sorted(yard.in_spool(), key=lambda path: path.name)
    for path in oldest_first[:22]:  # more than one round takes
        with path.open("r+b") as file:
            file.seek(5000)
            file.write(b"X")
    postponed = Postponed()
    failed: list[int] = []
    for minutes in (0, 0, 0, 2):
        try:
            ship(yard.engine, yard.spool.directory, yard.store, NOON + timedelta(minutes=minutes), postponed)
            failed.append(0)
        except ExceptionGroup as group:
            failed.append(len(group.exceptions))

    assert failed == [20, 2, 0, 20]
    assert yard.states().count("stored") == 3
    with snapshot(yard.engine) as tx:
        assert behind_seconds(tx, NOON + timedelta(days=1)) > 0


def test_an_object_that_the_store_refuses_keeps_no_other_waiting(yard: Shipyard) -> None:
    for number in range(3):
        store(yard.spool, yard.index, study_row(number), b"body" * 1000)
        yard.spool.close()
    first, second, third = sorted(path.name for path in yard.in_spool())
    picky = Picky(yard.store, first)
    with pytest.raises(ExceptionGroup) as raised:
        ship(yard.engine, yard.spool.directory, picky, NOON)

    assert raised.group_contains(StoreRefuses)
    assert picky.put == [second, third]


def test_segments_go_up_in_the_order_in_which_they_came(yard: Shipyard) -> None:
    for number in range(4):
        store(yard.spool, yard.index, study_row(number), b"body")
        yard.spool.close()
    names = sorted(path.name for path in yard.in_spool())
    watched = Picky(yard.store, "")
    ship(yard.engine, yard.spool.directory, watched, NOON)

    assert watched.put == names
    keys = [str(path.relative_to(yard.spool.directory)) for path in yard.in_spool()]
    assert stored_of(yard.engine, [*keys, "segments/0/none.tar"]) == set(keys)
    with snapshot(yard.engine) as tx:
        assert behind_seconds(tx, NOON) == 0


def test_a_segment_of_another_node_is_away_and_not_missing(yard: Shipyard) -> None:
    store(yard.spool, yard.index, row(), b"body")
    instance = yard.instance()
    yard.spool.close()
    yard.in_spool()[0].unlink()
    with pytest.raises(HolderAway):
        yard.bytes.read(instance, 0, 1)
    with transaction(yard.engine) as tx:
        tx.execute(sa.update(tables.segment).values(state="stored"))

    with pytest.raises(BytesMissing):
        yard.bytes.stream(instance)


def test_nobody_reads_beyond_an_instance(yard: Shipyard) -> None:
    store(yard.spool, yard.index, row(), b"body")
    instance = yard.instance()
    for offset, length in ((-1, 2), (0, instance.size + 1), (instance.size, 1), (0, -1)):
        with pytest.raises(ValueError, match="outside"):
            yard.bytes.read(instance, offset, length)


def test_a_stream_that_is_given_up_leaves_no_file_open(yard: Shipyard) -> None:
    store(yard.spool, yard.index, row(), b"body")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        yard.bytes.stream(yard.instance())

    assert len(list(Path("/proc/self/fd").iterdir())) <= before


def test_decisions_are_kept_at_once_and_found_in_the_store_in_their_order(yard: Shipyard) -> None:
    for number in range(3):
        with transaction(yard.engine) as tx:
            journal.write(tx, "attribution", {"number": number, "名": "皮亚"}, NOON)
    yard.ship()
    again = journal.ship(yard.engine, yard.spool.directory, yard.store, LATER)

    assert again == 0
    assert [one.payload["number"] for one in journal.decisions(yard.store)] == [0, 1, 2]
    assert {(one.kind, one.at) for one in journal.decisions(yard.store)} == {("attribution", NOON)}
    assert list(yard.spool.directory.glob("journal/*/*")) == []


class _PutTooLate(FolderObjectStore):
    """A folder to which an object goes when its segment has just been replaced and deleted by others."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        super().__init__(folder)
        self._engine = engine

    def put_file(self, key: str, path: Path) -> None:
        with transaction(self._engine) as tx:
            tx.execute(sa.update(tables.segment).values(state=SegmentState.GONE))
        super().put_file(key, path)


def test_what_was_deleted_while_it_was_put_does_not_come_back(yard: Shipyard, tmp_path: Path) -> None:
    store(yard.spool, yard.index, row(), b"erased")
    yard.spool.close()
    late = _PutTooLate(tmp_path / "objects", yard.engine)

    shipped = ship(yard.engine, yard.spool.directory, late, NOON)

    assert (shipped, yard.states()) == (0, ["gone"])
    assert list((tmp_path / "objects").rglob("*.tar")) == []
