"""Anchors are written when something happened, once among several workers, and completed after a crash."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading.anchors import anchor as anchors
from reading.anchors import places, writing
from reading.anchors.anchor import opened
from reading.tables import signature
from storage.database import snapshot, transaction
from tests.reading.anchors.anchored import SEAL, anchor, check, looks, places_in
from tests.reading.clinic import arrive, open_clinic, read

MINUTE = timedelta(minutes=1)


def test_none_is_written_before_its_time_nor_where_nothing_happened(
    engine: Engine, now: datetime, tmp_path: Path
) -> None:
    where = places_in(engine, tmp_path)
    looks(engine, now, "web", 1)
    anchor(where, now)
    looks(engine, now, "web", 1)
    early = writing.write(where, SEAL, "node", now + 9 * MINUTE, interval=10 * MINUTE)
    due = writing.write(where, SEAL, "node", now + 10 * MINUTE, interval=10 * MINUTE)
    idle = anchor(where, now + 11 * MINUTE)
    hourly = anchor(where, now + 10 * MINUTE + writing.IDLE)

    assert [one.number for one in (early, due, idle, hourly)] == [0, 2, 0, 3]


def test_one_that_was_entered_and_not_stored_is_stored_by_the_next_run(
    engine: Engine, now: datetime, tmp_path: Path
) -> None:
    where = places_in(engine, tmp_path)
    looks(engine, now, "web", 1)
    anchor(where, now)
    where.store.delete(anchors.key_of(1))  # as a crash between the two leaves it
    between = check(where)
    writing.write(where, SEAL, "node", now + MINUTE, interval=10 * MINUTE)

    assert between.sound
    assert where.store.exists(anchors.key_of(1))


def test_signatures_of_an_old_installation_are_anchored_in_parts(
    engine: Engine, now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "_MOST_SIGNATURES", 2)
    where = places_in(engine, tmp_path)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        for number in range(5):
            read(tx, clinic, clinic.ada, arrive(tx, clinic, f"1.{number}", now).id, now)
    written = [anchor(where, now + number * MINUTE) for number in range(3)]
    with snapshot(engine) as tx:
        rows = set(tx.scalars(sa.select(signature.c.id)))
    files = [places.get(where, number) for number in (1, 2, 3)]
    named = [set(opened(file, SEAL.public_key).signatures) for file in files if file is not None]

    assert [one.more for one in written] == [True, True, False]
    assert [len(one) for one in named] == [2, 2, 1]
    assert set.union(*named) == rows
