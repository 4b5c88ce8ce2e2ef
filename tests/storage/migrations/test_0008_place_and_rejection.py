"""Instances that were there before stay where they are, and are shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Engine

import storage
from storage import placement
from storage.database import connect, transaction
from storage.index import instance_of, instances_in, series_in, study_of
from tests.postgresql import Cluster
from tests.storage.instances import NOON

REVISION = "0008"
BEFORE = {
    "study": {
        "study_uid": "1.2",
        "site_id": "S",
        "received_patient_id": "P1",
        "received_issuer": "TOWN",
        "received": "{}",
        "patient_id": "P1",
        "issuer": "TOWN",
        "patient_name": "Pia^Pan",
        "patient_name_folded": "pia^pan",
        "birth_date": "",
        "sex": "",
        "study_date": "20260302",
        "study_time": "",
        "accession_number": "",
        "study_id": "",
        "referring_physician": "",
        "study_description": "",
        "instances": 1,
        "first_received_at": "2026-03-02 12:00:00+00:00",
        "last_received_at": "2026-03-02 12:00:00+00:00",
        "hidden": False,
    },
    "series": {
        "series_uid": "1.2.1",
        "study_uid": "1.2",
        "modality": "CT",
        "series_description": "",
        "body_part": "",
        "laterality": "",
        "station_name": "",
        "series_date": "",
        "series_time": "",
        "instances": 1,
    },
    "instance": {
        "sop_instance_uid": "1.2.1.1",
        "sop_class_uid": "1.3",
        "series_uid": "1.2.1",
        "study_uid": "1.2",
        "transfer_syntax_uid": "1.4",
        "segment_id": "G",
        "offset": 0,
        "size": 9,
        "dataset_offset": 1,
        "received_digest": b"d" * 32,
        "received_transfer_syntax_uid": "1.4",
        "stored_digest": b"d" * 32,
        "site_id": "S",
        "device_id": "D",
        "received_at": "2026-03-02 12:00:00+00:00",
    },
}


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An engine on a database without any table."""
    if request.param == "sqlite":
        engine = connect(f"sqlite:///{tmp_path / 'old.db'}")
        yield engine
        engine.dispose()
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    url = cluster.new_database()
    engine = connect(url)
    with transaction(engine) as tx:
        tx.exec_driver_sql("DROP SCHEMA public CASCADE")
        tx.exec_driver_sql("CREATE SCHEMA public")
    yield engine
    engine.dispose()
    cluster.drop(url)


def upgrade(engine: Engine, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(storage.__file__).parent / "migrations"))
    with engine.connect() as connection, connection.begin():
        config.attributes["connection"] = connection
        before = ScriptDirectory.from_config(config).get_revision(REVISION).down_revision
        command.upgrade(config, str(before) if revision == "before" else revision)


def test_what_was_there_is_where_it_was_and_is_shown(empty: Engine) -> None:
    upgrade(empty, "before")
    with transaction(empty) as tx:
        for name, values in BEFORE.items():
            columns = ", ".join(f'"{column}"' for column in values)
            marks = ", ".join(f":{column}" for column in values)
            tx.execute(sa.text(f'INSERT INTO "{name}" ({columns}) VALUES ({marks})'), values)
    upgrade(empty, "heads")

    with transaction(empty) as tx:
        found = instance_of(tx, "1.2.1.1")
        assert found is not None
        assert (found.moved, found.hidden, found.named) == (False, False, ("1.2", "1.2.1"))
        assert [one.sop_instance_uid for one in instances_in(tx, "1.2")] == ["1.2.1.1"]
        placement.apply(
            tx,
            [
                placement.StudyMade(study_uid="2.25.1", like="1.2"),
                placement.SeriesMoved(series_uid="1.2.1", from_study="1.2", to_study="2.25.1"),
            ],
            NOON,
        )
        assert [one.series_uid for one in series_in(tx, "2.25.1")] == ["1.2.1"]
        study = study_of(tx, "1.2")
    assert study is not None
    assert study.instances == 0
