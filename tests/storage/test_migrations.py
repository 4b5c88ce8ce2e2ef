"""Migrations that change tables with data in them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Engine

import storage
from storage.schema import is_current, migrate

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC).isoformat(sep=" ")


def at(engine: Engine, revision: str) -> None:
    """Make the database anew at a revision."""
    with engine.connect() as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
        else:
            connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
            for table in sa.inspect(connection).get_table_names():
                connection.exec_driver_sql(f'DROP TABLE "{table}"')
    config = Config()
    config.set_main_option("script_location", str(Path(storage.__file__).parent / "migrations"))
    with engine.connect() as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def test_0003_gives_each_procedure_the_state_of_its_order(engine: Engine) -> None:
    at(engine, "0002")
    with engine.connect() as connection, connection.begin():
        for statement in (
            "INSERT INTO organisation (id, code, name, level, since) VALUES ('S', 'T01', 'Hills', 'township', :now)",
            "INSERT INTO patient (id, number, name, created_at) VALUES ('P', '0123456789', 'Pia', :now)",
        ):
            connection.execute(sa.text(statement), {"now": NOON})
        for number, state in enumerate(("placed", "arrived", "cancelled")):
            connection.execute(
                sa.text(
                    "INSERT INTO imaging_order (id, site_id, patient_id, accession_number, modality, priority, state,"
                    " scheduled_at, created_at) VALUES (:id, 'S', 'P', :id, 'DX', 'routine', :state, :now, :now)"
                ),
                {"id": f"O{number}", "state": state, "now": NOON},
            )
            for part in ("CHEST", "HAND"):
                connection.execute(
                    sa.text(
                        "INSERT INTO procedure (id, order_id, body_part, study_uid) VALUES (:id, :order, :part, :id)"
                    ),
                    {"id": f"O{number}{part}", "order": f"O{number}", "part": part},
                )

    migrate(engine)

    with engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT order_id, state FROM procedure ORDER BY id")).all()
        devices = connection.execute(sa.text("SELECT DISTINCT device_id FROM imaging_order")).all()
    assert [tuple(row) for row in rows] == [
        *[("O0", "placed")] * 2,
        *[("O1", "arrived")] * 2,
        *[("O2", "cancelled")] * 2,
    ]
    assert [tuple(row) for row in devices] == [(None,)]
    assert is_current(engine)
