"""A device hears of its commitments: where it asked, by a call, or when it is there again; and once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from pacs.dimse.listener import Listener, ListenerSettings
from pacs.dimse.service import Service
from reading.audit import Audit
from reading.kinds import Level
from reading.patients.keys import keys_in
from reading.register import device_rights, devices, organisations
from reading.reports.seal import Seal
from service.installation.house import House
from service.installation.installation import Folders
from service.installation.settings import Settings
from service.steps import steps
from service.telemetry.metrics import COMMITMENT_REPORTS
from service.wiring import commitment_reports
from service.wiring.commitment_reports import Reporter, delay
from service.wiring.device_contacts import Contacts
from service.wiring.listener import DicomDoor
from service.wiring.service_classes import services_of
from storage import tables
from storage.commitment import unsent_reports
from storage.commitment.unsent_reports import Backlog
from storage.database import snapshot, transaction
from storage.keeping.shipping import ship
from storage.objects.store import FolderObjectStore
from tests.archive import Archive
from tests.archive import archive as make_archive
from tests.builders import CT, image, new_uid, thing
from tests.modality import Modality, Pair, ask
from tests.running import free_port, wait_until
from tests.wire import EXPLICIT_LITTLE
from tests.wire import Sender as Device

TITLE = "CT_TOWN"


@dataclass
class Clock:
    """Runs, and can be put ahead."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass(kw_only=True)
class Hospital:
    house: House
    archive: Archive
    clock: Clock
    listener: Listener
    services: Sequence[Service]
    reporter: Reporter
    modality: Modality = field(default_factory=lambda: Modality(title=TITLE))
    device_id: str = ""

    @property
    def address(self) -> tuple[str, int]:
        return self.listener.address

    def store(self, count: int = 1) -> list[Pair]:
        study, series = new_uid(), new_uid()
        things = [
            thing(image(StudyInstanceUID=study, SeriesInstanceUID=series, InstanceNumber=number))
            for number in range(count)
        ]
        with Device(address=self.address, calling=TITLE, contexts=[(CT, [EXPLICIT_LITTLE])]) as device:
            assert {device.store(one) for one in things} == {0}
        return [(one.sop_class, one.sop_instance) for one in things]

    def ask(self, references: Sequence[Pair]) -> str:
        """Ask on an association of its own."""
        transaction_uid = new_uid()
        with self.modality.associated(self.address) as association:
            assert ask(association, transaction_uid, references) == 0
        return transaction_uid

    def work(self) -> None:
        """What the worker and the sealing thread do in some seconds."""
        commit = steps._commit(self.house)
        commit()
        self.archive.spool.seal_awaited()
        ship(self.house.engine, self.archive.directory, self.house.object_store, self.clock())
        self.clock.ahead += timedelta(seconds=30)
        while commit():
            pass

    def look(self) -> None:
        """One look of the reporter, to its end."""
        self.reporter._look(self.clock())
        wait_until(lambda: not self.reporter._busy, what="the end of what is being said")

    def waiting(self) -> Backlog | None:
        with snapshot(self.house.engine) as tx:
            return unsent_reports.backlog_of(tx, self.device_id)


@pytest.fixture
def hospital(engine: Engine, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hospital]:
    monkeypatch.setattr(commitment_reports, "ANSWER_SECONDS", 3.0)
    monkeypatch.setattr(commitment_reports, "QUIET_SECONDS", 0.1)
    clock = Clock()
    house = House(
        settings=Settings(data_dir=tmp_path, node="node", commitment_straggler_seconds=10),
        folders=Folders(data=tmp_path),
        clock=clock,
        engine=engine,
        keys=keys_in(tmp_path / "keys"),
        seal=Seal.from_folder(tmp_path / "keys"),
        audit=Audit("test/scp"),
        object_store=FolderObjectStore(tmp_path / "objects"),
    )
    with transaction(engine) as tx:
        organisations.add(tx, code="TOWN", name="卫生院", level=Level.TOWNSHIP, now=clock() - timedelta(days=1))
    services = services_of(house)
    with make_archive(engine, database_url, tmp_path) as archive:
        door = DicomDoor(house, Contacts(house))
        settings = ListenerSettings(host="127.0.0.1", port=0, stop_seconds=2)
        listener = Listener(archive.receiver, door.registry, door.refused, settings, services=services)
        listener.start()
        reporter = Reporter(house, services)
        yield Hospital(
            house=house, archive=archive, clock=clock, listener=listener, services=services, reporter=reporter
        )
        reporter.stop()
        listener.stop()


def add(hospital: Hospital, port: int | None, *, network: str = "127.0.0.1") -> None:
    now = hospital.clock()
    with transaction(hospital.house.engine) as tx:
        site_id = tx.execute(sa.text("SELECT id FROM organisation WHERE code = 'TOWN'")).scalar_one()
        made = devices.add(tx, ae_title=TITLE, network=network, port=port, site_id=site_id, issuer="TOWN", now=now)
        device_rights.give(tx, made.id, device_rights.USUAL, now, given_by=None)
    hospital.device_id = made.id


def counted(outcome: str) -> float:
    return COMMITMENT_REPORTS.labels(outcome)._value.get()


def test_a_device_that_waits_is_told_where_it_asked(hospital: Hospital) -> None:
    add(hospital, free_port())
    references = hospital.store(3)
    before = counted("delivered")
    transaction_uid = new_uid()
    with hospital.modality.associated(hospital.address) as association:
        assert ask(association, transaction_uid, references) == 0
        hospital.look()
        undecided = len(hospital.modality.heard)
        hospital.work()
        wait_until(lambda: hospital.look() or hospital.modality.heard, what="a report")
        hospital.look()
    hospital.look()
    (heard,) = hospital.modality.heard

    assert undecided == 0
    assert (heard.event_type, heard.called, heard.transaction) == (1, False, transaction_uid)
    assert heard.committed == [uid for _, uid in references]
    assert (hospital.waiting(), counted("delivered") - before) == (None, 1)


def test_a_device_that_has_let_go_is_called(hospital: Hospital) -> None:
    with hospital.modality.listening() as port:
        add(hospital, port)
        references = [*hospital.store(2), (CT, new_uid())]
        transaction_uid = hospital.ask(references)
        hospital.work()
        hospital.look()
        again = hospital.ask(references), hospital.look()
    heard = hospital.modality.heard

    assert again[1] is None
    assert [(one.event_type, one.called, one.their_role_accepted) for one in heard] == [(2, True, True)]
    assert heard[0].transaction == transaction_uid
    assert heard[0].committed == [uid for _, uid in references[:2]]
    assert heard[0].failed == {references[2][1]: 0x0112}


def test_a_device_without_a_port_is_told_when_it_is_there_again(hospital: Hospital) -> None:
    add(hospital, None)
    references = hospital.store()
    hospital.ask(references)
    hospital.work()
    hospital.look()
    waiting = hospital.waiting()
    with hospital.modality.associated(hospital.address):
        wait_until(lambda: hospital.look() or hospital.modality.heard, what="a report")

    assert waiting is not None
    assert (waiting.reports, waiting.failure) == (1, "no_port")
    assert [one.called for one in hospital.modality.heard] == [False]
    assert hospital.waiting() is None


def test_a_device_is_called_ever_later_until_it_hears(hospital: Hospital) -> None:
    port = free_port()
    add(hospital, port)
    hospital.ask(hospital.store())
    hospital.work()
    hospital.look()
    away = hospital.waiting()
    hospital.modality.answers += [0x0110]
    with hospital.modality.listening(port):
        hospital.look()  # it is not its turn yet
        too_early = len(hospital.modality.heard)
        hospital.clock.ahead += timedelta(seconds=31)
        hospital.look()
        refused = hospital.waiting()
        hospital.clock.ahead += timedelta(seconds=61)
        hospital.look()

    assert away is not None
    assert refused is not None
    assert (away.failure, too_early, refused.failure) == ("away", 0, "refused")
    assert len(hospital.modality.heard) == 2
    assert hospital.waiting() is None


def test_after_four_days_a_device_is_given_up_until_it_asks_again(hospital: Hospital) -> None:
    port = free_port()
    add(hospital, port)
    references = hospital.store()
    transaction_uid = hospital.ask(references)
    hospital.work()
    hospital.look()
    hospital.clock.ahead += timedelta(days=4)
    hospital.look()
    with hospital.modality.listening(port):
        hospital.clock.ahead += timedelta(days=1)
        hospital.look()
        given_up = hospital.waiting(), len(hospital.modality.heard)
        with hospital.modality.associated(hospital.address) as association:
            assert ask(association, transaction_uid, references) == 0
        hospital.work()
        wait_until(lambda: hospital.look() or hospital.modality.heard, what="a report")

    assert given_up[0] is not None
    assert given_up[1] == 0
    assert [one.event_type for one in hospital.modality.heard] == [1]


def test_a_device_that_hears_nothing_where_it_asked_is_called_at_once(hospital: Hospital) -> None:
    with hospital.modality.listening() as port:
        add(hospital, port)
        references = hospital.store()
        hospital.modality.answers += [0x0211]  # unrecognised operation
        with hospital.modality.associated(hospital.address) as association:
            assert ask(association, new_uid(), references) == 0
            hospital.work()
            wait_until(lambda: hospital.look() or len(hospital.modality.heard) == 2, what="a call")

    assert [one.called for one in hospital.modality.heard] == [False, True]
    assert hospital.waiting() is None


def test_an_ended_device_is_not_called(hospital: Hospital) -> None:
    with hospital.modality.listening() as port:
        add(hospital, port)
        hospital.ask(hospital.store())
        with transaction(hospital.house.engine) as tx:
            devices.end(tx, hospital.device_id, hospital.clock())
        hospital.work()
        hospital.look()
    waiting = hospital.waiting()

    assert waiting is not None
    assert (waiting.failure, hospital.modality.heard) == ("ended", [])


def test_another_node_tells_nobody_who_stands_on_an_association_here(hospital: Hospital) -> None:
    with hospital.modality.listening() as port:
        add(hospital, port)
        references = hospital.store()
        with hospital.modality.associated(hospital.address) as association:
            assert ask(association, new_uid(), references) == 0
            hospital.look()
            hospital.work()  # half a minute passes
            hospital.reporter._keep(hospital.reporter._service.conversations(), hospital.clock())
            with snapshot(hospital.house.engine) as tx:
                theirs = unsent_reports.due(tx, "another", hospital.clock(), devices_here=(), limit=9)
                ours = unsent_reports.due(tx, "node", hospital.clock(), devices_here=(), limit=9)
        wait_until(lambda: hospital.look() or hospital.modality.heard, what="a report")
        with snapshot(hospital.house.engine) as tx:
            held = tx.execute(sa.select(tables.commitment.c.held_by)).scalars().all()

    assert (theirs, len(ours), held) == ([], 1, [None])


def test_a_device_that_waits_in_silence_is_kept_as_long_as_it_may(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commitment_reports, "KEEP_SECONDS", 0.2)
    add(hospital, free_port())
    with hospital.modality.associated(hospital.address) as association:
        assert ask(association, new_uid(), hospital.store()) == 0
        (conversation,) = [one for one in hospital.reporter._service.conversations() if one.asked]
        wait_until(lambda: conversation.quiet_seconds > 0.3, what="silence")
        hospital.look()
        kept = conversation.quiet_seconds
        wait_until(lambda: conversation.quiet_seconds > 0.3, what="silence again")
        hospital.clock.ahead += timedelta(seconds=hospital.house.settings.commitment_hold_seconds)
        hospital.look()
        left = conversation.quiet_seconds

    assert kept < 0.3 < left


@pytest.mark.parametrize(("attempts", "seconds"), [(0, 30), (1, 60), (6, 1920), (7, 3600), (10_000, 3600)])
def test_attempts_come_ever_later(attempts: int, seconds: int) -> None:
    assert delay(attempts) == timedelta(seconds=seconds)
