"""On PostgreSQL the application's role reads and writes as its tables need, and can change nothing that stays."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy.engine import Engine
from sqlalchemy.exc import ProgrammingError

import reading.tables
import storage.tables
from reading.access.report_seals import check_reports
from storage.database import metadata, snapshot, transaction
from storage.tables.rights import (
    CHANGED_IN_PART,
    DELETED_FROM,
    INSERT_ONLY,
    READ_ONLY,
    grant,
    granted,
    is_owner,
    wanted,
)
from tests import engines
from tests.postgresql import APPLICATION, Cluster, as_application
from tests.reading.anchors.anchored import anchor, check, places_in
from tests.reading.clinic import arrive, found_clinic, read
from tests.running import REPOSITORY, TierRead

TABLES: Final = (reading.tables.case, storage.tables.study)


@pytest.fixture(scope="module")
def owner(cluster: Cluster) -> Iterator[Engine]:
    """A database with the rights as `tierread prepare` gives them; what is refused leaves it as it is."""
    url = cluster.new_database()
    with engines.pointed(url) as engine:
        grant(engine, APPLICATION)
        yield engine
    cluster.drop(url)


@pytest.fixture(scope="module")
def application(owner: Engine) -> Iterator[Engine]:
    with engines.pointed(as_application(owner.url.render_as_string(hide_password=False))) as engine:
        yield engine


def refused(engine: Engine, statement: str) -> bool:
    try:
        with transaction(engine) as tx:
            tx.exec_driver_sql(statement)
    except ProgrammingError as error:
        return getattr(error.orig, "sqlstate", "") == "42501"
    return False


def test_every_table_has_the_rights_that_are_derived_from_it(owner: Engine) -> None:
    with snapshot(owner) as tx:
        found = {table: granted(tx, APPLICATION, table) for table in metadata.tables}

    assert found == {table: wanted(table) for table in metadata.tables}
    assert INSERT_ONLY | DELETED_FROM | CHANGED_IN_PART.keys() <= metadata.tables.keys()
    assert READ_ONLY.isdisjoint(metadata.tables)


def test_it_may_remove_where_the_code_removes() -> None:
    """Searched in the code: a new table that rows are removed from is named here, not by the first who is refused."""
    said = re.compile(r"(?:\bdelete\((?:tables\.)?(\w+)\)|\b(\w+)\.delete\(\))")
    files = [path for room in ("reading", "storage") for path in (REPOSITORY / room).rglob("*.py")]
    names = {
        "".join(groups).lstrip("_").lower()
        for path in files
        if "migrations" not in path.parts
        for groups in said.findall(path.read_text("utf-8"))
    }

    assert len(names & DELETED_FROM) >= 10
    assert names & metadata.tables.keys() <= DELETED_FROM


@pytest.mark.parametrize("table", sorted(INSERT_ONLY))
def test_what_stays_cannot_be_changed_as_the_application(application: Engine, table: str) -> None:
    column = next(iter(metadata.tables[table].columns)).name
    harms = (
        f"UPDATE {table} SET {column} = {column}",
        f"DELETE FROM {table}",
        f"TRUNCATE {table}",
        f"ALTER TABLE {table} DISABLE TRIGGER ALL",
        f"ALTER TABLE {table} ADD COLUMN other integer",
        f"DROP TABLE {table}",
        f"CREATE TRIGGER other BEFORE INSERT ON {table} EXECUTE FUNCTION audit_event_is_insert_only()",
    )

    assert [harm for harm in harms if not refused(application, harm)] == []


def test_the_application_is_no_owner_and_cannot_make_itself_one(owner: Engine, application: Engine) -> None:
    harms = (
        "DROP TRIGGER audit_event_is_insert_only ON audit_event",
        "DROP FUNCTION audit_event_is_insert_only() CASCADE",
        "SET session_replication_role = replica",
        "SET ROLE tierread",
        f"ALTER ROLE {APPLICATION} SUPERUSER",
        "CREATE TABLE other (id integer)",
        "UPDATE report_version SET content = content",
        "DELETE FROM report_version",
        "DELETE FROM person",
        "UPDATE alembic_version SET version_num = version_num",
    )
    with snapshot(application) as tx:
        owns = is_owner(tx)
    with snapshot(owner) as tx:
        does = is_owner(tx)

    assert [harm for harm in harms if not refused(application, harm)] == []
    assert (owns, does) == (False, True)


def test_the_clinic_works_as_the_application(application: Engine, now: datetime, tmp_path: Path) -> None:
    with transaction(application) as tx:
        clinic = found_clinic(tx, now)
        version = read(tx, clinic, clinic.ada, arrive(tx, clinic, "1.2", now).id, now)
    where = places_in(application, tmp_path)
    anchor(where, now)

    assert version.released_at is None or version.released_at == now
    assert [page.broken for page in check_reports(application, clinic.seal.public_key)] == [()]
    assert check(where).sound


@pytest.mark.timeout(120)
def test_the_product_runs_as_the_application_and_says_so_when_it_is_the_owner(cluster: Cluster, tmp_path: Path) -> None:
    url = cluster.new_database()
    application = as_application(url)
    alone = TierRead(tmp_path / "alone", database_url=application)
    without_rights = alone.run("org", "list")
    both = TierRead(tmp_path / "both", database_url=application, settings={"TIERREAD_DATABASE_OWNER_URL": url})
    both.admin("org", "add", "T1", "卫生院", "--level", "township")
    both.start()
    try:
        cast = both.cast()
        assert both.sign_in(cast.tang).get("/api/cases").status_code == 200
        assert both.stop() == 0
    finally:
        both.close()
    checked = both.run("verify", "--json")
    again = TierRead(tmp_path / "both", database_url=application).run("org", "list", "--json")
    cluster.drop(url)

    assert without_rights.returncode != 0
    assert checked.returncode == 0, checked.stdout
    assert again.returncode == 0, "who does not know the owner works with the rights that it gave"
