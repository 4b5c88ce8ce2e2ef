"""Transactions: how long they are open, and what may not happen meanwhile."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from storage import files, open_transactions
from storage.database import snapshot, transaction
from storage.objects.store import FolderObjectStore
from storage.open_transactions import SlowInTransaction, is_writing, outside_transaction


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
