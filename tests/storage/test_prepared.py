"""What the driver runs itself is what SQLAlchemy would have run, values and errors alike."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError, IntegrityError

from storage import tables
from storage.database import insert_new_on, snapshot, transaction
from storage.prepared import Prepared, fetch, write
from tests.storage.instances import NOON

QUARANTINE = Prepared(lambda dialect: insert_new_on(dialect, tables.quarantine))
HOLDING = Prepared(lambda dialect: insert_new_on(dialect, tables.holding))
SHARED = Prepared(
    lambda _dialect: (
        sa.select(tables.holding.c.sop_instance_uid, tables.holding.c.site_id)
        .where(tables.holding.c.shared == sa.bindparam("shared"))
        .order_by(tables.holding.c.sop_instance_uid)
    )
)


def refused(number: int, **known: Any) -> dict[str, Any]:
    return {"id": f"{number:026}", "reason": "held", "size": 1, "digest": bytes(range(32)), "received_at": NOON} | known


def holding(number: int, *, shared: bool = False) -> dict[str, Any]:
    uids = {"study_uid": "1.2.3", "sop_instance_uid": f"1.2.3.{number}"}
    return {**uids, "site_id": "S" * 26, "device_id": "D" * 26, "received_at": NOON, "shared": shared}


def test_values_of_every_kind_come_back(engine: Engine) -> None:
    moment = datetime(2026, 3, 2, 8, 0, 0, 123456, tzinfo=UTC)
    with transaction(engine) as tx:
        touched = write(tx, [(QUARANTINE, [refused(1, row={"name": "王^秀英"}, received_at=moment), refused(2)])])

    with snapshot(engine) as tx:
        first, second = tx.execute(sa.select(tables.quarantine).order_by(tables.quarantine.c.id)).mappings()
    assert touched == [2]
    assert (first["row"], first["received_at"], first["digest"]) == ({"name": "王^秀英"}, moment, bytes(range(32)))
    assert (second["row"], second["settled_at"], second["size"]) == (None, None, 1)


def test_each_statement_tells_how_many_rows_it_touched(engine: Engine) -> None:
    with transaction(engine) as tx:
        write(tx, [(HOLDING, [holding(1), holding(2, shared=True)])])
        touched = write(tx, [(HOLDING, [holding(2), holding(3), holding(4)]), (QUARANTINE, [refused(1)])])
        found = fetch(tx, SHARED, {"shared": False})

    assert touched == [2, 1]
    assert found == [("1.2.3.1", "S" * 26), ("1.2.3.3", "S" * 26), ("1.2.3.4", "S" * 26)]


def test_what_the_driver_raises_is_sqlalchemys(engine: Engine) -> None:
    without_site = {**holding(1), "site_id": None}
    with pytest.raises(IntegrityError), transaction(engine) as tx:
        write(tx, [(HOLDING, [holding(2)]), (HOLDING, [without_site])])

    with snapshot(engine) as tx:
        assert fetch(tx, SHARED, {"shared": False}) == []


def test_a_lost_server_is_told_apart(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite lives and dies with us")
    with engine.connect() as tx:
        pid = tx.execute(sa.select(sa.func.pg_backend_pid())).scalar_one()
        with transaction(engine) as other:
            other.execute(sa.select(sa.func.pg_terminate_backend(pid)))
        with pytest.raises(DBAPIError) as raised:
            write(tx, [(HOLDING, [holding(1)])])

    assert raised.value.connection_invalidated
