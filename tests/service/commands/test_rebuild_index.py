"""`tierread rebuild-index` brings a lost index back, says what it cannot, and lets nothing be served half."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from service.installation.installation import Folders, only_one
from storage import tables
from storage.database import connect, transaction
from storage.nodes import other_nodes
from tests.running import TierRead
from tests.storage.instances import opened, row, store


@pytest.fixture
def tierread(tmp_path: Path) -> TierRead:
    """An installation with an instance in its spool, whose database is new and empty."""
    made = TierRead(tmp_path)
    made.admin("org", "add", "T1", "卫生院", "--level", "township")
    with opened(made.database_url, made.data_dir / "spool") as (spool, index, _):
        store(spool, index, row(), b"body")
    for file in made.data_dir.glob("tierread.db*"):
        file.unlink()
    return made


def test_a_lost_database_gets_its_index_and_hears_what_only_a_backup_has(tierread: TierRead) -> None:
    check, found = tierread.run("rebuild-index", "--check", "--json"), tierread.run("rebuild-index")
    again = tierread.admin("rebuild-index")
    whole = tierread.run("rebuild-index", "--check")

    assert (check.returncode, json.loads(check.stdout)["instances"]) == (1, 1)
    assert found.returncode == 0, found.stderr
    assert "1 instances, 1 holdings" in found.stdout
    assert "no organisations" in found.stdout
    assert "rebuilding" in found.stderr
    assert (again["instances"], again["without_people"]) == (0, True)
    assert whole.returncode == 0


def test_a_store_that_is_empty_is_not_believed(tierread: TierRead) -> None:
    tierread.admin("rebuild-index")
    shutil.move(tierread.data_dir / "spool" / "segments", tierread.data_dir / "elsewhere")
    refused, check = tierread.run("rebuild-index"), tierread.run("rebuild-index", "--check")

    assert (refused.returncode, check.returncode) == (3, 3)
    assert "TIERREAD_OBJECT_STORE" in refused.stderr


def test_it_does_not_run_beside_what_serves(tierread: TierRead) -> None:
    with only_one(Folders(data=tierread.data_dir), "worker"):
        refused, check = tierread.run("rebuild-index"), tierread.run("rebuild-index", "--check")

    assert (refused.returncode, check.returncode) == (3, 1)
    assert "already running" in refused.stderr


def test_it_does_not_run_beside_another_node(tierread: TierRead) -> None:
    tierread.run("rebuild-index", "--check")
    engine = connect(tierread.database_url)
    with transaction(engine) as tx:
        other_nodes.announce(tx, "scp2", "http://scp2:8081", datetime.now(UTC))
    beside = tierread.run("rebuild-index")
    with transaction(engine) as tx:
        other_nodes.announce(tx, "scp2", "http://scp2:8081", datetime.now(UTC) - timedelta(minutes=1))
    engine.dispose()

    assert (beside.returncode, "TierRead runs on scp2" in beside.stderr) == (3, True)
    assert tierread.run("rebuild-index").returncode == 0


def test_half_an_index_is_not_served(tierread: TierRead) -> None:
    tierread.run("rebuild-index", "--check")
    engine = connect(tierread.database_url)
    with transaction(engine) as tx:
        tx.execute(sa.insert(tables.rebuilding).values(name="index", started_at=datetime.now(UTC)))
    engine.dispose()
    refused = [tierread.run("serve"), tierread.run("serve", "--role", "web")]
    tierread.run("rebuild-index")

    assert [one.returncode for one in refused] == [3, 3]
    assert "run `tierread rebuild-index` to its end" in refused[0].stderr
    assert tierread.run("rebuild-index", "--check").returncode == 0
