"""`tierread numbers check`: what is kept is what the rows say, and what is not is named and mended."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from reading.numbers import keeping
from reading.tables import number_cell
from storage.database import connect, transaction
from tests.reading.clinic import arrive, open_clinic, read
from tests.running import TierRead

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def test_what_is_kept_otherwise_is_named_and_mended(tmp_path: Path) -> None:
    tierread = TierRead(tmp_path)
    fresh = tierread.run("numbers", "check", "--json")
    engine = connect(f"sqlite:///{tmp_path / 'data' / 'tierread.db'}")
    with transaction(engine) as tx:
        clinic = open_clinic(tx, NOON)
        read(tx, clinic, clinic.ada, arrive(tx, clinic, "1.1", NOON).id, NOON)
    counted = tierread.run("numbers", "check", "--json")
    shown = tierread.admin("numbers", "show", "--since", "2026-03-01", "--until", "2026-03-02", "--org", "oak")
    with transaction(engine) as tx:
        right = keeping.changed(tx, 10).changes == {}
        tx.execute(sa.update(number_cell).values(released=7))
    named = tierread.run("numbers", "check", "--mend", "--json")
    after = tierread.run("numbers", "check", "--json")

    assert (fresh.returncode, json.loads(fresh.stdout)) == (0, [])
    assert (counted.returncode, right) == (0, True)
    assert {one["indicator"]: one["count"] for one in shown}["released"] == 1
    assert named.returncode == 1
    assert {one["part"] for one in json.loads(named.stdout)} == {"day"}
    assert (after.returncode, json.loads(after.stdout)) == (0, [])
    engine.dispose()
