"""The audit reaches a collector over TLS: in order, all of it, also what came while the collector was away."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading.actions import Action
from reading.administrators import audit_delivery
from reading.audit import SYSTEM, Audit, stranger
from reading.context import Context
from reading.reports.seal import Seal
from reading.tables import audit_collector, audit_sent
from service.installation.house import House
from service.installation.installation import Folders
from service.installation.settings import Settings
from service.steps.audit_collector import AT_ONCE, CollectorAway, collecting
from storage.database import snapshot, transaction
from storage.objects.store import FolderObjectStore
from tests import certificates
from tests.certificates import Certificate
from tests.reading.region import KEYS

# RFC 5424 6: PRI VERSION TIMESTAMP HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA BOM MSG
SYSLOG = re.compile(
    rb"<85>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (\S+) tierread (\S+) IHE\+RFC-3881 - "
    rb"\xef\xbb\xbf(<AuditMessage>.*)",
    re.DOTALL,
)


@dataclass
class Collector:
    """A receiver of syslog over TLS on loopback; ``manner``: replies, closes (without an alert), resets."""

    shown: Certificate
    authority: Certificate
    manner: str = "replies"
    connections: list[bytes] = field(default_factory=list[bytes])
    """The bytes of each connection that were read."""

    def __post_init__(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.shown.certificate, self.shown.key)
        context.load_verify_locations(self.authority.certificate)
        context.verify_mode = ssl.CERT_REQUIRED
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def messages(self) -> list[bytes]:
        """What the frames of all connections held, RFC 5425 4.3."""
        found: list[bytes] = []
        for stream in self.connections:
            left = stream
            while left:
                length, _, rest = left.partition(b" ")
                found.append(rest[: int(length)])
                left = rest[int(length) :]
        return found

    def subjects(self) -> list[str]:
        """The objects of the messages, each read by its syntax."""
        found: list[str] = []
        for said in self.messages():
            parts = SYSLOG.fullmatch(said)
            assert parts, said
            about = fromstring(parts[4]).find("ParticipantObjectIdentification")  # noqa: S314 -- ours
            found.append("" if about is None else about.get("ParticipantObjectID", ""))
        return found

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            with plain:
                self._take(plain)

    def _take(self, plain: socket.socket) -> None:
        try:
            secure = self._context.wrap_socket(plain, server_side=True)
        except (ssl.SSLError, ConnectionError):
            return  # the caller does not trust us
        with secure:
            if self.manner == "resets":
                secure.recv(1)
                # Closed over what was not read: the system sends a reset.
                secure.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
                return
            taken = b""
            while piece := secure.recv(65536):
                taken += piece
            self.connections.append(taken)
            if self.manner == "replies":
                secure.unwrap()


@dataclass
class There:
    house: House
    engine: Engine
    collector: Collector
    now: datetime

    def record(self, first: int, last: int, writer: str = "node/web") -> None:
        with transaction(self.engine) as tx:
            Audit(writer).record_each(
                tx,
                actor=stranger("10.1.2.3"),
                action=Action.CASE_OPEN,
                subject_kind="case",
                subject_ids=[f"C{number}" for number in range(first, last)],
                now=self.now,
            )

    def send(self) -> int:
        return collecting(self.house)()


@pytest.fixture
def there(engine: Engine, tmp_path: Path, now: datetime) -> Iterator[There]:
    authority = certificates.make(tmp_path, "authority")
    ours = certificates.make(tmp_path, "tierread", signed_by=authority)
    collector = Collector(shown=certificates.make(tmp_path, "siem", signed_by=authority), authority=authority)
    settings = Settings(
        data_dir=tmp_path,
        audit_collector=collector.address,
        audit_collector_authorities_file=authority.certificate,
        audit_collector_certificate_file=ours.certificate,
        audit_collector_key_file=ours.key,
    )
    house = House(
        settings=settings,
        folders=Folders(data=tmp_path),
        clock=lambda: now,
        engine=engine,
        keys=KEYS,
        seal=Seal.from_folder(tmp_path / "keys"),
        audit=Audit("test/worker"),
        object_store=FolderObjectStore(tmp_path / "objects"),
    )
    yield There(house, engine, collector, now)
    collector.close()


def test_every_event_is_sent_once_and_in_order_batch_by_batch(there: There) -> None:
    there.record(0, AT_ONCE + 3)
    sent = [there.send(), there.send(), there.send()]
    there.record(AT_ONCE + 3, AT_ONCE + 5)
    there.record(0, 2, writer="other node/web é")
    sent.append(there.send())

    assert sent == [AT_ONCE, 3, 0, 4]
    subjects = there.collector.subjects()
    assert subjects[: AT_ONCE + 3] == [f"C{number}" for number in range(AT_ONCE + 3)]
    assert sorted(subjects[AT_ONCE + 3 :]) == ["C0", "C1", f"C{AT_ONCE + 3}", f"C{AT_ONCE + 4}"]
    assert any(b" other_node tierread web__ IHE" in one for one in there.collector.messages())


def test_nothing_is_lost_while_the_collector_is_away_and_its_page_says_so(there: There) -> None:
    there.record(0, 3)
    there.collector.manner = "resets"
    with pytest.raises(CollectorAway):
        there.send()
    with transaction(there.engine) as tx:
        (away,) = audit_delivery.deliveries(Context(tx, Audit("x"), there.now, SYSTEM))
    there.collector.manner = "replies"
    there.record(3, 5)
    sent = there.send()
    with transaction(there.engine) as tx:
        (back,) = audit_delivery.deliveries(Context(tx, Audit("x"), there.now + timedelta(minutes=1), SYSTEM))

    assert (away.failed_at, away.sent_at, away.waiting) == (there.now, None, 3)
    assert sent == 5
    assert there.collector.subjects() == ["C0", "C1", "C2", "C3", "C4"]
    assert (back.failed_at, back.sent_at, back.waiting) == (None, there.now, 0)


def test_a_collector_that_ends_in_good_order_without_an_alert_has_taken_all(there: There) -> None:
    there.record(0, 3)
    there.collector.manner = "closes"

    assert (there.send(), there.send()) == (3, 0)
    assert there.collector.subjects() == ["C0", "C1", "C2"]


def test_nothing_is_sent_to_whoever_shows_another_name_or_a_strangers_certificate(there: There, tmp_path: Path) -> None:
    there.record(0, 3)
    (tmp_path / "foreign").mkdir()
    stranger_ = certificates.make(tmp_path / "foreign", "authority")
    distrusting = replace(there.house.settings, audit_collector_authorities_file=stranger_.certificate)
    named = replace(there.house.settings, audit_collector=there.collector.address.replace("127.0.0.1", "localhost"))
    for settings in (distrusting, named):
        with pytest.raises(CollectorAway) as refused:
            collecting(replace(there.house, settings=settings))()
        assert isinstance(refused.value.__cause__, ssl.SSLCertVerificationError)

    assert there.collector.connections == []
    with snapshot(there.engine) as tx:
        assert tx.scalar(sa.select(sa.func.count()).select_from(audit_sent)) == 0


def test_one_worker_sends_at_a_time_and_another_takes_over_from_one_that_is_gone(there: There) -> None:
    address, now = "siem:6514", datetime(2026, 3, 2, tzinfo=UTC)
    later = now + audit_delivery.HELD + timedelta(seconds=1)
    with transaction(there.engine) as tx:
        taken = [
            audit_delivery.take(tx, address, holder, at)
            for holder, at in (("a", now), ("b", now), ("a", now), ("b", later), ("a", later))
        ]

    assert taken == [True, False, True, True, False]


def test_nothing_is_written_while_nothing_waits(there: There) -> None:
    idle = [there.send()]
    there.record(0, 2)
    idle += [there.send(), there.send()]
    with snapshot(there.engine) as tx:
        held = tx.scalar(sa.select(audit_collector.c.held_until))
    later = replace(there.house, clock=lambda: there.now + audit_delivery.HELD)
    idle.append(collecting(later)())

    assert idle == [0, 2, 0, 0]
    with snapshot(there.engine) as tx:
        assert tx.scalar(sa.select(audit_collector.c.held_until)) == held


def test_a_worker_that_was_too_late_puts_nothing_back(there: There) -> None:
    there.record(0, 3)
    address = there.house.settings.audit_collector
    with snapshot(there.engine) as tx:
        late = audit_delivery.waiting(tx, address, limit=1)
    there.send()
    with transaction(there.engine) as tx:
        audit_delivery.delivered(tx, address, late, there.now)

    assert there.send() == 0
