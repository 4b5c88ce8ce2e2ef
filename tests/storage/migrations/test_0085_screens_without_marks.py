"""A case that was put aside before comes back with its screen; what was measured on it is gone."""

from __future__ import annotations

import json

from sqlalchemy.engine import Engine

from reading.queue import leases
from reading.queue.screen_state import ScreenState, Window
from storage.database import snapshot, transaction
from storage.schema import migrate
from tests.storage.migrations.test_0019_receipt_of_one_case import NOON, PARENTS
from tests.storage.migrations.upgrading import insert_as_it_was, upgrade_to_before

MARK = {"instance_uid": "1.1.1.1", "frame": 1, "points": [[0, 0, 1.5], [10, 2.5, 1.5]]}
SCREEN = {"series_uid": "1.1.1", "index": 3, "window": {"center": 40, "width": 400}, "inverted": True, "prior": ""}


def test_a_screen_of_before_has_no_marks(empty: Engine) -> None:
    upgrade_to_before(empty, "0085")
    held = {"person_id": "T", "grant_id": "G", "step": "read", "taken_at": NOON, "expires_at": NOON, "revision": 2}
    with transaction(empty) as tx:
        for table, row in PARENTS.items():
            columns = {"clock_wrong" if key == "clock_ahead" else key: value for key, value in row.items()}
            if table == "policy":
                columns.pop("since")
            if table == "case":
                for case_id in ("C", "D"):
                    insert_as_it_was(tx, table, columns | {"id": case_id})
                continue
            insert_as_it_was(tx, table, columns)
        role = {"id": "G", "person_id": "T", "organisation_id": "S", "role": "reader", "since": NOON}
        insert_as_it_was(tx, "role_grant", role)
        screen = json.dumps(SCREEN | {"marks": [MARK]})
        insert_as_it_was(tx, "lease", held | {"case_id": "C", "parked_at": NOON, "screen": screen})
        insert_as_it_was(tx, "lease", held | {"case_id": "D"})

    migrate(empty)

    with snapshot(empty) as tx:
        aside, held_now = leases.lease_of(tx, "C"), leases.lease_of(tx, "D")
    assert aside is not None
    assert held_now is not None
    window = Window(center=40, width=400)
    assert aside.screen == ScreenState(series_uid="1.1.1", index=3, window=window, inverted=True)
    assert held_now.screen is None
