"""Associations that we ask for, and why there is none."""

from __future__ import annotations

import socket
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from pynetdicom.presentation import build_context

from pacs.dimse.listener import SecurePort
from pacs.dimse.peer import Failure, Peer, Unreachable, open_association
from pacs.dimse.tls import CertificateFiles, Certificates, ClientCertificate
from tests import certificates
from tests.archive import Archive
from tests.wire import IMPLICIT_LITTLE, VERIFICATION, item, pdu

ECHO = [build_context(VERIFICATION)]


def test_a_peer_that_is_called_answers_and_is_let_go(small_archive: Archive) -> None:
    with small_archive.listening() as listener:
        peer = Peer(ae_title="TIERREAD", host="127.0.0.1", port=listener.address[1])

        with open_association("TOWNSHIP", peer, ECHO) as association:
            status = association.send_c_echo()

    assert status.Status == 0
    assert association.is_released


def test_a_block_that_fails_aborts(small_archive: Archive) -> None:
    with small_archive.listening() as listener:
        peer = Peer(ae_title="TIERREAD", host="127.0.0.1", port=listener.address[1])

        with pytest.raises(ZeroDivisionError), open_association("TOWNSHIP", peer, ECHO) as association:
            raise ZeroDivisionError

    assert association.is_aborted


@pytest.mark.parametrize(
    ("ours", "theirs", "sop_class", "failure"),
    [
        ("QUINN", "TIERREAD", VERIFICATION, Failure.REFUSED),
        ("TOWNSHIP", "ANOTHER", VERIFICATION, Failure.REFUSED),
        ("TOWNSHIP", "TIERREAD", "1.2.826.0.1.3680043.8.498.7", Failure.NO_CONTEXT),
    ],
)
def test_a_peer_says_why_not(small_archive: Archive, ours: str, theirs: str, sop_class: str, failure: Failure) -> None:
    with small_archive.listening() as listener:
        peer = Peer(ae_title=theirs, host="127.0.0.1", port=listener.address[1])

        with pytest.raises(Unreachable) as raised, open_association(ours, peer, [build_context(sop_class)]):
            pass

    assert raised.value.failure is failure


def test_both_sides_release_at_once(small_archive: Archive) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        colliding = threading.Thread(target=_collide, args=(server,))
        colliding.start()
        peer = Peer(ae_title="A", host="127.0.0.1", port=server.getsockname()[1])
        with open_association("US", peer, ECHO, seconds=5) as association:
            pass
        colliding.join()

    assert association.is_released


def test_a_peer_is_called_by_tls_where_each_trusts_the_other(small_archive: Archive, tmp_path: Path) -> None:
    root, strange = certificates.make(tmp_path, "root"), certificates.make(tmp_path, "strange")
    theirs = certificates.make(tmp_path, "theirs", signed_by=root)
    ours = certificates.make(tmp_path, "ours", signed_by=root)
    of_theirs = CertificateFiles(certificate=theirs.certificate, key=theirs.key, authorities=root.certificate)
    secure = SecurePort(port=0, context=Certificates(of_theirs, ClientCertificate.REQUIRED).server)
    trusting = Certificates(
        CertificateFiles(certificate=ours.certificate, key=ours.key, authorities=root.certificate)
    ).client()
    doubting = Certificates(CertificateFiles(authorities=strange.certificate)).client()
    with small_archive.listening(secure=secure) as listener:
        at = {"ae_title": "TIERREAD", "host": "127.0.0.1"}
        good = Peer(**at, port=listener.secure_address[1], tls=trusting, certificate_digest=theirs.digest)
        with open_association("TOWNSHIP", good, ECHO) as association:
            status = association.send_c_echo()
        wrong = (
            replace(good, certificate_digest=ours.digest),
            replace(good, tls=doubting),
            replace(good, port=listener.address[1]),
        )
        failures: list[Failure] = []
        for peer in wrong:
            with pytest.raises(Unreachable) as raised, open_association("TOWNSHIP", peer, ECHO, seconds=5):
                pass
            failures.append(raised.value.failure)

    assert status.Status == 0
    assert [one.certificate_digest for one in small_archive.called][:1] == [ours.digest]
    assert failures[:2] == [Failure.UNTRUSTED] * 2
    assert failures[2] in {Failure.UNTRUSTED, Failure.AWAY}  # as soon as the plain port hangs up


def test_where_nothing_listens_the_peer_is_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    with (
        pytest.raises(Unreachable) as raised,
        open_association("US", Peer(ae_title="A", host="127.0.0.1", port=port), ECHO),
    ):
        pass

    assert raised.value.failure is Failure.AWAY


def test_what_hangs_up_speaks_no_dicom() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        hanging_up = threading.Thread(target=_hang_up, args=(server,))
        hanging_up.start()
        peer = Peer(ae_title="A", host="127.0.0.1", port=server.getsockname()[1])

        with pytest.raises(Unreachable) as raised, open_association("US", peer, ECHO):
            pass
        hanging_up.join()

    assert raised.value.failure is Failure.ABORTED


def _hang_up(server: socket.socket) -> None:
    server.accept()[0].close()


def _collide(server: socket.socket) -> None:
    """Accept what is asked, and ask to release when asked to (PS3.8 9.2.3, release collision)."""
    client = server.accept()[0]
    with client:
        client.settimeout(10)
        _read_pdu(client)
        accepted = item(0x21, bytes((1, 0, 0, 0)) + item(0x40, IMPLICIT_LITTLE.encode()))
        user = item(0x50, item(0x51, bytes((0, 1, 0, 0))) + item(0x52, b"1.2.826.0.1.3680043.8.498.2"))
        head = b"\0\1\0\0" + b"A".ljust(16) + b"US".ljust(16) + bytes(32)
        client.sendall(pdu(2, head + item(0x10, b"1.2.840.10008.3.1.1.1") + accepted + user))
        assert _read_pdu(client) == 5
        client.sendall(pdu(5, bytes(4)))
        assert _read_pdu(client) == 6
        client.sendall(pdu(6, bytes(4)))


def _read_pdu(client: socket.socket) -> int:
    head = client.recv(6, socket.MSG_WAITALL)
    client.recv(int.from_bytes(head[2:6], "big"), socket.MSG_WAITALL)
    return head[0]
