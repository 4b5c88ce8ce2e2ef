"""Nothing is erased, held or to be written out in a database from before."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from storage.schema import migrate
from tests.storage.test_migrations import NOON, at


def test_0017_leaves_what_is_there_as_it_is(engine: Engine) -> None:
    at(engine, "0016")
    with engine.connect() as connection, connection.begin():
        connection.execute(
            sa.text(
                "INSERT INTO segment (id, study_uid, node, key, state, size, opened_at)"
                " VALUES ('A', '1.2.3', 'here', 'A', 'sealed', 7, :now)"
            ),
            {"now": NOON},
        )
        columns = [column["name"] for column in sa.inspect(connection).get_columns("study")]
        known = dict.fromkeys(columns, "") | {"study_uid": "1.2.3", "received": "{}", "instances": 1}
        known |= {"first_received_at": NOON, "last_received_at": NOON, "attribution_revision": 0, "hidden": False}
        known["merged_into"] = None
        names = ", ".join(known)
        places = ", ".join(f":{name}" for name in known)
        connection.execute(sa.text(f"INSERT INTO study ({names}) VALUES ({places})"), known)

    migrate(engine)
    with engine.connect() as connection:
        study = connection.execute(sa.text("SELECT erased_at, hold FROM study")).one()
        purge = connection.execute(sa.text("SELECT purge FROM segment")).scalar_one()
        graves = connection.execute(sa.text("SELECT count(*) FROM tombstone")).scalar_one()

    assert (study.erased_at, study.hold, bool(purge), graves) == (None, "", False, 0)
