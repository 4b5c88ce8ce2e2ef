"""Looks at studies: searches and refusals are on record, and what is no UID is not there."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.engine import Engine

from pacs.leaving.visible_study import NotVisible
from reading.actions import Action
from reading.audit import Audit
from reading.kinds import DeviceRight
from reading.register import device_rights, devices
from reading.reports.seal import Seal
from reading.tables import audit_event, case_study
from reading.viewers import Machine
from service.installation.house import House
from service.installation.installation import Folders
from service.installation.load_settings import load
from service.wiring.study_access import Looks
from storage.database import snapshot, transaction
from storage.objects.store import FolderObjectStore
from tests.reading.clinic import Clinic, arrive, open_clinic, read, take
from tests.reading.region import KEYS

STUDY = "1.2.840.1"


@pytest.fixture
def clinic(engine: Engine, now: datetime) -> Clinic:
    with transaction(engine) as tx:
        made = open_clinic(tx, now)
        arrive(tx, made, STUDY, now)
    return made


@pytest.fixture
def looks(clinic: Clinic, engine: Engine, now: datetime, tmp_path: Path) -> Looks:
    house = House(
        settings=load({"TIERREAD_DATA_DIR": str(tmp_path)}),
        folders=Folders(data=tmp_path),
        clock=lambda: now,
        engine=engine,
        keys=KEYS,
        seal=Seal(Ed25519PrivateKey.from_private_bytes(bytes(32))),
        audit=Audit("web"),
        object_store=FolderObjectStore(tmp_path / "objects"),
    )
    return Looks(house)


def on_record(engine: Engine, action: str) -> list[tuple[str, str, str]]:
    asked = sa.select(audit_event.c.actor_id, audit_event.c.subject_id, audit_event.c.outcome)
    with snapshot(engine) as tx:
        return [tuple(row) for row in tx.execute(asked.where(audit_event.c.action == action))]


def test_a_search_is_a_look(looks: Looks, clinic: Clinic, engine: Engine) -> None:
    found = [looks.scope(clinic.ada, Action.STUDY_SEARCH) for _ in range(3)]

    theirs = {clinic.region.oak.id, clinic.region.hills.id, clinic.region.lake.id}
    assert [each.site_ids for each in found] == [theirs] * 3
    assert on_record(engine, "study.search") == [(clinic.ada.person_id, "", "done")]


def test_a_study_that_is_not_hers_is_refused_on_record(looks: Looks, clinic: Clinic, engine: Engine) -> None:
    looks.open_study(clinic.ada, STUDY, "study.view")
    for study_uid in (STUDY, "1.2.3.4.5"):
        with pytest.raises(NotVisible):
            looks.open_study(clinic.quinn, study_uid, "study.view")

    assert sorted(on_record(engine, "study.view")) == sorted(
        [
            (clinic.ada.person_id, STUDY, "done"),
            (clinic.quinn.person_id, STUDY, "refused"),
            (clinic.quinn.person_id, "1.2.3.4.5", "refused"),
        ]
    )


def test_what_is_no_uid_is_not_there(looks: Looks, clinic: Clinic, engine: Engine) -> None:
    for odd in ("", "1." + "2" * 63, "1.2\0", "../1"):
        with pytest.raises(NotVisible):
            looks.open_study(clinic.ada, odd, "study.view")

    assert on_record(engine, "study.view") == []


def test_fetched_ahead_is_only_what_staff_may_take_next(
    looks: Looks, clinic: Clinic, engine: Engine, now: datetime
) -> None:
    def fetches() -> None:
        looks.open_study(clinic.ada, STUDY, Action.STUDY_FRAMES, ahead=True)

    # Given a case that waits, and then is read by somebody else, and then is final.
    fetches()
    done = (clinic.ada.person_id, STUDY, "done")
    assert (on_record(engine, "study.ahead"), on_record(engine, "study.frames")) == ([done], [])
    with transaction(engine) as tx:
        case_id = arrive(tx, clinic, "1.2.840.2", now).id
        take(tx, clinic, clinic.vera, case_id, now)
    looks.open_study(clinic.ada, "1.2.840.2", Action.STUDY_FRAMES, ahead=True)
    with transaction(engine) as tx:
        only = tx.scalar(sa.select(case_study.c.case_id).where(case_study.c.study_uid == STUDY))
        read(tx, clinic, clinic.vera, str(only), now)
    fetches()

    # Then the word of a fetch ahead is kept for the first, and the others are looks as without it.
    assert on_record(engine, "study.ahead") == [done]
    assert sorted(on_record(engine, "study.frames")) == [done, (clinic.ada.person_id, "1.2.840.2", "done")]


def test_the_earlier_pictures_of_a_case_that_waits_are_fetched_ahead_too(
    looks: Looks, clinic: Clinic, engine: Engine, now: datetime
) -> None:
    pia: dict[str, Any] = {"patient_id": "P7", "patient_name": "Pia^Park", "sex": "F", "birth_date": "19700102"}
    with transaction(engine) as tx:
        earlier = arrive(tx, clinic, "1.2.840.7", now - timedelta(days=9), **pia)
        read(tx, clinic, clinic.vera, earlier.id, now)
    looks.open_study(clinic.ada, "1.2.840.7", Action.STUDY_FRAMES, ahead=True)
    with transaction(engine) as tx:
        arrive(tx, clinic, "1.2.840.8", now, **pia)
    looks.open_study(clinic.ada, "1.2.840.7", Action.STUDY_METADATA, ahead=True)

    done = (clinic.ada.person_id, "1.2.840.7", "done")
    assert on_record(engine, "study.frames") == [done]
    assert (on_record(engine, "study.ahead"), on_record(engine, "study.metadata")) == ([done], [])


def test_whoever_may_not_see_a_study_is_refused_its_pictures_and_not_their_fetch(
    looks: Looks, clinic: Clinic, engine: Engine
) -> None:
    with pytest.raises(NotVisible):
        looks.open_study(clinic.quinn, STUDY, Action.STUDY_FRAMES, ahead=True)

    assert on_record(engine, "study.ahead") == []
    assert on_record(engine, "study.frames") == [(clinic.quinn.person_id, STUDY, "refused")]


def test_a_device_that_says_it_fetches_ahead_is_answered_as_any(
    looks: Looks, clinic: Clinic, engine: Engine, now: datetime
) -> None:
    hills = clinic.region.hills
    with transaction(engine) as tx:
        made = devices.add(tx, ae_title="WS", network="10.0.0.9", port=None, site_id=hills.id, issuer="", now=now)
        device_rights.give(tx, made.id, {DeviceRight.RETRIEVE}, now, given_by=None)
    machine = Machine(device_id=made.id, site_id=hills.id, issuer="")
    shown = looks.open_study(machine, STUDY, Action.STUDY_FRAMES, ahead=True)

    assert shown.study.study_uid == STUDY
    assert on_record(engine, "study.frames") == [(made.id, STUDY, "done")]
