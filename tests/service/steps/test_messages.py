"""A worker hands messages to gateways: what goes out, what is tried again, and that nothing of the patient is in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading import outbox
from reading.audit import Audit
from reading.messages import queue
from reading.messages.moves import State
from reading.messages.queue import LEASE
from reading.messages.routes import ROUTES, Audience
from reading.reports.seal import Seal
from reading.tables import critical_alert, message, organisation
from service.gateways.choice import gateways_of
from service.installation.house import House
from service.installation.installation import Folders
from service.installation.settings import Settings
from service.steps.messages import Messenger, outgoing
from storage.database import snapshot, transaction
from storage.ids import new_id
from storage.objects.store import FolderObjectStore
from tests import certificates
from tests.reading.clinic import Clinic, open_clinic
from tests.reading.messages.scene import MOBILE, ON_DUTY, patient_with, raised, released
from tests.reading.region import KEYS
from tests.service.gateways.servers import HttpsServer, serving_https


@dataclass
class There:
    house: House
    clinic: Clinic
    now: datetime

    def messenger(self, **settings: Any) -> Messenger:
        later = replace(self.house.settings, **settings)
        return Messenger(replace(self.house, settings=later, clock=lambda: self.now))

    def rows(self) -> list[sa.Row[Any]]:
        with snapshot(self.house.engine) as tx:
            return list(tx.execute(sa.select(message).order_by(message.c.id)))

    def written(self) -> list[Mapping[str, Any]]:
        folder = self.house.settings.data_dir / "messages"
        return [json.loads(one.read_text()) for one in sorted(folder.glob("*.json"))]


@pytest.fixture
def there(engine: Engine, tmp_path: Path, now: datetime) -> There:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now - timedelta(days=1))
    house = House(
        settings=Settings(data_dir=tmp_path, public_origin="https://reports.example.cn"),
        folders=Folders(data=tmp_path),
        clock=lambda: now,
        engine=engine,
        keys=KEYS,
        seal=Seal.from_folder(tmp_path / "keys"),
        audit=Audit("test/worker"),
        object_store=FolderObjectStore(tmp_path / "objects"),
    )
    return There(house, clinic, now)


@pytest.fixture
def https(there: There) -> Iterator[HttpsServer]:
    folder = there.house.settings.data_dir
    authority = certificates.make(folder, "authority")
    (folder / "secret").write_text("a secret of this house")
    with serving_https(certificates.make(folder, "gateway", signed_by=authority)) as server:
        yield server


def by_sms(there: There, https: HttpsServer) -> Messenger:
    folder = there.house.settings.data_dir
    return there.messenger(
        gateway_patients="sms",
        gateway_sms_url=f"{https.origin}/send",
        gateway_sms_secret_file=folder / "secret",
        gateway_networks=(ip_network("127.0.0.0/8"),),
        gateway_authorities_file=folder / "authority.pem",
    )


def run(messenger: Messenger) -> int:
    messenger.address()
    sent = 0
    while messenger.deliver():
        sent += 1
    return sent


def test_what_happened_reaches_the_folder_where_no_gateway_is_set(there: There) -> None:
    with transaction(there.house.engine) as tx:
        patient_with(tx, there.now)
        released(tx, there.clinic, there.now)
        raised(tx, there.clinic, there.now)
    messenger = there.messenger()

    assert (run(messenger), run(messenger)) == (2, 0)
    said = {one["telephone"]: one["text"] for one in there.written()}
    assert set(said) == {MOBILE, ON_DUTY}
    assert "新消息" in said[MOBILE]
    assert "危急值" in said[ON_DUTY]
    assert {row.state for row in there.rows()} == {State.SENT}


def test_a_message_that_was_not_taken_goes_out_later_under_the_same_key(there: There, https: HttpsServer) -> None:
    with transaction(there.house.engine) as tx:
        patient_with(tx, there.now)
        released(tx, there.clinic, there.now)
    messenger = by_sms(there, https)
    https.status = 503
    run(messenger)
    (first,) = there.rows()
    https.status = 200
    at_once = run(messenger)
    there.now += timedelta(seconds=6)
    later = run(messenger)

    assert (first.state, first.failure, first.attempts) == (State.WAITING, "busy", 1)
    assert (at_once, later) == (0, 1)
    assert [json.loads(one.body)["id"] for one in https.taken] == [first.id, first.id]
    assert there.rows()[0].state == State.SENT


def test_a_worker_that_dies_after_the_gateway_took_it_lets_it_be_sent_again_and_not_earlier(
    there: There, https: HttpsServer
) -> None:
    with transaction(there.house.engine) as tx:
        patient_with(tx, there.now)
        released(tx, there.clinic, there.now)
    dying = by_sms(there, https)
    dying.address()
    with transaction(there.house.engine) as tx:
        due = queue.claim(tx, KEYS, there.now)
    assert due is not None
    gateways_of(dying.house.settings)[Audience.PATIENT].send(outgoing(dying.house, due))
    next_one = by_sms(there, https)
    early = run(next_one)
    there.now += LEASE + timedelta(seconds=1)
    late = run(next_one)

    assert (early, late) == (0, 1)
    assert len({json.loads(one.body)["id"] for one in https.taken}) == 1
    assert len(https.taken) == 2


def test_the_unforeseen_in_one_message_is_seen_and_tried_again(there: There) -> None:
    with transaction(there.house.engine) as tx:
        patient_with(tx, there.now)
        released(tx, there.clinic, there.now)
        messenger = there.messenger()
    messenger.address()
    with transaction(there.house.engine) as tx:
        tx.execute(sa.update(organisation).values(time_zone="Nowhere/Land"))

    assert messenger.deliver() == 1
    (row,) = there.rows()
    assert (row.state, row.failure) == (State.WAITING, "broken")


HOSTILE = "王小明 110101199003072316 右下肺炎 https://evil.example/x?t=1\r\nBcc: a@b.cn <b>{number}</b> 13812345678"
HOSTILE_SITE = "<b>山乡</b>\r\nBcc: a@b.cn https://evil.example/x?t=1 {number}"


def test_whatever_stands_in_an_event_no_message_says_more_than_site_day_and_where_to_look(there: There) -> None:
    with transaction(there.house.engine) as tx:
        patient_with(tx, there.now)
        case = released(tx, there.clinic, there.now)
        alert = raised(tx, there.clinic, there.now)
        # Unanswered and read back otherwise at once, so that all of its messages are wanted.
        tx.execute(sa.update(critical_alert).values(ask_at=there.now))
        tx.execute(sa.update(organisation).values(name=HOSTILE_SITE, telephone=ON_DUTY))
        messenger = there.messenger(gateway_systems="folder")
        run(messenger)
        for kind in ROUTES:
            subject = alert.id if kind.startswith("critical") else case.id if kind.startswith("case") else new_id()
            payload = {"case_id": case.id, "organisation_id": case.site_id, "person_id": None, "level": 1}
            hostile = dict.fromkeys(("name", "finding", "text", "telephone", "url", "why"), HOSTILE)
            outbox.post(tx, kind, subject, payload | hostile, there.now)
    run(messenger)
    written = there.written()
    told = {one["kind"] for one in written if one["telephone"]}
    systems = [one for one in written if not one["telephone"]]

    staff = {kind for kind, routes in ROUTES.items() if any(one.audience is Audience.STAFF for one in routes)}
    # An emergency and a report that do not exist tell nobody.
    assert told >= staff - {"emergency.opened"}
    for one in written:
        said = "\n".join([one["text"], *one["parameters"].values(), *one["details"].values()])
        for part in ("肺炎", "evil.example", "110101199003072316", "13812345678", "://", "<", "\r", "Bcc:", "{"):
            assert part not in said, (one["kind"], part)
        assert set(one["parameters"]) <= {"site", "date", "time", "where"}
    assert systems
    assert {key for one in systems for key in one["details"]} <= {"subject_id", "case_id", "organisation_id", "number"}
    assert all(re.fullmatch(r"[0-9A-Z]{26}|\d+", value) for one in systems for value in one["details"].values())
