"""The migrations and the tables say the same."""

from __future__ import annotations

import re
from datetime import datetime
from importlib import import_module

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Engine

import reading.tables
import storage.tables
from storage import schema
from storage.database import metadata
from storage.schema import is_current, migrate
from storage.segment_moves import SegmentState

TABLES = (storage.tables.study, reading.tables.case)


def test_migrations_equal_the_tables(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": _ours})
        difference = compare_metadata(context, metadata)

    assert difference == []


def test_the_database_takes_the_states_of_a_segment_and_no_other(engine: Engine) -> None:
    (check,) = sa.inspect(engine).get_check_constraints("segment")
    written = set(re.findall(r"'(\w+)'", check["sqltext"]))

    assert written == set(SegmentState)


def test_a_second_run_changes_nothing(engine: Engine) -> None:
    migrate(engine)

    assert is_current(engine)


def test_the_files_of_the_migrations_are_numbered_as_their_revisions() -> None:
    config = Config()
    config.set_main_option("script_location", str(schema._MIGRATIONS))
    scripts = ScriptDirectory.from_config(config)

    assert schema._revisions() == {script.revision for script in scripts.walk_revisions()}
    assert schema._newest() == scripts.get_current_head()


def test_segments_of_before_are_awaited_by_nobody(engine: Engine) -> None:
    with engine.connect() as connection, connection.begin():
        for table in ("commitment_reference", "commitment"):
            connection.exec_driver_sql(f"DROP TABLE {table}")
        connection.exec_driver_sql("ALTER TABLE segment DROP COLUMN awaited")
        connection.exec_driver_sql(
            "INSERT INTO segment (id, study_uid, node, key, state, opened_at) "
            "VALUES ('01K', '1.2.3', 'here', 'segments/01K.tar', 'open', '2026-03-02 12:00:00')"
        )
        run_step(connection, "0004_storage_commitment")
        awaited = connection.execute(sa.select(storage.tables.segment.c.awaited)).scalars().all()

    assert awaited == [False]
    test_migrations_equal_the_tables(engine)


def test_what_stood_before_the_ledger_was_completed_stands_afterwards(engine: Engine) -> None:
    before = {"id": "01KZZZZZZZZZZZZZZZZZZZZZZA", "study_uid": "1.2", "source": "quiet", "instances": 3}
    with engine.connect() as connection, connection.begin():
        for table in ("follow_up", "arriving_end"):
            connection.exec_driver_sql(f"DROP TABLE {table}")
        for table, column in (
            ("announcement", "device_id"),
            ("announcement", "about"),
            ("announcement", "fulfilled_at"),
            ("case", "arriving_since"),
        ):
            connection.exec_driver_sql(f'ALTER TABLE "{table}" DROP COLUMN {column}')
        connection.execute(
            sa.text(
                "INSERT INTO announcement (id, study_uid, source, instances, at) VALUES "
                "(:id, :study_uid, :source, :instances, '2026-03-02 08:00:00+00:00')"
            ),
            before,
        )
        run_step(connection, "0010_completeness")
        run_step(connection, "0037_not_shown")
        row = connection.execute(sa.select(reading.tables.announcement)).one()._asdict()

    assert {key: row[key] for key in before} == before
    assert (row["device_id"], row["about"], row["fulfilled_at"]) == (None, "", None)
    test_migrations_equal_the_tables(engine)


def run_step(connection: sa.Connection, name: str) -> None:
    """One migration on tables that stand as they were before it."""
    step = import_module(f"storage.migrations.versions.{name}")
    with Operations.context(MigrationContext.configure(connection)):
        step.upgrade()


def _ours(name: str | None, kind: str, _parents: object) -> bool:
    return not (kind == "table" and name is not None and name.startswith("instance_"))


def test_devices_that_were_registered_before_keep_their_entries_and_contacts(engine: Engine, now: datetime) -> None:
    with engine.begin() as tx:
        if engine.dialect.name == "postgresql":
            tx.exec_driver_sql("DROP SCHEMA public CASCADE")
            tx.exec_driver_sql("CREATE SCHEMA public")
        else:
            metadata.drop_all(tx)
            tx.exec_driver_sql("DROP TABLE alembic_version")
        schema._upgrade(tx, "0002")
        tx.execute(
            sa.text(
                "INSERT INTO organisation (id, code, name, level, since) VALUES ('S', 'T1', 'T', 'township', :now)"
            ),
            {"now": now},
        )
        tx.execute(
            sa.text(
                "INSERT INTO device (id, ae_title, network, site_id, issuer, since) "
                "VALUES ('D', 'DR1', '10.1.2.3/32', 'S', 'T1', :now)"
            ),
            {"now": now},
        )
        tx.execute(sa.text("INSERT INTO device_contact (device_id, heard_at) VALUES ('D', :now)"), {"now": now})
    migrate(engine)

    with engine.connect() as tx:
        one = tx.execute(sa.select(reading.tables.device)).one()
        contact = tx.execute(sa.select(reading.tables.device_contact)).one()
    assert (one.ae_title, one.host, one.tls_required, one.call_by_tls) == ("DR1", "", False, False)
    assert (contact.heard_at, contact.refused_called, contact.stored_at) == (now, "", None)
