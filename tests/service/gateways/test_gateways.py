"""Each gateway hands its message to a real server, and says by one word why a server did not take it."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import socket
import stat
import threading
import time
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email import message_from_string, policy
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from reading.messages.routes import Audience
from service.gateways.address import Ways
from service.gateways.choice import gateways_of
from service.gateways.folder import KEPT, Folder
from service.gateways.gateway import FOR_GOOD, Failure, Gateway, NotTaken, Outgoing
from service.gateways.sms import Signing, Sms
from service.gateways.smtp import Security, Smtp
from service.gateways.webhook import Webhook
from service.installation.settings import Settings
from tests import certificates
from tests.certificates import Certificate
from tests.service.gateways.servers import HttpsServer, serving_https, serving_smtp

SECRET = "a secret of this house"
READY = Outgoing(
    id="01K9ZJ4V7Q8W3T6M5N2P1R0S9X",
    kind="report.released",
    template="report_ready",
    parameters={"date": "2026-11-30", "site": "山乡卫生院", "where": "reports.example.cn/p"},
    text="山乡卫生院：您的检查报告已出具。",
    subject="影像服务通知",
    number="13800138000",
    details={},
    happened_at=datetime(2026, 11, 30, 9, tzinfo=UTC),
)
EVENT = replace(READY, template="event", parameters={}, text="", number="", details={"case_id": "C1"})


@dataclass(frozen=True)
class There:
    ways: Ways
    authority: Certificate
    shown: Certificate
    secret: Path


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> There:
    folder = tmp_path_factory.mktemp("gateways")
    authority = certificates.make(folder, "authority")
    shown = certificates.make(folder, "gateway", signed_by=authority)
    secret = folder / "secret"
    secret.write_text(f"{SECRET}\n")
    loopback = (ip_network("127.0.0.0/8"),)
    return There(Ways(networks=loopback, authorities_file=authority.certificate), authority, shown, secret)


@pytest.fixture
def https(there: There) -> Generator[HttpsServer]:
    with serving_https(there.shown) as server:
        yield server


def failure_of(gateway: Gateway, message: Outgoing = READY) -> Failure:
    with pytest.raises(NotTaken) as raised:
        gateway.send(message)
    return raised.value.failure


def sms(there: There, https: HttpsServer, **said: Any) -> Sms:
    usual: dict[str, Any] = {
        "ways": there.ways,
        "url": f"{https.origin}/send?v=1",
        "secret_file": there.secret,
        "signing": Signing.HMAC,
        "sender": "影像云",
        "templates": {"report_ready": "SMS_101"},
    }
    return Sms(**usual | said)


def test_sms_is_one_signed_call_with_the_providers_template(there: There, https: HttpsServer) -> None:
    sms(there, https).send(READY)
    (taken,) = https.taken
    proof = hmac.new(SECRET.encode(), f"{taken.headers['X-TierRead-Timestamp']}.".encode() + taken.body, hashlib.sha256)

    assert taken.path == "/send?v=1"
    assert taken.headers["Idempotency-Key"] == READY.id
    assert taken.headers["X-TierRead-Signature"] == f"v1={proof.hexdigest()}"
    assert json.loads(taken.body) == {
        "id": READY.id,
        "template": "SMS_101",
        "telephone": "13800138000",
        "parameters": dict(READY.parameters),
        "sender": "影像云",
    }


def test_sms_can_show_the_secret_itself(there: There, https: HttpsServer) -> None:
    sms(there, https, signing=Signing.BEARER, templates={}).send(READY)

    assert https.taken[0].headers["Authorization"] == f"Bearer {SECRET}"
    assert json.loads(https.taken[0].body)["template"] == "report_ready"


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (301, "redirected"),
        (401, "not_let_in"),
        (400, "refused"),
        (404, "not_there"),
        (405, "not_there"),
        (422, "refused"),
        (429, "busy"),
        (503, "busy"),
    ],
)
def test_a_status_that_is_no_yes_is_one_word(there: There, https: HttpsServer, status: int, failure: str) -> None:
    https.status = status
    https.location = https.origin if status == 301 else ""

    assert failure_of(sms(there, https)) == failure
    assert len(https.taken) == 1  # nobody follows


def test_a_yes_stays_one_whatever_breaks_behind_it(there: There, https: HttpsServer) -> None:
    https.breaks = True
    sms(there, https).send(READY)
    with serving_smtp(there.shown, says={"QUIT": "500 no"}) as server:
        smtp(there, server.port).send(READY)

    assert len(https.taken) == len(server.mails) == 1


@pytest.mark.parametrize(
    ("says", "failure"),
    [
        ({"HELLO": "554 not you"}, Failure.NOT_LET_IN),
        ({"HELLO": "421 later"}, Failure.BUSY),
        ({"MAIL": "550 not you"}, Failure.NOT_LET_IN),
        ({".": "554 not this"}, Failure.REFUSED),
    ],
)
def test_only_what_is_said_of_one_mail_is_final_for_it(there: There, says: dict[str, str], failure: Failure) -> None:
    with serving_smtp(there.shown, says=says) as server:
        assert failure_of(smtp(there, server.port)) is failure
    assert (failure in FOR_GOOD) == ("." in says)


def test_only_addresses_that_are_allowed_are_called_and_only_who_proves_it_is_trusted(
    there: There, https: HttpsServer
) -> None:
    public_only = replace(there.ways, networks=())
    strangers = replace(there.ways, authorities_file=there.shown.certificate)

    assert failure_of(sms(there, https, ways=public_only)) is Failure.NOT_ALLOWED
    assert failure_of(sms(there, https, ways=public_only, url=f"https://localhost:{https.port}")) is Failure.NOT_ALLOWED
    assert failure_of(sms(there, https, ways=strangers)) is Failure.NOT_TRUSTED
    assert failure_of(sms(there, https, secret_file=there.secret.parent / "none")) is Failure.NO_SECRET
    assert failure_of(sms(there, https, url="https://127.0.0.1:1/")) is Failure.AWAY
    assert https.taken == []


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("203.0.114.5", True),
        ("10.0.0.5", False),
        ("10.9.0.5", True),
        ("169.254.169.254", False),
        ("127.0.0.1", False),
        ("::1", False),
        ("::ffff:10.0.0.5", False),
        ("::ffff:10.9.0.5", True),
        ("fe80::1%eth0", False),
        ("224.0.0.1", False),
        ("2400:3200::1", True),
    ],
)
def test_private_addresses_are_called_only_in_the_networks_that_are_named(address: str, allowed: bool) -> None:
    assert Ways(networks=(ip_network("10.9.0.0/16"),), authorities_file=None).allows(address) is allowed


def test_a_webhook_tells_systems_ids_alone_and_people_the_words(there: There, https: HttpsServer) -> None:
    webhook = Webhook(ways=there.ways, url=f"{https.origin}/hook", secret_file=there.secret)
    webhook.send(EVENT)
    webhook.send(READY)
    of_system, of_people = (json.loads(one.body) for one in https.taken)

    assert of_system == {
        "id": READY.id,
        "kind": "report.released",
        "at": "2026-11-30T09:00:00+00:00",
        "details": {"case_id": "C1"},
    }
    assert (of_people["telephone"], of_people["text"]) == (READY.number, READY.text)
    assert all("X-TierRead-Signature" in one.headers for one in https.taken)


def smtp(there: There, port: int, **said: Any) -> Smtp:
    usual: dict[str, Any] = {
        "ways": there.ways,
        "host": "127.0.0.1",
        "port": port,
        "security": Security.STARTTLS,
        "username": "",
        "password_file": None,
        "sender": "reports@example.cn",
        "receiver": "{telephone}@sms.example.cn",
    }
    return Smtp(**usual | said)


@pytest.mark.parametrize("at_once", [False, True])
def test_mail_goes_out_by_tls_alone_under_the_id_of_the_message(there: There, at_once: bool) -> None:
    with serving_smtp(there.shown, at_once=at_once, password=SECRET) as server:
        security = Security.TLS if at_once else Security.STARTTLS
        smtp(there, server.port, security=security, username="tierread", password_file=there.secret).send(READY)
    (mail,) = (message_from_string(one, policy=policy.default) for one in server.mails)

    assert server.receivers == ["13800138000@sms.example.cn"]
    assert mail["Message-ID"] == f"<{READY.id}@example.cn>"
    assert mail["Subject"] == READY.subject
    assert mail.get_content().strip() == READY.text
    assert set(server.in_the_clear) <= {"EHLO", "STARTTLS"}


def test_what_a_mail_server_does_not_take_is_one_word(there: There) -> None:
    with serving_smtp(there.shown, offers_tls=False) as server:
        assert failure_of(smtp(there, server.port)) is Failure.NOT_TRUSTED
        assert server.mails == []
    with serving_smtp(there.shown, refuses="550 nobody here", password="another") as server:
        assert failure_of(smtp(there, server.port)) is Failure.REFUSED
        gateway = smtp(there, server.port, username="tierread", password_file=there.secret)
        assert failure_of(gateway) is Failure.NOT_LET_IN
        server.refuses = "451 later"
        assert failure_of(smtp(there, server.port)) is Failure.BUSY
        public_only = replace(there.ways, networks=())
        assert failure_of(smtp(there, server.port, ways=public_only)) is Failure.NOT_ALLOWED
    assert failure_of(smtp(there, 1)) is Failure.AWAY


def test_a_folder_keeps_one_file_a_message_for_us_alone_and_forgets_it(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "messages")
    assert folder.forget() == 0
    folder.send(READY)
    folder.send(READY)
    (file,) = (tmp_path / "messages").iterdir()
    written = json.loads(file.read_text())
    modes = [stat.S_IMODE(one.stat().st_mode) for one in (file, file.parent)]
    kept = folder.forget()
    old = file.stat().st_mtime - KEPT.total_seconds() - 1
    os.utime(file, (old, old))
    anothers = file.with_name("package.json")
    anothers.write_text("{}")
    os.utime(anothers, (old, old))

    assert (written["text"], written["telephone"], file.name) == (READY.text, READY.number, f"{READY.id}.json")
    assert modes == [0o600, 0o700]
    assert (kept, folder.forget(), list(file.parent.iterdir())) == (0, 1, [anothers])
    (tmp_path / "file").write_text("")
    assert failure_of(Folder(tmp_path / "file" / "messages")) is Failure.NO_ROOM


def test_the_settings_say_which_gateway_takes_what(tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path,
        gateway_patients="sms",
        gateway_staff="smtp",
        gateway_smtp_server="mail.example.cn:465",
        gateway_smtp_security="tls",
    )
    kinds = {audience: type(one) for audience, one in gateways_of(settings).items()}
    systems = gateways_of(replace(settings, gateway_systems="webhook"))

    assert kinds == {"patient": Sms, "staff": Smtp}
    assert type(systems[Audience.SYSTEM]) is Webhook
    assert {type(one) for one in gateways_of(Settings(data_dir=tmp_path)).values()} == {Folder}


def test_a_mail_has_one_deadline_however_often_a_byte_comes(there: There, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.gateways.smtp.MAIL_SECONDS", 0.5)
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            line, _ = server.accept()
            with line, suppress(OSError):
                while not over.wait(0.05):
                    line.sendall(b"220-wait\r\n")

        thread = threading.Thread(target=greet)
        thread.start()
        begun = time.monotonic()
        slow = Smtp(
            ways=there.ways, host="127.0.0.1", port=server.getsockname()[1], security=Security.STARTTLS, username="",
            password_file=None, sender="reports@example.cn", receiver="{telephone}@sms.example.cn",
        )  # fmt: skip

        assert failure_of(slow) is Failure.AWAY
        assert time.monotonic() - begun < 3
        over.set()
        thread.join()
