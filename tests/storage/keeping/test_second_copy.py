"""A second store has what the first has, and gives it where the first cannot."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from storage import tables
from storage.database import snapshot, transaction
from storage.index import journal
from storage.index.queries import Index, instance_of
from storage.keeping import second_copy
from storage.keeping.second_copy import Backlog, CopyOutcome
from storage.keeping.shipping import ship
from storage.nodes.reader import Bytes
from storage.objects.store import FolderObjectStore
from storage.records import Instance
from storage.segments.spool import Spool
from tests.storage.instances import NOON, opened, row, store

HOUR = timedelta(hours=1)


class Vault:
    def __init__(self, spool: Spool, index: Index, engine: Engine, folder: Path) -> None:
        self.spool, self.index, self.engine, self.folder = spool, index, engine, folder
        self.first = FolderObjectStore(folder / "first", links=False)
        self.second = FolderObjectStore(folder / "second", links=False)
        store(spool, index, row(), b"body" * 1000)
        spool.close()
        ship(engine, spool.directory, self.first, NOON)

    def copy(self, node: str = "here", now: timedelta = timedelta(0)) -> CopyOutcome:
        return second_copy.copy_segments(self.engine, self.spool.directory, self.first, self.second, node, NOON + now)

    def backlog(self) -> Backlog:
        with snapshot(self.engine) as tx:
            return second_copy.backlog(tx)

    def instance(self) -> Instance:
        with snapshot(self.engine) as tx:
            found = instance_of(tx, "1.2.3.1")
        assert found is not None
        return found

    def files(self, which: str) -> list[Path]:
        return [path for path in (self.folder / which).rglob("*") if path.is_file()]


@pytest.fixture
def vault(database_url: str, tmp_path: Path) -> Iterator[Vault]:
    with opened(database_url, tmp_path / "spool") as (spool, index, engine):
        yield Vault(spool, index, engine, tmp_path)


def test_what_is_stored_is_copied_once(vault: Vault) -> None:
    waiting, copied, left, again = vault.backlog(), vault.copy(), vault.backlog(), vault.copy()
    (first,), (second,) = vault.files("first"), vault.files("second")

    assert (waiting, left) == (Backlog(segments=1, oldest=NOON), Backlog(segments=0, oldest=None))
    assert (copied.segments, again.segments) == (1, 0)
    assert (first.read_bytes(), first.stat().st_ino != second.stat().st_ino) == (second.read_bytes(), True)


def test_another_node_copies_what_its_own_has_not_from_the_store(vault: Vault) -> None:
    for path in vault.files("spool"):
        path.unlink()
    at_once, later = vault.copy("there"), vault.copy("there", 2 * HOUR)

    assert (at_once.segments, later.segments, len(vault.files("second"))) == (0, 1, 1)
    assert vault.files("spool") == []


def test_what_is_damaged_is_no_copy(vault: Vault) -> None:
    for path in vault.files("spool"):
        path.unlink()
    (first,) = vault.files("first")
    content = bytearray(first.read_bytes())
    content[6000] ^= 1
    first.write_bytes(content)
    copied = vault.copy()

    assert (copied, vault.files("second")) == (CopyOutcome(segments=0, damaged=(vault.instance().segment_id,)), [])


def test_readers_take_the_copy_where_the_first_has_lost_or_damaged_it(vault: Vault) -> None:
    vault.copy()
    for path in vault.files("spool"):
        path.unlink()
    bytes_ = Bytes(vault.spool.directory, vault.first, vault.engine, copy=vault.second)
    one = vault.instance()
    whole = bytes_.read(one, 0, one.size)
    (first,) = vault.files("first")
    first.write_bytes(bytes(first.stat().st_size))
    with transaction(vault.engine) as tx:
        tx.execute(sa.update(tables.instance).values(damaged=True))
    damaged = bytes_.read(vault.instance(), 0, one.size)
    first.unlink()
    with transaction(vault.engine) as tx:
        tx.execute(sa.update(tables.instance).values(damaged=False))

    assert whole == damaged == bytes_.read(vault.instance(), 0, one.size)


def test_the_copy_of_what_was_given_up_goes_too(vault: Vault) -> None:
    vault.copy()
    kept = second_copy.forget_gone(vault.engine, vault.second)
    with transaction(vault.engine) as tx:
        tx.execute(sa.update(tables.segment).values(state="gone"))
    forgotten = second_copy.forget_gone(vault.engine, vault.second)

    assert (kept, forgotten, vault.files("second"), second_copy.forget_gone(vault.engine, vault.second)) == (
        0,
        1,
        [],
        0,
    )


def test_decisions_are_copied_by_day_or_all(vault: Vault) -> None:
    for _ in range(2):
        with transaction(vault.engine) as tx:
            journal.write(tx, "attribution", {"study": 1}, NOON)
    journal.ship(vault.engine, vault.spool.directory, vault.first, NOON)
    spool = vault.spool.directory
    long_ago = second_copy.copy_journal(spool, vault.first, vault.second, [NOON - 900 * timedelta(days=1)])
    all_ = second_copy.copy_journal(spool, vault.first, vault.second, None)
    again = second_copy.copy_journal(spool, vault.first, vault.second, None)

    assert (long_ago, all_, again) == (0, 2, 0)
    assert list(journal.decisions(vault.second)) == list(journal.decisions(vault.first))
