"""The door of the listener: who is let in, and what is known afterwards of those who were not."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.engine import Engine

from pacs.arriving.outcome import Outcome, Reason
from pacs.arriving.receive import Sender
from pacs.dimse.refusals import CallingAE, FailedHandshake, Refusal, RefusedAssociation
from pacs.dimse.tls import Failure
from reading.audit import SYSTEM, Audit
from reading.context import Context
from reading.register import device_contacts, device_register, devices
from reading.register.devices import Device
from reading.reports.seal import Seal
from service.installation.house import House
from service.installation.installation import Folders
from service.installation.load_settings import load
from service.wiring.device_contacts import Contacts, gathering
from service.wiring.listener import DicomDoor
from storage.database import snapshot, transaction
from storage.objects.store import FolderObjectStore
from tests.reading.region import KEYS, make_region


class Here:
    """A house with one device, DR1 at 10.1.2.3."""

    def __init__(self, engine: Engine, folder: Path, now: datetime) -> None:
        self.now = now
        self.house = House(
            settings=load({"TIERREAD_DATA_DIR": str(folder)}),
            folders=Folders(data=folder),
            clock=lambda: self.now,
            engine=engine,
            keys=KEYS,
            seal=Seal(Ed25519PrivateKey.from_private_bytes(bytes(32))),
            audit=Audit("scp"),
            object_store=FolderObjectStore(folder / "objects"),
        )
        with transaction(engine) as tx:
            site = make_region(tx, now).hills
            self.device = devices.add(
                tx, ae_title="DR1", network="10.1.2.3", port=None, issuer="", site_id=site.id, now=now
            )
        self.contacts = Contacts(self.house)
        self.door = DicomDoor(self.house, self.contacts)

    def of(self, one: Device) -> device_contacts.Contact:
        with snapshot(self.house.engine) as tx:
            return device_contacts.of(tx, [one.id], self.now)[one.id]

    def calls(self) -> list[tuple[str, str, str, str | None, int]]:
        with snapshot(self.house.engine) as tx:
            return [
                (one.ae_title, one.address, one.reason, one.device_id, one.calls) for one in device_contacts.calls(tx)
            ]


@pytest.fixture
def here(engine: Engine, tmp_path: Path, now: datetime) -> Here:
    return Here(engine, tmp_path, now)


def refused(title: str, address: str, refusal: Refusal, called: str = "TIERREAD") -> RefusedAssociation:
    return RefusedAssociation(
        calling=CallingAE(ae_title=title, address=address), called_ae_title=called, refusal=refusal
    )


def test_what_a_device_did_is_written_in_one_go(here: Here) -> None:
    sender = here.door.registry(CallingAE(ae_title="DR1", address="10.1.2.3"))
    assert sender is not None
    for reason in (Reason.STORED, Reason.ALREADY_HERE, Reason.TRUNCATED):
        here.contacts.received(sender, Outcome(accepted=reason is not Reason.TRUNCATED, reason=reason))
    here.door.refused(refused("DR1", "10.1.2.3", Refusal.WRONG_CALLED_TITLE, called="ANOTHER"))
    before = here.of(here.device)
    here.contacts.write()
    known = here.of(here.device)

    assert before == device_contacts.Contact()
    assert (known.heard_at, known.stored_at, known.associations, known.stored) == (here.now, here.now, 1, 2)
    assert (known.instance_refusal, known.instances_refused) == ("truncated", 1)
    assert (known.refusal, known.refused_called, known.refusals) == ("wrong_called_title", "ANOTHER", 1)
    assert here.calls() == []


def test_what_was_not_accepted_last_stands_beside_the_device(here: Here) -> None:
    sender = here.door.registry(CallingAE(ae_title="DR1", address="10.1.2.3"))
    assert sender is not None
    here.contacts.refused_classes(sender, frozenset({"1.2.9", "1.2.3"}))
    here.contacts.write()
    first = here.of(here.device)
    here.contacts.refused_classes(sender, frozenset(f"1.2.{number}." + "1" * 50 for number in range(100, 228)))
    here.contacts.write()
    many = here.of(here.device).classes_refused

    assert (first.classes_refused, first.classes_refused_at) == ("1.2.3; 1.2.9", here.now)
    assert many.endswith("; …")
    assert len(many) < 1000


def test_who_is_nobody_is_a_row_with_the_reason(here: Here) -> None:
    for title, address in (("CT1", "10.1.2.9"), ("CT1", "10.1.2.9"), ("DR1", "10.9.9.9")):
        assert here.door.registry(CallingAE(ae_title=title, address=address)) is None
        here.door.refused(refused(title, address, Refusal.UNKNOWN_DEVICE))
    here.contacts.write()

    assert sorted(here.calls(), key=str) == [
        ("CT1", "10.1.2.9", "unknown_title", None, 2),
        ("DR1", "10.9.9.9", "other_address", here.device.id, 1),
    ]
    assert (here.of(here.device).refusal, here.of(here.device).refused_address) == ("other_address", "10.9.9.9")


def test_a_failed_handshake_is_that_of_the_only_device_there(here: Here) -> None:
    here.door.unshaken(FailedHandshake(address="10.1.2.3", failure=Failure.CERTIFICATE_EXPIRED))
    here.door.unshaken(FailedHandshake(address="10.7.7.7", failure=Failure.NOT_TLS))
    here.contacts.write()

    assert sorted(here.calls(), key=str) == [
        ("", "10.1.2.3", "certificate_expired", here.device.id, 1),
        ("", "10.7.7.7", "not_tls", None, 1),
    ]
    assert here.of(here.device).refusal == "certificate_expired"


def test_a_flood_of_strangers_stays_small(here: Here) -> None:
    for number in range(3 * device_contacts.MOST_CALLS):
        here.door.refused(refused(f"X{number}", "10.1.2.9", Refusal.UNKNOWN_DEVICE))
    here.contacts.write()

    assert len(here.calls()) == device_contacts.MOST_CALLS


def test_what_is_left_is_written_at_the_end(here: Here) -> None:
    with gathering(here.house) as gathered:
        gathered.heard(here.device.id)

    assert here.of(here.device).heard_at == here.now


def test_a_check_calls_as_the_device_from_this_machine_for_a_minute(here: Here, engine: Engine) -> None:
    with transaction(engine) as tx:
        title = device_register.begin_check(Context(tx, here.house.audit, here.now, SYSTEM), here.device.id)
    local = CallingAE(ae_title=title, address="127.0.0.1", local=True)
    let_in = here.door.registry(local)
    from_elsewhere = here.door.registry(CallingAE(ae_title=title, address="10.1.2.3"))
    here.now += timedelta(minutes=2)
    too_late = here.door.registry(local)
    with transaction(engine) as tx:
        title = device_register.begin_check(Context(tx, here.house.audit, here.now, SYSTEM), here.device.id)
        device_register.end_check(tx, title)
    over = here.door.registry(CallingAE(ae_title=title, address="127.0.0.1", local=True))
    assert let_in is not None
    here.contacts.received(let_in, Outcome(accepted=True, reason=Reason.STORED))
    here.contacts.write()

    of_hills = Sender(device_id=here.device.id, site_id=here.device.site_id, issuer="")
    assert let_in == replace(of_hills, may=frozenset(), test=True)
    assert from_elsewhere is too_late is over is None
    assert len(title) == 16
    assert here.of(here.device) == device_contacts.Contact()
