"""TLS beside the plain port: who is let in, what a failed handshake means, and certificates that are renewed."""

from __future__ import annotations

import socket
import ssl
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from pynetdicom.ae import ApplicationEntity

from pacs.dataset import part10
from pacs.dimse.listener import Listener, SecurePort
from pacs.dimse.tls import CertificateFiles, Certificates, ClientCertificate, Failure, UnusableCertificate
from tests import certificates
from tests.archive import Archive
from tests.attackers import silent
from tests.builders import CT, image, new_uid, thing
from tests.certificates import DAY, Certificate, trusting
from tests.conftest import need_tool
from tests.pacs.dimse.test_upper_layer import trickle
from tests.wire import EXPLICIT_LITTLE, IMPLICIT_LITTLE, VERIFICATION, Aborted, HungUp, Rejected, Sender

IMAGES = [(VERIFICATION, [IMPLICIT_LITTLE]), (CT, [EXPLICIT_LITTLE])]


@dataclass(frozen=True)
class Authority:
    """The health network's authority, and what it has signed."""

    root: Certificate
    ours: Certificate
    device: Certificate
    files: CertificateFiles


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    root = certificates.make(tmp_path, "root")
    ours = certificates.make(tmp_path, "tierread", signed_by=root)
    device = certificates.make(tmp_path, "device", signed_by=root)
    return Authority(
        root, ours, device, CertificateFiles(certificate=ours.certificate, key=ours.key, authorities=root.certificate)
    )


@contextmanager
def listening(
    archive: Archive, files: CertificateFiles, wanted: ClientCertificate = ClientCertificate.OPTIONAL, **changed: Any
) -> Iterator[Listener]:
    secure = SecurePort(port=0, context=Certificates(files, wanted).server)
    with archive.listening(secure=secure, **changed) as listener:
        yield listener


@contextmanager
def calling(listener: Listener, context: ssl.SSLContext) -> Iterator[Sender]:
    sender = Sender(address=listener.secure_address, contexts=IMAGES)
    with socket.create_connection(listener.secure_address, timeout=20) as plain:
        sender.sock = context.wrap_socket(plain)
        try:
            sender.associate()
            yield sender
            sender.release()
        finally:
            sender.close()


def test_instances_come_by_tls_and_beside_it_as_before(small_archive: Archive, authority: Authority) -> None:
    sent = [thing(image(rows=256, columns=256)), thing(image(StudyInstanceUID=new_uid()))]
    with listening(small_archive, authority.files) as listener:
        with calling(listener, trusting(authority.root)) as device:
            assert [device.store(one, fragment=100_000) for one in sent] == [0, 0]
            assert device.echo() == 0
        with Sender(address=listener.address, contexts=IMAGES) as plain:
            assert plain.echo() == 0

    assert sorted(small_archive.stored(row) for row in small_archive.instances()) == sorted(one.dataset for one in sent)
    assert [(one.tls, one.certificate_digest, one.local) for one in small_archive.called] == [
        (True, None, True),
        (False, None, True),
    ]


@pytest.mark.parametrize("wanted", ClientCertificate)
def test_a_certificate_that_is_shown_says_who_calls(
    small_archive: Archive, authority: Authority, wanted: ClientCertificate
) -> None:
    with (
        listening(small_archive, authority.files, wanted) as listener,
        calling(listener, authority.device.client(authority.root)) as device,
    ):
        assert device.echo() == 0

    assert [one.certificate_digest for one in small_archive.called] == [authority.device.digest]


def test_a_devices_own_certificate_is_trusted_where_it_is_named(
    small_archive: Archive, authority: Authority, tmp_path: Path
) -> None:
    own = certificates.make(tmp_path, "own")
    files = replace(authority.files, authorities=own.certificate)
    with (
        listening(small_archive, files, ClientCertificate.REQUIRED) as listener,
        calling(listener, own.client(authority.root)) as device,
    ):
        assert device.echo() == 0

    assert [one.certificate_digest for one in small_archive.called] == [own.digest]


def _refused(listener: Listener, context: ssl.SSLContext) -> None:
    with pytest.raises((ssl.SSLError, HungUp, Aborted, OSError)), calling(listener, context):
        pass


def test_what_failed_in_a_handshake_is_told_and_the_next_is_served(
    small_archive: Archive, authority: Authority, tmp_path: Path
) -> None:
    expired = certificates.make(tmp_path, "expired", signed_by=authority.root, since=-3 * DAY, until=-DAY)
    early = certificates.make(tmp_path, "early", signed_by=authority.root, since=DAY)
    strange = certificates.make(tmp_path, "strange")
    old = trusting(authority.root)
    old.set_ciphers("AES128-SHA@SECLEVEL=0")
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with listening(small_archive, authority.files, ClientCertificate.REQUIRED) as listener:
        _refused(listener, trusting(authority.root))
        _refused(listener, expired.client(authority.root))
        _refused(listener, early.client(authority.root))
        _refused(listener, strange.client(authority.root))
        _refused(listener, authority.device.client(strange))
        _refused(listener, old)
        with pytest.raises((HungUp, Aborted)), Sender(address=listener.secure_address):
            pass
        with calling(listener, authority.device.client(authority.root)) as device:
            assert device.echo() == 0

    # In whatever order: each handshake has a thread of its own.
    assert Counter((one.address, one.failure) for one in small_archive.unshaken) == Counter(
        ("127.0.0.1", failure)
        for failure in (
            Failure.NO_CERTIFICATE,
            Failure.CERTIFICATE_EXPIRED,
            Failure.CERTIFICATE_EXPIRED,
            Failure.CERTIFICATE_UNTRUSTED,
            Failure.DISTRUSTS_US,
            Failure.OLD_TLS,
            Failure.NOT_TLS,
        )
    )


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_both_versions_of_the_profile_are_spoken_without_compression(
    small_archive: Archive, authority: Authority, version: ssl.TLSVersion
) -> None:
    context = trusting(authority.root)
    context.minimum_version = context.maximum_version = version
    with listening(small_archive, authority.files) as listener, calling(listener, context) as device:
        assert isinstance(device.sock, ssl.SSLSocket)
        cipher = device.sock.cipher()
        assert device.echo() == 0

        assert cipher is not None
        assert "GCM" in cipher[0] or "POLY1305" in cipher[0]
        assert device.sock.compression() is None


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")
def test_what_rfc_8996_retired_is_refused(small_archive: Archive, authority: Authority) -> None:
    context = trusting(authority.root)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with listening(small_archive, authority.files) as listener:
        _refused(listener, context)

    assert [one.failure for one in small_archive.unshaken] == [Failure.OLD_TLS]


def test_a_handshake_that_stalls_keeps_nobody_waiting_and_is_ended(
    small_archive: Archive, authority: Authority
) -> None:
    # One after the other, the twenty would keep the device waiting for longer than it does.
    with listening(small_archive, authority.files, request_seconds=3) as listener:
        stalled = [socket.create_connection(listener.secure_address, timeout=60) for _ in range(20)]
        stalled[0].sendall(b"\x16\x03\x01")
        with calling(listener, trusting(authority.root)) as device:
            assert device.echo() == 0
        for one in stalled:
            assert one.recv(1) == b""
            one.close()


@pytest.mark.parametrize("said", [b"", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc"])
def test_silence_at_the_tls_port_closes_neither_port(small_archive: Archive, authority: Authority, said: bytes) -> None:
    with (
        listening(small_archive, authority.files, max_associations=4) as listener,
        silent(listener.secure_address[1], 170, say=said),
    ):
        with calling(listener, trusting(authority.root)) as device:
            assert device.store(thing(image())) == 0
        with Sender(address=listener.address, contexts=IMAGES) as plain:
            assert plain.store(thing(image())) == 0


def test_a_handshake_that_trickles_is_ended(small_archive: Archive, authority: Authority) -> None:
    with (
        listening(small_archive, authority.files, request_seconds=0.3) as listener,
        socket.create_connection(listener.secure_address) as slow,
    ):
        trickle(slow, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(400))


def test_stopping_ends_a_handshake_on_its_way(small_archive: Archive, authority: Authority) -> None:
    with listening(small_archive, authority.files, request_seconds=3600, stop_seconds=0.1) as listener:
        stalled = socket.create_connection(listener.secure_address, timeout=60)
        stalled.sendall(b"\x16\x03\x01")
        listener.stop()

        with suppress(ConnectionResetError):
            assert stalled.recv(1) == b""
        stalled.close()


def test_a_renewed_certificate_is_shown_from_then_on_and_an_association_goes_on(
    small_archive: Archive, authority: Authority, tmp_path: Path
) -> None:
    with listening(small_archive, authority.files) as listener, calling(listener, trusting(authority.root)) as before:
        renewed = certificates.make(tmp_path, "renewed", signed_by=authority.root)
        renewed.key.replace(authority.ours.key)
        with calling(listener, trusting(authority.root)) as between:  # a key without its certificate: not taken
            assert _shown(between) == authority.ours.built.serial_number
        renewed.certificate.replace(authority.ours.certificate)
        with calling(listener, trusting(authority.root)) as after:
            assert after.echo() == 0
            assert _shown(after) == renewed.built.serial_number
        assert before.echo() == 0
        assert _shown(before) == authority.ours.built.serial_number


def _shown(sender: Sender) -> int:
    assert isinstance(sender.sock, ssl.SSLSocket)
    shown = sender.sock.getpeercert()
    assert shown is not None
    return int(str(shown["serialNumber"]), 16)


def test_files_that_are_no_use_are_named(authority: Authority, tmp_path: Path) -> None:
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("nothing")
    wrong = {
        replace(authority.files, certificate=nonsense): nonsense,
        replace(authority.files, key=authority.device.key): authority.ours.certificate,
        replace(authority.files, key=tmp_path / "gone"): tmp_path / "gone",
        replace(authority.files, authorities=nonsense): nonsense,
        replace(authority.files, authorities=tmp_path / "gone"): tmp_path / "gone",
    }
    for files, path in wrong.items():
        with pytest.raises(UnusableCertificate) as unusable:
            Certificates(files)

        assert unusable.value.path == path


# -- real peers


def test_dcmtk_by_tls(small_archive: Archive, authority: Authority, tmp_path: Path) -> None:
    path = tmp_path / "image.dcm"
    sent = thing(image())
    head = part10.head(
        sop_class_uid=sent.sop_class, sop_instance_uid=sent.sop_instance, transfer_syntax_uid=sent.transfer_syntax
    )
    path.write_bytes(head + sent.dataset)
    mutual = ["+tls", str(authority.device.key), str(authority.device.certificate)]
    trust = ["+cf", str(authority.root.certificate)]
    with listening(small_archive, authority.files) as listener:
        peer = ["-aet", "TOWNSHIP", "-aec", "TIERREAD", "127.0.0.1", str(listener.secure_address[1])]
        for known in (["+tla"], mutual):
            for command in (["echoscu", *peer], ["storescu", *peer, str(path)]):
                tool, *rest = command
                done = subprocess.run(
                    [need_tool(tool), *known, *trust, *rest], capture_output=True, text=True, check=False, timeout=60
                )
                assert done.returncode == 0, done.stderr + done.stdout

    assert len(small_archive.instances()) == 1
    assert [one.certificate_digest for one in small_archive.called] == [None, None, *[authority.device.digest] * 2]


def test_pynetdicom_by_tls(small_archive: Archive, authority: Authority) -> None:
    entity = ApplicationEntity("TOWNSHIP")
    entity.add_requested_context(VERIFICATION)
    with listening(small_archive, authority.files, ClientCertificate.REQUIRED) as listener:
        host, port = listener.secure_address
        association = entity.associate(
            host, port, ae_title="TIERREAD", tls_args=(authority.device.client(authority.root), "device")
        )
        status = association.send_c_echo()
        association.release()

    assert status.Status == 0
    assert association.is_released


def test_an_unknown_device_is_refused_by_tls_as_ever(small_archive: Archive, authority: Authority) -> None:
    with listening(small_archive, authority.files) as listener:
        sender = Sender(address=listener.secure_address, calling="QUINN")
        with socket.create_connection(listener.secure_address) as plain:
            sender.sock = trusting(authority.root).wrap_socket(plain)
            with pytest.raises(Rejected) as refused:
                sender.associate()
            sender.close()

    assert (refused.value.result, refused.value.source, refused.value.reason) == (1, 1, 3)
