"""The delivered HAProxy in front: what is silent there is closed there, and what is internal is not reached."""

from __future__ import annotations

import re
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import httpx
import pytest

from tests import certificates
from tests.attackers import STRANGER, is_closed, silent, store
from tests.conftest import need_tool
from tests.running import REPOSITORY, Cast, TierRead, free_port, listens, serving, wait_until

TRUSTING = {"TIERREAD_TRUSTED_PROXIES": "127.0.0.1", "TIERREAD_DICOM_TRUSTED_PROXIES": "127.0.0.1"}


@dataclass(frozen=True)
class Front:
    tierread: TierRead
    cast: Cast
    https: int
    dicom: int

    def client(self) -> httpx.Client:
        return httpx.Client(
            base_url=f"https://127.0.0.1:{self.https}",
            verify=False,  # noqa: S501 # a certificate of the test
            trust_env=False,
            timeout=30,
        )


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    haproxy, folder = need_tool("haproxy"), tmp_path_factory.mktemp("front")
    ports = {each: free_port() for each in ("11112", "8080", "8443")}
    made = certificates.make(folder, "front")
    (folder / "tls.pem").write_bytes(made.certificate.read_bytes() + made.key.read_bytes())
    with serving(folder / "house", settings=TRUSTING) as tierread:
        written = (REPOSITORY / "deploy" / "haproxy.cfg").read_text("utf-8")
        said = re.sub(r"bind :(\d+)", lambda found: f"bind 127.0.0.1:{ports[found[1]]}", written)
        said = re.sub(r"\bscp\d:11112\b", f"127.0.0.1:{tierread.dicom_port}", said)
        said = re.sub(r"\bweb\d:8080\b", f"127.0.0.1:{tierread.http_port}", said)
        said = said.replace("/run/secrets/tls_certificate", str(folder / "tls.pem"))
        said = said.replace("timeout client 30s", "timeout client 3s")  # the tests wait for both
        said = re.sub(r"(timeout (?:http-request|http-keep-alive)) 10s", r"\1 2s", said)
        (folder / "haproxy.cfg").write_text(said, "utf-8")
        with (folder / "haproxy.log").open("wb") as log:
            proxy = subprocess.Popen([haproxy, "-f", str(folder / "haproxy.cfg")], stdout=log, stderr=log)
        try:
            made_front = Front(tierread, tierread.cast(), ports["8443"], ports["11112"])
            wait_until(lambda: listens(ports["8443"]), what="HAProxy")
            with made_front.client() as client:
                wait_until(lambda: client.get("/healthz").status_code == 200, what="HTTP behind it")
            yield made_front
        finally:
            proxy.terminate()
            proxy.wait(30)


@pytest.mark.parametrize(
    "path",
    [
        "/metrics",
        "/%6detrics",
        "/%6Detrics",
        "/metric%73",
        "/%256detrics",
        "//metrics",
        "/t/../metrics",
        "/t/%2e%2e/metrics",
    ],
)
def test_however_it_is_written_nobody_reads_the_metrics_through_the_proxy(front: Front, path: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", front.https), timeout=30) as plain,
        context.wrap_socket(plain) as secure,
    ):
        # Written by hand: a client would put the path in order.
        secure.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: secure.recv(1 << 16), b""))

    assert answer[9:12] in {b"403", b"404"}
    assert b"tierread_" not in answer


@pytest.mark.parametrize("said", [b"", b"\x16\x03\x01\x02\x00\x01"])
def test_people_read_beside_silence_at_the_secure_port(front: Front, said: bytes) -> None:
    with silent(front.https, 300, say=said) as sockets, front.client() as client:
        for _ in range(12):
            assert client.get("/healthz").status_code == 200
        assert all(is_closed(each) for each in sockets)


def test_people_read_beside_half_written_requests(front: Front) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with ExitStack() as held:
        halves: list[ssl.SSLSocket] = []
        for _ in range(50):
            plain = socket.create_connection(("127.0.0.1", front.https), source_address=(STRANGER, 0), timeout=30)
            halves.append(held.enter_context(context.wrap_socket(held.enter_context(plain))))
            halves[-1].sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        with front.client() as client:
            assert [client.get("/healthz").status_code for _ in range(12)] == [200] * 12
        assert all(is_closed(each) for each in halves)


def test_a_device_stores_beside_silence_at_the_dicom_port(front: Front) -> None:
    wait_until(lambda: store(front.dicom, front.cast.device, 1).refused == [], what="the listener behind the proxy")
    with silent(front.dicom, 300):
        stored = store(front.dicom, front.cast.device, 12)

    assert stored.refused == []
