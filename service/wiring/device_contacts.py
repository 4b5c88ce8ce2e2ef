"""Last contacts of devices, written every second: an association for each image costs no commit."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Final

from pacs.arriving.outcome import Outcome
from pacs.arriving.receive import Sender
from pacs.dimse.refusals import FailedHandshake, Refusal, RefusedAssociation
from reading.register import device_contacts, device_identity, devices
from reading.register.device_contacts import MOST_CALLS, Activity, Call
from service.installation.house import House
from service.telemetry.logs import logger
from storage.database import transaction

WRITE_EVERY_SECONDS: Final = 1.0


class Contacts:
    """Contacts that are not written yet; a crash loses the last second of them."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._lock = threading.Lock()
        self._news: dict[str, Activity] = {}
        self._refused: dict[tuple[str, str], tuple[RefusedAssociation, int, datetime]] = {}
        self._unshaken: dict[str, tuple[FailedHandshake, int, datetime]] = {}

    def heard(self, device_id: str) -> None:
        now = self._house.clock()
        with self._lock:
            one = self._of(device_id)
            one.heard_at = now
            one.associations += 1

    def refused_classes(self, sender: Sender, classes: frozenset[str]) -> None:
        now = self._house.clock()
        with self._lock:
            one = self._of(sender.device_id)
            one.classes_refused_at = now
            one.classes_refused = device_contacts.as_list(classes)

    def received(self, sender: Sender, outcome: Outcome) -> None:
        if sender.test:
            return
        now = self._house.clock()
        with self._lock:
            one = self._of(sender.device_id)
            one.heard_at = now
            if outcome.accepted:
                one.stored_at = now
                one.stored += 1
            else:
                one.instance_refused_at, one.instance_refusal = now, outcome.reason
                one.instances_refused += 1

    def refused(self, what: RefusedAssociation) -> None:
        """Note a refused call, of a flood only the first `MOST_CALLS`; the device is looked up when it is written."""
        calling = what.calling
        key = (device_contacts.printable(calling.ae_title), calling.address)
        with self._lock:
            if key in self._refused or len(self._refused) < MOST_CALLS:
                before = self._refused[key][1] if key in self._refused else 0
                self._refused[key] = (what, before + 1, self._house.clock())

    def unshaken(self, what: FailedHandshake) -> None:
        with self._lock:
            if what.address in self._unshaken or len(self._unshaken) < MOST_CALLS:
                before = self._unshaken[what.address][1] if what.address in self._unshaken else 0
                self._unshaken[what.address] = (what, before + 1, self._house.clock())

    def write(self) -> None:
        """Write the contacts since the last time."""
        with self._lock:
            news, self._news = self._news, {}
            refused, self._refused = list(self._refused.values()), {}
            unshaken, self._unshaken = list(self._unshaken.values()), {}
        if not (news or refused or unshaken):
            return
        with transaction(self._house.engine) as tx:
            calls: list[Call] = []
            for what, times, at in refused:
                calling, refusal, called = what.calling, what.refusal.name.lower(), ""
                one = device_identity.identify(
                    tx,
                    calling.ae_title,
                    calling.address,
                    at,
                    certificate_digest=calling.certificate_digest,
                    tls=calling.tls,
                )
                known = one is not None
                if one is None:
                    refusal, one = device_identity.why_unknown(
                        tx,
                        calling.ae_title,
                        calling.address,
                        at,
                        certificate_digest=calling.certificate_digest,
                        tls=calling.tls,
                    )
                elif what.refusal is Refusal.WRONG_CALLED_TITLE:
                    called = device_contacts.printable(what.called_ae_title)
                if one is not None:
                    _refuse(news, one.id, refusal, called, calling.address, times, at)
                if not known:
                    calls.append(
                        _call(device_contacts.printable(calling.ae_title), calling.address, refusal, one, times, at)
                    )
            for what, times, at in unshaken:
                one = device_identity.only_device_at(tx, what.address, at)
                if one is not None:
                    _refuse(news, one.id, what.failure, "", what.address, times, at)
                calls.append(_call("", what.address, what.failure, one, times, at))
            device_contacts.note(tx, news, self._house.clock())
            device_contacts.note_calls(tx, calls)

    def _of(self, device_id: str) -> Activity:
        return self._news.setdefault(device_id, Activity())


@contextmanager
def gathering(house: House) -> Generator[Contacts]:
    """Contacts that are written every second, and once more at the end."""
    gathered = Contacts(house)
    end = threading.Event()
    writing = threading.Thread(target=_write, args=(gathered, end), name="contacts")
    writing.start()
    try:
        yield gathered
    finally:
        end.set()
        writing.join()


def _write(gathered: Contacts, end: threading.Event) -> None:
    ended = False
    while not ended:
        ended = end.wait(WRITE_EVERY_SECONDS)
        try:
            gathered.write()
        except Exception as error:  # noqa: BLE001 the database is away: what comes next is written again
            logger().error("contacts were not written", exc_info=error)


def _refuse(  # noqa: PLR0917
    news: dict[str, Activity], device_id: str, refusal: str, called: str, address: str, times: int, at: datetime
) -> None:
    one = news.setdefault(device_id, Activity())
    one.refusals += times
    if one.refused_at is None or one.refused_at <= at:
        news[device_id] = replace(
            one, refused_at=at, refusal=str(refusal), refused_called=called, refused_address=address[:45]
        )


def _call(  # noqa: PLR0917
    title: str, address: str, reason: str, one: devices.Device | None, times: int, at: datetime
) -> Call:
    return Call(
        ae_title=title,
        address=address[:45],
        reason=str(reason),
        device_id=one.id if one else None,
        calls=times,
        first_at=at,
        last_at=at,
    )
