"""People who were there before have set nothing, and may."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading.tables import person, personal_setting
from storage.database import snapshot, transaction
from storage.schema import migrate
from tests.storage.migrations.test_0019_receipt_of_one_case import PARENTS
from tests.storage.migrations.upgrading import insert_as_it_was, upgrade_to_before


def test_people_of_before_stay_and_may_set_something(empty: Engine, now: datetime) -> None:
    upgrade_to_before(empty, "0093")
    with transaction(empty) as tx:
        there = {column["name"] for column in sa.inspect(tx).get_columns("person")}
        insert_as_it_was(tx, "person", {key: value for key, value in PARENTS["person"].items() if key in there})

    migrate(empty)

    with transaction(empty) as tx:
        someone = tx.execute(sa.select(person.c.id)).scalar_one()
        before = tx.execute(sa.select(personal_setting)).all()
        row = {"person_id": someone, "name": "grids", "value": {"CT": "2x2"}, "revision": 1, "changed_at": now}
        tx.execute(sa.insert(personal_setting), row)
    with snapshot(empty) as tx:
        kept = tx.execute(sa.select(personal_setting)).one()
    assert before == []
    assert (kept.value, kept.revision) == ({"CT": "2x2"}, 1)
