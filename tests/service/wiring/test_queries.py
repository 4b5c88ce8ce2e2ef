"""The door of queries and retrievals: a device sees its site's studies, on record, and is called by its title."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from pacs.leaving.visible_study import NotVisible
from reading.kinds import DeviceRight
from reading.patients.keys import keys_in
from reading.register import device_rights, devices
from reading.register.devices import Device
from reading.reports.seal import Seal
from reading.tables import audit_event
from service.installation.house import House, sender_of
from service.installation.installation import Folders
from service.installation.load_settings import load
from service.wiring.queries import QueryDoor
from storage.database import snapshot, transaction
from storage.objects.store import FolderObjectStore
from tests.reading.clinic import Clinic, arrive, open_clinic

STUDY = "1.2.840.1"


@pytest.fixture
def clinic(engine: Engine, now: datetime) -> Clinic:
    with transaction(engine) as tx:
        made = open_clinic(tx, now)
        arrive(tx, made, STUDY, now)
    return made


@pytest.fixture
def door(clinic: Clinic, engine: Engine, now: datetime, tmp_path: Path) -> QueryDoor:
    return QueryDoor(
        House(
            settings=load({"TIERREAD_DATA_DIR": str(tmp_path)}),
            folders=Folders(data=tmp_path),
            clock=lambda: now,
            engine=engine,
            keys=keys_in(tmp_path / "keys"),
            seal=Seal.from_folder(tmp_path / "keys"),
            audit=clinic.audit,
            object_store=FolderObjectStore(tmp_path / "objects"),
        )
    )


def add(  # noqa: PLR0917
    engine: Engine, now: datetime, site_id: str, title: str, network: str, port: int | None = 104
) -> Device:
    with transaction(engine) as tx:
        made = devices.add(
            tx,
            ae_title=title,
            network=network,
            port=port,
            site_id=site_id,
            issuer="X",
            now=now,
            character_set="GB18030",
        )
        device_rights.give(tx, made.id, frozenset(DeviceRight), now, given_by=None)
        return made


def test_a_device_sees_its_sites_studies_on_record(
    door: QueryDoor, clinic: Clinic, engine: Engine, now: datetime
) -> None:
    hills = sender_of(add(engine, now, clinic.region.hills.id, "DR1", "10.1.0.1"))
    moor = sender_of(add(engine, now, clinic.region.moor.id, "DR2", "10.1.0.2"))
    shown = door.open_study(hills, STUDY, "retrieve")
    with pytest.raises(NotVisible):
        door.open_study(moor, STUDY, "retrieve")
    scope = door.scope(hills, "search")
    asked = sa.select(audit_event.c.actor_id, audit_event.c.action, audit_event.c.outcome)
    with snapshot(engine) as tx:
        on_record = {tuple(row) for row in tx.execute(asked.where(audit_event.c.actor_kind == "machine"))}

    assert shown.study.study_uid == STUDY
    assert scope.site_ids == {clinic.region.hills.id}
    assert on_record == {
        (hills.device_id, "study.retrieve", "done"),
        (moor.device_id, "study.retrieve", "refused"),
        (hills.device_id, "study.search", "done"),
    }
    assert door.character_set(hills) == "GB18030"


def test_a_title_names_the_device_that_is_nearest_to_the_asker(
    door: QueryDoor, clinic: Clinic, engine: Engine, now: datetime
) -> None:
    region = clinic.region
    asker = add(engine, now, region.hills.id, "WS", "10.1.0.1")
    sister = add(engine, now, region.hills.id, "PACS", "10.1.0.2")
    for site_id, title, network, port in (
        (region.moor.id, "WS", "10.9.0.1", 104),
        (region.moor.id, "PACS", "10.9.0.2", 104),
        (region.moor.id, "TWICE", "10.9.0.3", 104),
        (region.lake.id, "TWICE", "10.9.0.4", 104),
        (region.hills.id, "SILENT", "10.1.0.3", None),
        (region.hills.id, "WIDE", "10.2.0.0/16", 104),
    ):
        add(engine, now, site_id, title, network, port)
    far = add(engine, now, region.city.id, "FAR", "10.9.0.5")
    named = {title: door.destination(title, sender_of(asker)) for title in (
        "WS", "PACS", "TWICE", "SILENT", "WIDE", "NOBODY", "FAR",
    )}  # fmt: skip

    assert {title: one and one.sender.device_id for title, one in named.items()} == {
        "WS": asker.id,
        "PACS": sister.id,
        "FAR": far.id,  # whether it may see a study is asked for each
        "TWICE": None,
        "SILENT": None,
        "WIDE": None,
        "NOBODY": None,
    }
    assert named["PACS"] is not None
    assert (named["PACS"].peer.host, named["PACS"].peer.port) == ("10.1.0.2", 104)
