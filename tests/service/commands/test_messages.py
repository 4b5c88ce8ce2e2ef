"""`tierread messages`: what failed is listed without its number, sent again, and given up."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from reading import outbox
from reading.messages import addressing, queue
from reading.messages.routes import Audience
from reading.patients.keys import keys_in
from reading.tables import organisation
from storage.database import connect, transaction
from storage.ids import new_id
from tests.running import TierRead


def test_what_failed_is_listed_sent_again_and_given_up(tmp_path: Path) -> None:
    tierread = TierRead(tmp_path)
    tierread.admin("org", "add", "HILLS", "Hills", "--level", "township", "--telephone", "13800138000")
    now, engine = datetime.now(UTC), connect(tierread.database_url)
    keys = keys_in(tierread.data_dir / "keys")
    with transaction(engine) as tx:
        site_id = tx.scalar(sa.select(organisation.c.id).where(organisation.c.code == "HILLS"))
        outbox.post(tx, "referral.sent", new_id(), {"organisation_id": site_id}, now)
        addressing.address(tx, keys, [Audience.STAFF], now)
        due = queue.claim(tx, keys, now)
        assert due is not None
        queue.failed(tx, due, "refused", now, for_good=True, away=False)
    engine.dispose()
    (failed,) = tierread.admin("messages", "list")
    tierread.admin("messages", "retry", due.id)
    (waiting,) = tierread.admin("messages", "list", "--state", "waiting")
    tierread.admin("messages", "give-up", due.id)
    again = tierread.run("messages", "retry", due.id)

    assert (failed["event"], failed["org"], failed["failure"]) == ("referral.sent", "Hills", "refused")
    assert "13800138000" not in str(failed)
    assert (waiting["id"], waiting["attempts"]) == (due.id, 0)
    assert tierread.admin("messages", "list") == []
    assert again.returncode != 0
