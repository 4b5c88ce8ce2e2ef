"""The PROXY protocol: whom a trusted proxy calls for, and what is no header."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import struct
from pathlib import Path

import pytest

from pacs.dimse import proxy_protocol
from pacs.dimse.listener import SecurePort
from pacs.dimse.proxy_protocol import NoHeader
from pacs.dimse.tls import CertificateFiles, Certificates
from tests import certificates
from tests.archive import Archive
from tests.certificates import trusting
from tests.wire import Aborted, HungUp, Rejected, Sender

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def block(command: int, family: int, body: bytes) -> bytes:
    return SIGNATURE + struct.pack(">BBH", command, family, len(body)) + body


FOURTH = bytes((10, 1, 2, 3, 127, 0, 0, 1)) + struct.pack(">HH", 40000, 11112)
SIXTH = ipaddress.ip_address("fd00::7").packed + ipaddress.ip_address("::1").packed + struct.pack(">HH", 40000, 11112)
EXTRA = b"\x03\x00\x04\x12\x34\x56\x78"  # PP2_TYPE_CRC32C

HEADERS = {
    b"PROXY TCP4 10.1.2.3 127.0.0.1 40000 11112\r\n": ("10.1.2.3", 40000),
    b"PROXY TCP6 fd00::7 ::1 40000 11112\r\n": ("fd00::7", 40000),
    b"PROXY UNKNOWN\r\n": None,
    b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n": None,
    block(0x21, 0x11, FOURTH): ("10.1.2.3", 40000),
    block(0x21, 0x11, FOURTH + EXTRA): ("10.1.2.3", 40000),
    block(0x21, 0x21, SIXTH): ("fd00::7", 40000),
    block(0x20, 0x00, b""): None,
}
NONE = [
    b"\x01\x00\x00\x00\x00\xcf\x00\x01\x00\x00TIERREAD        ",
    b"PROXY TCP4 10.1.2.3\r\n",
    b"PROXY TCP4 nowhere 127.0.0.1 40000 11112\r\n",
    b"PROXY TCP4 10.1.2.3 127.0.0.1 \xff 11112\r\n",
    b"PROXY TCP4 " + b"1" * 200,
    block(0x31, 0x11, FOURTH),
    block(0x21, 0x31, bytes(216)),
    block(0x21, 0x11, FOURTH[:8]),
    SIGNATURE + struct.pack(">BBH", 0x21, 0x11, 65535),
]


@pytest.mark.parametrize(("header", "caller"), HEADERS.items(), ids=range(len(HEADERS)))
def test_a_header_is_read_and_nothing_behind_it(header: bytes, caller: tuple[str, int] | None) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(header + b"next")

        assert proxy_protocol.caller_of(ours, 5) == caller
        assert ours.recv(4) == b"next"


@pytest.mark.parametrize("said", NONE, ids=range(len(NONE)))
def test_what_is_no_header_is_never_guessed(said: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(said)

        with pytest.raises(NoHeader):
            proxy_protocol.caller_of(ours, 5)


def test_a_proxy_that_hangs_up_or_says_nothing() -> None:
    ours, theirs = socket.socketpair()
    with ours:
        theirs.sendall(b"PROXY ")
        with pytest.raises(TimeoutError):
            proxy_protocol.caller_of(ours, 0.1)
        theirs.close()
        with pytest.raises(ConnectionError):
            proxy_protocol.caller_of(ours, 5)


@pytest.mark.parametrize(
    ("address", "trusted"), [("127.0.0.1", True), ("::ffff:127.0.0.1", True), ("10.0.0.1", False), ("", False)]
)
def test_proxies_are_known_by_their_addresses(address: str, trusted: bool) -> None:
    assert proxy_protocol.is_of(address, LOOPBACK) is trusted


def test_who_calls_through_a_proxy_is_whom_it_names(small_archive: Archive) -> None:
    small_archive.addresses = frozenset({"10.1.2.3"})
    with small_archive.listening(proxies=LOOPBACK) as listener:
        device = Sender(address=listener.address)
        device.connect()
        device.send(block(0x21, 0x11, FOURTH))
        device.associate()
        assert device.echo() == 0
        device.release()
        device.close()
        with pytest.raises((HungUp, ConnectionError)), Sender(address=listener.address):  # no header: nobody at all
            pass

    assert [(one.address, one.local) for one in small_archive.called] == [("10.1.2.3", False)]


def test_nobody_else_may_name_an_address(small_archive: Archive) -> None:
    small_archive.addresses = frozenset({"10.1.2.3"})
    with small_archive.listening(proxies=(ipaddress.ip_network("10.9.9.9/32"),)) as listener:
        with pytest.raises(Rejected), Sender(address=listener.address):
            pass
        liar = Sender(address=listener.address)
        liar.connect()
        liar.send(block(0x21, 0x11, FOURTH))
        with pytest.raises((HungUp, Aborted)):
            liar.associate()
        liar.close()

    assert [one.address for one in small_archive.called] == ["127.0.0.1"]


def test_the_same_by_tls(small_archive: Archive, tmp_path: Path) -> None:
    small_archive.addresses = frozenset({"10.1.2.3"})
    ours = certificates.make(tmp_path, "ours")
    secure = SecurePort(
        port=0, context=Certificates(CertificateFiles(certificate=ours.certificate, key=ours.key)).server
    )
    with small_archive.listening(proxies=LOOPBACK, secure=secure) as listener:
        device = Sender(address=listener.secure_address)
        with socket.create_connection(listener.secure_address, timeout=10) as plain:
            plain.sendall(block(0x21, 0x11, FOURTH))
            device.sock = trusting(ours).wrap_socket(plain)
            device.associate()
            assert isinstance(device.sock, ssl.SSLSocket)
            assert device.echo() == 0
            device.release()
            device.close()

    assert [(one.address, one.tls) for one in small_archive.called] == [("10.1.2.3", True)]


def test_a_proxy_that_keeps_silent_is_let_go(small_archive: Archive) -> None:
    with (
        small_archive.listening(proxies=LOOPBACK, request_seconds=0.3) as listener,
        socket.create_connection(listener.address, timeout=60) as silent,
    ):
        assert silent.recv(1) == b""
