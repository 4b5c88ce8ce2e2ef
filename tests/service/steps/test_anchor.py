"""A worker anchors the audit by itself and at its stop, and both commands tell of whoever cut it afterwards."""

from __future__ import annotations

import json
from pathlib import Path

import sqlalchemy as sa

from storage.database import connect, transaction
from tests.running import TierRead, wait_until


def test_a_tail_that_was_cut_off_is_found_by_either_command(tmp_path: Path) -> None:
    tierread = TierRead(tmp_path)
    anchors = tierread.data_dir / "objects" / "anchors"
    tierread.start()
    try:
        wait_until((anchors / "0000000001.json").exists, what="the first anchor")
        tierread.admin("org", "add", "T1", "卫生院", "--level", "township")
        assert tierread.stop() == 0
    finally:
        tierread.close()
    whole, audited = tierread.run("verify", "--json"), tierread.run("audit", "verify", "--json")
    engine = connect(tierread.database_url)
    with transaction(engine) as tx:
        looked = sa.text("SELECT max(number) FROM audit_event WHERE action = 'audit.verify'")
        assert tx.scalar(looked) is not None, "the check is on record"
        for name in tx.scalars(sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            tx.execute(sa.text(f"DROP TRIGGER {name}"))
        cut = tx.execute(sa.text("DELETE FROM audit_event WHERE action = 'organisation.add'")).rowcount
    engine.dispose()
    broken, tail = tierread.run("verify"), tierread.run("audit", "verify")
    for each in (tierread.data_dir / "keys").iterdir():
        each.rename(each.with_name(f"{each.name}.away"))
    blind = tierread.run("audit", "verify")

    assert whole.returncode == 0, whole.stdout
    assert json.loads(whole.stdout)["audit"]["after"] == 0, "the stop wrote an anchor over what the command did"
    assert (audited.returncode, json.loads(audited.stdout)["anchors"]) == (
        0,
        json.loads(whole.stdout)["audit"]["anchors"],
    )
    assert cut > 0
    assert broken.returncode == 1
    assert "an event is missing" in broken.stdout
    assert tail.returncode == 1
    assert "an event is missing" in tail.stdout
    assert blind.returncode == 1
    assert "anchors were NOT checked: the keys are missing" in blind.stdout
