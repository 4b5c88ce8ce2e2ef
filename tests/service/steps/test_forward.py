"""Forwarding to real peers: what arrives, what is tried again, and where nothing goes."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from pacs.arriving.receive import Sender
from pacs.authoring.keeping import Keeper
from pacs.authoring.structured_report import structured_report
from reading.audit import SYSTEM
from reading.context import Context
from reading.forwarding import jobs, rules
from reading.forwarding.addresses import origin_of
from reading.forwarding.jobs import JobState
from reading.forwarding.rules import Moment
from reading.kinds import DeviceRight
from reading.patients.keys import keys_in
from reading.register import device_rights, devices
from reading.reports.seal import Seal
from service.installation.house import House
from service.installation.installation import Folders
from service.installation.load_settings import load
from service.steps.forward import Forwarder
from storage.database import connect, snapshot, transaction
from storage.index.queries import Entered, hide, received_of, unhide
from storage.nodes.reader import Bytes
from storage.objects.store import FolderObjectStore
from storage.schema import migrate
from tests.archive import Archive
from tests.archive import archive as make_archive
from tests.builders import CT, compressed, image, new_uid, thing
from tests.dicomweb import serving
from tests.pacs.authoring.test_document import REPORT
from tests.reading.clinic import Clinic, open_clinic
from tests.retrieving import receiving
from tests.wire import EXPLICIT_LITTLE, IMPLICIT_LITTLE

RLE = "1.2.840.10008.1.2.5"
STUDY = new_uid()
SENT = (thing(image(StudyInstanceUID=STUDY)), thing(compressed(image(StudyInstanceUID=STUDY), RLE), RLE))


@dataclass
class Clock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now


@dataclass(kw_only=True)
class Here:
    """A worker that forwards what Hills has sent."""

    house: House
    clinic: Clinic
    clock: Clock
    forwarder: Forwarder

    def rule_to_device(self, port: int) -> None:
        with transaction(self.house.engine) as tx:
            made = devices.add(
                tx,
                ae_title="DESTINATION",
                network="127.0.0.1",
                port=port,
                site_id=self.clinic.region.oak.id,
                issuer="OAK",
                now=self.clock.now,
            )
            device_rights.give(tx, made.id, {DeviceRight.RETRIEVE}, self.clock.now, given_by=None)
            self._rule(tx, device_id=made.id)

    def rule_to_server(self, url: str, token_file: Path) -> None:
        with transaction(self.house.engine) as tx:
            self._rule(tx, url=url, token_file=str(token_file), origins=[origin_of(url)])

    def _rule(self, tx: object, **target: Any) -> None:
        rules.add(
            Context(tx, self.clinic.audit, datetime.now(UTC) - timedelta(hours=1), SYSTEM),
            site_id=self.clinic.region.hills.id,
            moment=Moment.QUIET,
            **target,
        )

    def run(self) -> tuple[JobState, str]:
        """One attempt, after whatever back-off; how the study's job stands then."""
        self.clock.now += timedelta(hours=1)
        self.forwarder.plan()
        self.forwarder.deliver()
        with snapshot(self.house.engine) as tx:
            (job,) = jobs.latest(tx, 9)
        return job.state, job.failure


@pytest.fixture
def here(archive: Archive, engine: Engine, tmp_path: Path) -> Here:
    clock = Clock(datetime.now(UTC))
    with transaction(engine) as tx:
        clinic = open_clinic(tx, clock.now - timedelta(days=1))
    hills = Sender(device_id="01D000000000000000000HLLS1", site_id=clinic.region.hills.id, issuer="HILLS")
    for one in SENT:
        assert archive.take(one, hills).accepted
    report_lies_beside_them(archive, clinic.region.hills.id, clock.now)
    house = House(
        settings=load({"TIERREAD_DATA_DIR": str(tmp_path)}),
        folders=Folders(data=tmp_path),
        clock=clock,
        engine=engine,
        keys=keys_in(tmp_path / "keys"),
        seal=Seal.from_folder(tmp_path / "keys"),
        audit=clinic.audit,
        object_store=FolderObjectStore(tmp_path / "objects"),
    )
    return Here(house=house, clinic=clinic, clock=clock, forwarder=_forwarder(house))


def report_lies_beside_them(archive: Archive, site_id: str, now: datetime) -> None:
    """A report of ours in the study, which no rule sends on."""
    with snapshot(archive.engine) as tx:
        received = received_of(tx, STUDY)
    made = structured_report(replace(REPORT, study_uid=STUDY))
    keeper = Keeper(spool=archive.spool, index=archive.index)
    assert keeper.keep(made, site_id=site_id, received=received, now=now) is Entered.NEW


def _forwarder(house: House) -> Forwarder:
    return Forwarder(house, Bytes(house.folders.spool, house.object_store, house.engine))


@pytest.fixture
def archive(engine: Engine, database_url: str, tmp_path: Path) -> Iterator[Archive]:
    with make_archive(engine, database_url, tmp_path) as made:
        yield made


def test_what_fails_is_sent_later_and_what_arrived_is_not_sent_again(here: Here) -> None:
    with receiving([CT], [EXPLICIT_LITTLE, IMPLICIT_LITTLE, RLE]) as received:
        received.answers[SENT[1].sop_instance] = 0xA700
        here.rule_to_device(received.port)
        first = here.run()
        arrived = dict(received.bytes_)
        received.answers.clear()
        received.bytes_.clear()
        second = here.run()
    gone = here.run()

    assert (first, second, gone) == ((JobState.WAITING, "refused"), (JobState.DONE, ""), (JobState.DONE, ""))
    assert arrived == {one.sop_instance: one.dataset for one in SENT}
    assert received.bytes_ == {SENT[1].sop_instance: SENT[1].dataset}


def test_nothing_that_is_withheld_goes_out_until_it_is_shown_again(here: Here) -> None:
    with receiving([CT], [EXPLICIT_LITTLE]) as received:
        here.rule_to_device(received.port)
        here.clock.now += timedelta(hours=1)
        here.forwarder.plan()
        with transaction(here.house.engine) as tx:
            hide(tx, STUDY, here.clock.now)
        hidden = here.run()
        sent = dict(received.bytes_)
        with transaction(here.house.engine) as tx:
            unhide(tx, STUDY, here.clock.now)
        shown = here.run()

    assert (hidden, sent) == ((JobState.WAITING, "not_visible"), {})
    assert shown == (JobState.DONE, "")
    assert set(received.syntaxes.values()) == {EXPLICIT_LITTLE}  # the other one was unpacked for it


def test_nobody_there_is_tried_again(here: Here) -> None:
    here.rule_to_device(9)

    assert here.run() == (JobState.WAITING, "away")


def test_a_dicomweb_server_gets_the_files_as_they_are_stored(here: Here, tmp_path: Path) -> None:
    token_file = tmp_path / "token"
    token_file.write_text("tang\n")
    database_url = f"sqlite:///{tmp_path / 'server.db'}"
    theirs = connect(database_url)
    migrate(theirs)
    with (
        make_archive(theirs, database_url, tmp_path / "server") as server,
        serving(server, theirs, tmp_path / "server") as web,
    ):
        here.rule_to_server(web.base, token_file)
        unlisted = here.run()
        allow(here, web.base)
        listed = here.run()
        stored = {row["sop_instance_uid"]: server.stored(row) for row in server.instances()}
    theirs.dispose()

    assert unlisted == (JobState.WAITING, "not_allowed")
    assert listed == (JobState.DONE, "")
    assert stored == {one.sop_instance: one.dataset for one in SENT}


def test_a_redirect_is_not_followed_and_a_busy_server_is_tried_again(here: Here, tmp_path: Path) -> None:
    token_file = tmp_path / "token"
    token_file.write_text("secret")
    with replying() as server:
        base = f"http://127.0.0.1:{server.server_address[1]}/dicom-web"
        allow(here, base)
        here.rule_to_server(base, token_file)
        outcomes = []
        for status in (307, 503):
            server.status = status
            outcomes.append(here.run())

    assert outcomes == [(JobState.WAITING, "refused"), (JobState.WAITING, "away")]
    assert set(server.asked) == {("/dicom-web/studies", "Bearer secret")}


def allow(here: Here, url: str) -> None:
    origin = url.rsplit("/", 1)[0]
    settings = load({"TIERREAD_DATA_DIR": str(here.house.settings.data_dir), "TIERREAD_FORWARD_ORIGINS": origin})
    here.forwarder = _forwarder(replace(here.house, settings=settings))


class Replying(http.server.ThreadingHTTPServer):
    """Answers each request with a status, and sends the client elsewhere if it follows."""

    status = 200

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Reply)
        self.asked: list[tuple[str, str]] = []


class Reply(http.server.BaseHTTPRequestHandler):
    server: Replying

    def do_POST(self) -> None:
        self.server.asked.append((self.path, self.headers["Authorization"]))
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.server.status)
        self.send_header("Location", f"http://127.0.0.1:{self.server.server_address[1]}/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def replying() -> Iterator[Replying]:
    server = Replying()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
