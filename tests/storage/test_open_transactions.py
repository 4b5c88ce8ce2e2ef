"""Transactions: how long they are open, and what may not happen meanwhile."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from storage import files, open_transactions, tables
from storage.database import Durability, connect, snapshot, transaction, writing_by_driver
from storage.objects.store import FolderObjectStore
from storage.open_transactions import SlowInTransaction, is_writing, outside_transaction
from storage.prepared import write
from tests.storage.test_prepared import HOLDING, holding


def test_nothing_slow_happens_while_a_write_transaction_is_open(engine: Engine, tmp_path: Path) -> None:
    store = FolderObjectStore(tmp_path)
    with transaction(engine):
        assert is_writing()
        for slow in (
            lambda: outside_transaction("anything"),
            lambda: files.write_file(tmp_path / "a", [b"a"]),
            lambda: store.put_file("a", tmp_path / "b"),
            lambda: store.exists("a"),
            lambda: (tmp_path / "c").write_bytes(b"c"),
            lambda: subprocess.run([sys.executable, "--version"], check=True),
        ):
            with pytest.raises(SlowInTransaction):
                slow()
    assert not is_writing()
    with snapshot(engine):
        outside_transaction("anything")


def test_a_transaction_that_fails_is_over(engine: Engine) -> None:
    with pytest.raises(ValueError, match="fails"), transaction(engine):
        raise ValueError("fails")

    assert not is_writing()


def test_how_long_each_write_transaction_was_open_is_told(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[float] = []
    monkeypatch.setattr(open_transactions, "_observers", [told.append])
    with transaction(engine) as tx:
        tx.execute(sa.select(1))
    with snapshot(engine) as tx:
        tx.execute(sa.select(1))

    assert len(told) == 1
    assert told[0] > 0


def test_how_long_each_write_transaction_waited_is_told(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[float] = []
    monkeypatch.setattr(open_transactions, "_waiting_observers", [told.append])
    with transaction(engine):
        pass
    with engine.connect() as tx, writing_by_driver(tx):
        pass

    assert len(told) == 2
    assert min(told) >= 0


def test_what_the_driver_wrote_in_a_transaction_that_fails_is_gone(engine: Engine) -> None:
    def fail(tx: Connection) -> None:
        with writing_by_driver(tx):
            write(tx, [(HOLDING, [holding(1)])])
            assert is_writing()
            raise ValueError("fails")

    with engine.connect() as tx:
        with pytest.raises(ValueError, match="fails"):
            fail(tx)
        assert not is_writing()
        with writing_by_driver(tx):
            write(tx, [(HOLDING, [holding(2)])])
    with snapshot(engine) as tx:
        kept = list(tx.scalars(sa.select(tables.holding.c.sop_instance_uid)))

    assert kept == ["1.2.3.2"]


def test_nobody_waits_for_the_disk_while_another_flushes(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite has one lock for all writers; PostgreSQL flushes without us."""
    flushing, told = threading.Event(), list[str]()
    gate = threading.Event() if engine.dialect.name == "sqlite" else None
    flush = os.fdatasync

    def slow_disk(fd: int) -> None:
        flushing.set()
        assert gate is None or gate.wait(60)
        flush(fd)

    def decide() -> None:
        with transaction(engine) as tx:
            tx.execute(sa.insert(tables.holding).values(holding(1)))
        told.append("flushed")

    monkeypatch.setattr(os, "fdatasync", slow_disk)
    person = threading.Thread(target=decide)
    person.start()
    if gate is not None:
        assert flushing.wait(60)
    with engine.connect() as tx, writing_by_driver(tx):
        write(tx, [(HOLDING, [holding(2)])])
    told.append("received")
    if gate is not None:
        gate.set()
    person.join()

    assert sorted(told) == ["flushed", "received"]
    assert gate is None or told == ["received", "flushed"]


def test_a_commit_is_flushed_before_it_is_told_and_only_where_something_changed(
    sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "tierread.db"
    shutil.copy(sqlite_template, path)
    durable, quick = connect(f"sqlite:///{path}"), connect(f"sqlite:///{path}", Durability.ASYNCHRONOUS)
    found, flush = list[tuple[str, int]](), os.fdatasync

    def watched(fd: int) -> None:
        flush(fd)
        with snapshot(quick) as tx:
            found.append(
                (Path(f"/proc/self/fd/{fd}").readlink().name, len(tx.execute(sa.select(tables.holding)).all()))
            )

    named, flush_all = list[str](), os.fsync

    def watched_folder(fd: int) -> None:
        flush_all(fd)
        named.append(str(Path(f"/proc/self/fd/{fd}").readlink()))

    monkeypatch.setattr(os, "fdatasync", watched)
    monkeypatch.setattr(os, "fsync", watched_folder)
    for number, engine in enumerate((durable, quick, durable)):
        with transaction(engine) as tx:
            tx.execute(sa.insert(tables.holding).values(holding(number)))
    with transaction(durable) as tx:
        tx.execute(sa.delete(tables.holding).where(sa.false()))
    durable.dispose()
    quick.dispose()

    assert found == [("tierread.db-wal", 1), ("tierread.db-wal", 3)]
    assert named == [str(tmp_path)]  # the log's name, once while it stays


def test_a_disk_that_refuses_to_flush_is_told(
    sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "tierread.db"
    shutil.copy(sqlite_template, path)
    engine = connect(f"sqlite:///{path}")

    def refuse(_fd: int) -> None:
        raise OSError(errno.EIO, "refused")

    monkeypatch.setattr(os, "fdatasync", refuse)
    with pytest.raises(OSError, match="refused"), transaction(engine) as tx:
        tx.execute(sa.insert(tables.holding).values(holding(1)))
    engine.dispose()
