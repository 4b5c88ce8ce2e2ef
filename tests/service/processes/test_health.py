"""What /readyz says of the parts of a node: one that fails takes it out of service, a late object store does not."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from service.installation.heartbeat import Part, Role, expect, forget
from service.installation.installation import Folders
from service.processes.health import State, is_ready, readiness
from storage import tables
from storage.database import transaction


def folders_in(path: Path) -> Folders:
    folders = Folders(data=path)
    folders.run.mkdir()
    folders.spool.mkdir()
    return folders


def test_an_object_store_that_is_behind_is_said_and_fails_nothing(
    engine: Engine, tmp_path: Path, now: datetime
) -> None:
    folders = folders_in(tmp_path)
    with transaction(engine) as tx:
        sealed = {"id": "01K", "study_uid": "1.2", "node": "scp1", "key": "k", "state": "sealed", "opened_at": now}
        tx.execute(sa.insert(tables.segment).values(**sealed, sealed_at=now))
    soon, later = (readiness(engine, folders, now + timedelta(minutes=minutes)) for minutes in (1, 6))

    assert (soon["object_store"], later["object_store"]) == (State.OK, State.BEHIND)
    assert is_ready(soon)
    assert is_ready(later)


def test_one_silent_listener_of_two_fails_until_it_is_forgotten(engine: Engine, tmp_path: Path, now: datetime) -> None:
    folders = folders_in(tmp_path)
    (folders.run / "scp.alive").write_text("1\n", "ascii")
    alone = readiness(engine, folders, now)["dicom"]
    expect(folders.run, Part(role=Role.SCP, number=2, of=2))
    with_a_silent_one = readiness(engine, folders, now)
    forget(folders.run, Role.SCP)

    assert alone is State.OK
    assert with_a_silent_one["dicom"] is State.FAILED
    assert not is_ready(with_a_silent_one)
    assert readiness(engine, folders, now)["dicom"] is State.ELSEWHERE
