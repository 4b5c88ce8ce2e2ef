"""`tierread devices check` against a running installation, by TLS and without."""

from __future__ import annotations

import subprocess
from pathlib import Path

import sqlalchemy as sa

from storage import tables
from storage.database import connect, snapshot
from tests import certificates
from tests.conftest import need_tool
from tests.running import TierRead, free_port, serving, wait_until


def test_a_newcomer_checks_a_device(tmp_path: Path) -> None:
    root = certificates.make(tmp_path, "root")
    ours = certificates.make(tmp_path, "tierread", signed_by=root)
    own = certificates.make(tmp_path, "device", signed_by=root)
    secure = free_port()
    settings = {
        "TIERREAD_DICOM_TLS_PORT": str(secure),
        "TIERREAD_DICOM_TLS_CERTIFICATE_FILE": str(ours.certificate),
        "TIERREAD_DICOM_TLS_KEY_FILE": str(ours.key),
        "TIERREAD_DICOM_TLS_AUTHORITIES_FILE": str(root.certificate),
    }
    with serving(tmp_path / "here", settings=settings) as tierread:
        tierread.admin("org", "add", "T1", "卫生院", "--level", "township")
        where = ("--host", "127.0.0.1", "--site", "T1")
        tierread.admin("device", "add", "DR1", *where, "--certificate", str(own.certificate))
        passed = tierread.run("devices", "check", "DR1", "--json")
        tierread.admin("device", "set", "DR1", "--port", str(free_port()))
        failed = tierread.run("device", "check", "DR1")
        echo(tierread, tierread.dicom_port, 1)
        echo(tierread, secure, 0, "+tls", str(own.key), str(own.certificate), "+cf", str(root.certificate))
        known = wait_until(lambda: next((one for one in tierread.admin("device", "list") if one["heard_at"]), None))

    assert passed.returncode == 0, passed.stderr
    assert '"passed": true' in passed.stdout
    assert failed.returncode == 1
    assert "nothing answers there" in failed.stdout
    assert "is it switched on" in failed.stdout
    assert (known["refusal"], known["certificate"]) == ("must_call_by_tls", own.digest.hex())
    engine = connect(tierread.database_url)
    with snapshot(engine) as tx:
        assert tx.scalar(sa.select(sa.func.count()).select_from(tables.instance)) == 0
        assert tx.scalar(sa.select(sa.func.count()).select_from(tables.quarantine)) == 0
    engine.dispose()


def echo(tierread: TierRead, port: int, code: int, *tls: str) -> None:
    done = subprocess.run(
        [need_tool("echoscu"), *tls, "-aet", "DR1", "-aec", tierread.ae_title, "127.0.0.1", str(port)],
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == code, done.stderr


def test_certificates_that_are_no_use_keep_the_service_from_starting(tmp_path: Path) -> None:
    (tmp_path / "nonsense.pem").write_text("nothing")
    tierread = TierRead(
        tmp_path / "here",
        settings={
            "TIERREAD_DICOM_TLS_CERTIFICATE_FILE": str(tmp_path / "nonsense.pem"),
            "TIERREAD_DICOM_TLS_KEY_FILE": str(tmp_path / "nonsense.pem"),
        },
    )
    done = tierread.run("serve")

    assert done.returncode == 3
    assert "TIERREAD_DICOM_TLS_CERTIFICATE_FILE names" in done.stderr
