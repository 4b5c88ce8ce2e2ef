"""What stays is changed and removed by nobody, not even by the owner, on either database; what may change does."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DatabaseError

from storage.database import metadata, transaction
from storage.tables.rights import CHANGED_IN_PART, INSERT_ONLY
from tests.storage.backup.test_database_dump import fill


@pytest.fixture
def full(engine: Engine, now: datetime) -> Engine:
    """A row in every table: SQLite's triggers look at rows."""
    with transaction(engine) as tx:
        fill(tx, now)
    return engine


def refused(engine: Engine, statement: sa.Executable) -> bool:
    try:
        with transaction(engine) as tx:
            assert tx.execute(statement).rowcount > 0
    except DatabaseError as error:
        return "insert-only" in str(error.orig) or "keeps what it says" in str(error.orig)
    return False


def test_nothing_that_stays_is_changed_or_removed(full: Engine) -> None:
    harms = [
        harm
        for name in sorted(INSERT_ONLY)
        for table in [metadata.tables[name]]
        for harm in (table.delete(), *(table.update().values({one: table.c[one.name]}) for one in table.columns))
    ]

    assert [str(harm) for harm in harms if not refused(full, harm)] == []


@pytest.mark.parametrize("name", sorted(CHANGED_IN_PART))
def test_only_what_may_change_of_the_rest_does(full: Engine, name: str) -> None:
    table = metadata.tables[name]
    changed = {one.name for one in table.columns if not refused(full, table.update().values({one: table.c[one.name]}))}

    assert changed == set(CHANGED_IN_PART[name])
    assert refused(full, table.delete())
