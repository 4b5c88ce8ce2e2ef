"""The worker's intake: every study that received something gets its case, whatever is wrong with another."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from reading.audit import Audit
from reading.cases import cases
from reading.kinds import Level
from reading.patients.keys import keys_in
from reading.register import organisations
from reading.reports.seal import Seal
from reading.sessions import attempts
from service.installation.house import House
from service.installation.installation import Folders
from service.installation.settings import Settings
from service.steps import steps
from storage.database import snapshot, transaction
from storage.decisions.placement import apply
from storage.decisions.placement_changes import Hidden
from storage.index.queries import Index
from storage.objects.store import FolderObjectStore
from tests import engines
from tests.storage.instances import place, provenance, row


@dataclass
class Clock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Here:
    """A worker's house with an index to put studies in."""

    house: House
    index: Index
    clock: Clock
    site_id: str
    _number: int = field(default=0)

    def arrive(self, study_uid: str, *, site_id: str | None = None, received_at: datetime | None = None) -> None:
        self._number += 1
        came = provenance(site_id=site_id or self.site_id, received_at=received_at or self.clock.now)
        self.index.enter(row(self._number, study_uid=study_uid, series_uid=f"{study_uid}.1"), place(self._number), came)

    def has_case(self, study_uid: str) -> bool:
        with snapshot(self.house.engine) as tx:
            return cases.of_study(tx, study_uid) is not None


@pytest.fixture
def here(engine: Engine, database_url: str, tmp_path: Path, now: datetime) -> Iterator[Here]:
    clock = Clock(now)
    house = House(
        settings=Settings(data_dir=tmp_path),
        folders=Folders(data=tmp_path),
        clock=clock,
        engine=engine,
        keys=keys_in(tmp_path / "keys"),
        seal=Seal.from_folder(tmp_path / "keys"),
        audit=Audit("test/worker"),
        object_store=FolderObjectStore(tmp_path / "objects"),
    )
    with transaction(engine) as tx:
        site = organisations.add(tx, code="TOWN", name="卫生院", level=Level.TOWNSHIP, now=now)
    with engines.pointed(database_url) as other:
        index = Index(other)
        yield Here(house, index, clock, site.id)
        index.close()


def test_a_study_that_cannot_be_taken_in_keeps_none_waiting_and_is_tried_again(here: Here) -> None:
    intake = steps._intake(here.house)
    here.arrive("1.2.10", site_id="01KNOSUCHSITE0000000000000")
    here.arrive("1.2.11")
    first = intake()
    at_once = intake()
    here.clock.now += timedelta(seconds=40)
    here.arrive("1.2.12")
    later = intake()

    assert (first, at_once, later) == (1, 0, 1)
    assert here.has_case("1.2.11")
    assert here.has_case("1.2.12")
    assert not here.has_case("1.2.10")


def test_what_was_received_long_ago_and_replayed_now_gets_its_case(here: Here) -> None:
    here.arrive("1.2.20", received_at=here.clock.now - timedelta(days=3))
    intake = steps._intake(here.house)
    taken = intake()
    again = intake()

    assert (taken, again) == (1, 0)
    assert here.has_case("1.2.20")


def test_more_of_a_study_is_taken_in_again(here: Here) -> None:
    intake = steps._intake(here.house)
    here.arrive("1.2.30")
    counts = [intake(), intake()]
    here.arrive("1.2.30")
    counts += [intake(), intake()]

    assert counts == [1, 0, 1, 0]


def test_one_that_comes_while_another_is_hidden_is_taken_in_and_what_shows_nothing_is_not(here: Here) -> None:
    intake = steps._intake(here.house)
    here.arrive("1.2.40")
    counts = [intake()]
    here.clock.now += timedelta(seconds=1)
    here.arrive("1.2.40")
    here.arrive("1.2.50")
    with transaction(here.house.engine) as tx:
        apply(tx, [Hidden(sop_instance_uids=("1.2.3.1", "1.2.3.3"))], here.clock.now)
    counts += [intake(), intake()]

    assert counts == [1, 1, 0]
    assert not here.has_case("1.2.50")


def test_failed_proofs_that_count_no_longer_are_forgotten(here: Here) -> None:
    forget = next(one for one in steps.of(here.house, threading.Event()) if one.name == "forget failed proofs")
    with transaction(here.house.engine) as tx:
        attempts.begin(tx, attempts.of_session(here.house.keys, bytes(32)), here.clock.now)
    at_once = forget.run()
    here.clock.now += timedelta(hours=25)
    later = forget.run()

    assert (at_once, later) == (0, 1)
