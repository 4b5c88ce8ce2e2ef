"""What only a bucket has: TLS with an authority of one's own, keys that are renewed, locks, large objects in parts."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from minio.commonconfig import COMPLIANCE, GOVERNANCE
from minio.credentials import StaticProvider

from storage.objects.s3 import KeyFiles, Lock, Mode, S3ObjectStore
from storage.objects.store import StoreAway, StoreRefuses
from tests import certificates
from tests.seaweedfs import ACCESS_KEY, BUCKET, SECRET_KEY, SeaweedFS
from tests.tls_proxy import tls_in_front_of

KEY = "segments/0/a.tar"
KEYS = StaticProvider(ACCESS_KEY, SECRET_KEY)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(b"0123456789")
    return path


def test_tls_is_spoken_with_a_server_whose_authority_is_our_own(
    s3: SeaweedFS, tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = certificates.make(tmp_path, "authority")
    shown = certificates.make(tmp_path, "s3", signed_by=authority)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    with tls_in_front_of(urlsplit(s3.endpoint).port or 0, shown.certificate, shown.key) as port:
        there = S3ObjectStore(f"https://127.0.0.1:{port}", bucket=BUCKET, prefix="tls", keys=KEYS)
        there.put_file(KEY, source)
        read = there.open_range(KEY, 2, 3)
        monkeypatch.delenv("SSL_CERT_FILE")
        stranger = S3ObjectStore(f"https://127.0.0.1:{port}", bucket=BUCKET, prefix="tls", keys=KEYS)
        with pytest.raises(StoreAway):
            stranger.open_range(KEY, 2, 3)

    assert read == b"234"


def test_keys_are_renewed_while_it_runs(s3: SeaweedFS, tmp_path: Path, source: Path) -> None:
    access, secret = tmp_path / "access", tmp_path / "secret"
    access.write_text("old-key\n", "utf-8")
    secret.write_text("old-secret\n", "utf-8")
    there = S3ObjectStore(s3.endpoint, bucket=BUCKET, prefix="renewed", keys=KeyFiles(access, secret))
    with pytest.raises(StoreRefuses):
        there.put_file(KEY, source)
    access.unlink()  # in the middle of the renewal
    with pytest.raises(StoreRefuses):
        there.put_file(KEY, source)
    access.write_text(f"{ACCESS_KEY}\n", "utf-8")
    secret.write_text(f"{SECRET_KEY}\n", "utf-8")
    there.put_file(KEY, source)

    assert there.open_range(KEY, 0, 10) == b"0123456789"


@pytest.mark.parametrize(("mode", "named"), [(Mode.GOVERNANCE, GOVERNANCE), (Mode.COMPLIANCE, COMPLIANCE)])
def test_what_is_stored_is_locked_where_the_bucket_locks(s3: SeaweedFS, source: Path, mode: Mode, named: str) -> None:
    if not s3.client.bucket_exists("locked"):
        s3.client.make_bucket("locked", object_lock=True)
    there = S3ObjectStore(s3.endpoint, bucket="locked", prefix=mode, keys=KEYS, lock=Lock(days=30, mode=mode))
    before = datetime.now(UTC)
    there.put_file(KEY, source)
    retention = s3.client.get_object_retention("locked", f"{mode}/{KEY}")
    version = s3.client.stat_object("locked", f"{mode}/{KEY}").version_id
    there.delete(KEY)  # hides it, and keeps what is locked

    assert there.can_lock()
    assert retention is not None
    assert retention.mode == named
    assert abs(retention.retain_until_date - before - timedelta(days=30)) < timedelta(minutes=1)
    assert not there.exists(KEY)
    with s3.client.get_object("locked", f"{mode}/{KEY}", version_id=version) as kept:
        assert kept.read() == b"0123456789"


def test_a_bucket_without_locks_says_so_and_takes_nothing_that_asks_for_one(s3: SeaweedFS, source: Path) -> None:
    there = S3ObjectStore(
        s3.endpoint, bucket=BUCKET, prefix="unlocked", keys=KEYS, lock=Lock(days=1, mode=Mode.GOVERNANCE)
    )

    assert not there.can_lock()
    with pytest.raises(StoreRefuses):
        there.put_file(KEY, source)


def test_a_large_segment_goes_up_in_parts(s3: SeaweedFS, tmp_path: Path, at_length: bool) -> None:
    megabytes = 300 if at_length else 50
    path, digest = tmp_path / "large", hashlib.sha256()
    with path.open("wb") as file:
        for number in range(megabytes):
            piece = hashlib.sha256(json.dumps(number).encode()).digest() * (1 << 15)
            file.write(piece)
            digest.update(piece)
    there = S3ObjectStore(s3.endpoint, bucket=BUCKET, prefix=tmp_path.name, keys=KEYS)
    there.put_file(KEY, path)
    etag = s3.client.stat_object(BUCKET, f"{tmp_path.name}/{KEY}").etag or ""
    back = hashlib.sha256()
    for piece in there.stream(KEY, 0, megabytes << 20):
        back.update(piece)

    assert etag.endswith(f"-{-(-megabytes // 16)}")  # the number of parts
    assert back.digest() == digest.digest()


def test_a_range_at_the_end_is_as_long_as_the_object_lets_it(s3: SeaweedFS, source: Path) -> None:
    there = S3ObjectStore(s3.endpoint, bucket=BUCKET, prefix="ends", keys=KEYS)
    there.put_file(KEY, source)

    assert (there.up_to(KEY, 0, 4), there.up_to(KEY, 8, 100)) == (b"0123", b"89")
    with pytest.raises(EOFError):
        there.up_to(KEY, 10, 1)
