"""A request for commitment is kept, and the ledger expects what it names."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from pacs.arriving.receive import Sender
from pacs.service_classes.commitment import Request
from reading import tables as reading
from reading.audit import Audit
from reading.completeness import announcements, ledger
from reading.patients.keys import keys_in
from reading.reports.seal import Seal
from service.installation.house import House
from service.installation.installation import Folders
from service.installation.settings import Settings
from service.wiring.commitment import HOLD, CommitmentDoor
from storage import tables
from storage.commitment.requests import Reference, TransactionInUse
from storage.database import snapshot, transaction
from storage.index.queries import Index
from storage.objects.store import FolderObjectStore
from tests import engines
from tests.storage.instances import DEVICE, OTHER_TOWNSHIP, TOWNSHIP, place, provenance, row

CT = "1.2.840.10008.5.1.4.1.1.2"
SENDER = Sender(device_id=DEVICE, site_id=TOWNSHIP, issuer="TOWN")


class Door(CommitmentDoor):
    """With an index of what has arrived."""

    def __init__(self, house: House, index: Index) -> None:
        super().__init__(house)
        self.index = index

    def arrive(self, number: int, *, study: str = "1.2.3", site_id: str = TOWNSHIP) -> None:
        made = row(number, study_uid=study, series_uid=f"{study}.1")
        self.index.enter(made, place(number), provenance(site_id=site_id))

    def ask(self, *numbers: int, transaction_uid: str = "1.9", sop_class: str = CT) -> str:
        named = tuple(Reference(sop_class_uid=sop_class, sop_instance_uid=f"1.2.3.{number}") for number in numbers)
        return self.take(SENDER, Request(transaction_uid=transaction_uid, references=named))

    def announced(self, study: str = "1.2.3") -> list[tuple[str, str]]:
        with snapshot(self._house.engine) as tx:
            said, named = reading.announcement.c, reading.announced_instance.c
            asked = (
                sa.select(named.series_uid, named.sop_instance_uid)
                .join(reading.announcement, said.id == named.announcement_id)
                .where(said.study_uid == study, said.source == announcements.COMMITMENT)
                .order_by(named.sop_instance_uid)  # what is asked in one millisecond has no order
            )
            return list(dict.fromkeys((row.series_uid, row.sop_instance_uid) for row in tx.execute(asked)))


@pytest.fixture
def door(engine: Engine, database_url: str, tmp_path: Path, now: datetime) -> Iterator[Door]:
    house = House(
        settings=Settings(data_dir=tmp_path, node="node"),
        folders=Folders(data=tmp_path),
        clock=lambda: now,
        engine=engine,
        keys=keys_in(tmp_path / "keys"),
        seal=Seal.from_folder(tmp_path / "keys"),
        audit=Audit("test/scp"),
        object_store=FolderObjectStore(tmp_path / "objects"),
    )
    with transaction(engine) as tx:
        tx.execute(reading.organisation.insert().values(id=TOWNSHIP, code="T", name="T", level="township", since=now))
        calling = {"ae_title": "DR1", "network": "10.1.7.7/32", "site_id": TOWNSHIP, "issuer": "T", "since": now}
        tx.execute(reading.device.insert().values(id=DEVICE, **calling))
    with engines.pointed(database_url) as other:
        index = Index(other)
        yield Door(house, index)
        index.close()


def test_a_request_is_kept_for_the_node_that_took_it(door: Door, engine: Engine, now: datetime) -> None:
    taken = door.ask(1, 2)
    with snapshot(engine) as tx:
        kept = tx.execute(sa.select(tables.commitment)).one()

    assert (kept.id, kept.device_id, kept.site_id, kept.transaction_uid) == (taken, DEVICE, TOWNSHIP, "1.9")
    assert (kept.asked_at, kept.held_by, kept.held_until) == (now, "node", now + HOLD)


def test_what_has_not_arrived_is_of_the_study_of_the_others(door: Door) -> None:
    door.arrive(1)
    door.arrive(2)
    door.ask(1, 2, 3)

    assert door.announced() == [("1.2.3.1", "1.2.3.1"), ("1.2.3.1", "1.2.3.2"), ("", "1.2.3.3")]


def test_of_several_studies_each_expects_what_arrived_of_it(door: Door) -> None:
    door.arrive(1)
    door.arrive(2, study="1.2.4")
    door.ask(1, 2, 3)

    assert door.announced() == [("1.2.3.1", "1.2.3.1")]
    assert door.announced("1.2.4") == [("1.2.4.1", "1.2.3.2")]


def test_a_device_that_asks_for_each_image_names_them_all_in_the_end(door: Door, engine: Engine) -> None:
    for number in range(1, 4):
        door.arrive(number)
        door.ask(number, transaction_uid=f"1.9.{number}")
    door.ask(2, transaction_uid="1.9.4")
    with snapshot(engine) as tx:
        expected = ledger.expected(tx, ["1.2.3"])

    assert [uid for _, uid in door.announced()] == ["1.2.3.1", "1.2.3.2", "1.2.3.3"]
    assert expected == 3


def test_nothing_is_announced_for_the_study_of_another_site(door: Door) -> None:
    door.arrive(1, site_id=OTHER_TOWNSHIP)
    door.ask(1, 2)

    assert door.announced() == []


def test_what_is_never_stored_here_has_its_verdict_at_once_and_a_refused_request_leaves_nothing(
    door: Door, engine: Engine
) -> None:
    door.arrive(1)
    door.ask(7, sop_class="1.2.840.10008.1.1")
    with pytest.raises(TransactionInUse):
        door.ask(1)
    with snapshot(engine) as tx:
        verdicts = tx.execute(sa.select(tables.commitment_reference.c.verdict)).scalars().all()

    assert verdicts == ["unsupported"]
    assert door.announced() == []
