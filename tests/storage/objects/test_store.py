"""Objects in a folder and in a bucket of a real S3 server behave the same; a server that is away loses nothing."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from minio.credentials import StaticProvider

from storage import tables
from storage.database import snapshot, transaction
from storage.index import journal
from storage.index.queries import instance_of
from storage.keeping.shipping import ship
from storage.nodes.reader import Bytes, HolderAway
from storage.objects.s3 import S3ObjectStore
from storage.objects.store import FolderObjectStore, NoSuchObject, ObjectStore, StoreAway, StoreRefuses
from tests.seaweedfs import ACCESS_KEY, BUCKET, SECRET_KEY, SeaweedFS
from tests.storage.instances import HEAD, NOON, opened, row, store

KEY = "segments/0/a.tar"


def bucket(
    s3: SeaweedFS, prefix: str, *, bucket_name: str = BUCKET, access_key: str = ACCESS_KEY, secret_key: str = SECRET_KEY
) -> S3ObjectStore:
    keys = StaticProvider(access_key, secret_key)
    return S3ObjectStore(s3.endpoint, bucket=bucket_name, prefix=prefix, keys=keys)


@pytest.fixture(params=["folder", "s3"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "folder":
        return FolderObjectStore(tmp_path / "objects")
    return bucket(request.getfixturevalue("s3"), tmp_path.name)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(b"0123456789")
    return path


@pytest.fixture
def stopped(s3: SeaweedFS) -> Iterator[SeaweedFS]:
    """The server, away until the test or its end brings it back."""
    s3.stop()
    yield s3
    s3.start()


def test_an_object_is_read_whole_in_part_and_in_pieces(kept: ObjectStore, source: Path) -> None:
    kept.put_file(KEY, source)

    assert (kept.exists(KEY), kept.size(KEY)) == (True, 10)
    assert (kept.open_range(KEY, 0, 10), kept.open_range(KEY, 2, 3)) == (b"0123456789", b"234")
    assert list(kept.stream(KEY, 0, 10, 4)) == [b"0123", b"4567", b"89"]
    assert list(kept.stream(KEY, 5, 5)) == [b"56789"]


def test_a_put_that_is_repeated_changes_nothing(kept: ObjectStore, source: Path) -> None:
    for _ in range(2):
        kept.put_file(KEY, source)

    assert (kept.open_range(KEY, 0, 10), list(kept.keys(""))) == (b"0123456789", [KEY])


def test_an_object_larger_than_one_request_comes_back_the_same(kept: ObjectStore, tmp_path: Path) -> None:
    content = random.Random(7).randbytes((35 << 20) + 5)  # parts are of 16 MiB
    path = tmp_path / "large"
    path.write_bytes(content)
    kept.put_file(KEY, path)
    digest = hashlib.sha256()
    for piece in kept.stream(KEY, 0, len(content)):
        digest.update(piece)

    assert kept.size(KEY) == len(content)
    assert digest.digest() == hashlib.sha256(content).digest()
    assert kept.open_range(KEY, (16 << 20) - 3, 6) == content[(16 << 20) - 3 : (16 << 20) + 3]


def test_an_empty_object_is_an_object(kept: ObjectStore, source: Path) -> None:
    source.write_bytes(b"")
    kept.put_file(KEY, source)

    assert (kept.exists(KEY), kept.size(KEY), kept.open_range(KEY, 0, 0)) == (True, 0, b"")


@pytest.mark.parametrize(("offset", "length"), [(5, 6), (10, 1), (11, 4)])
def test_what_lies_beyond_the_end_is_an_error(kept: ObjectStore, source: Path, offset: int, length: int) -> None:
    kept.put_file(KEY, source)
    with pytest.raises(EOFError):
        kept.open_range(KEY, offset, length)

    assert kept.open_range(KEY, 10, 0) == b""


def test_a_key_that_was_never_put_or_was_deleted_has_no_object(kept: ObjectStore, source: Path) -> None:
    kept.put_file(KEY, source)
    kept.delete(KEY)
    kept.delete(KEY)

    for key in (KEY, "segments/0/b.tar"):
        assert not kept.exists(key)
        with pytest.raises(NoSuchObject) as raised:
            kept.size(key)
        assert raised.value.key == key
        for length in (0, 1):
            with pytest.raises(NoSuchObject):
                kept.stream(key, 0, length)


def test_keys_are_those_of_a_folder_in_the_order_of_their_bytes(kept: ObjectStore, source: Path) -> None:
    for key in ("b", "a/x", "a-1/x", "a/b/c.tar"):  # "-" comes before "/"
        kept.put_file(key, source)

    assert list(kept.keys("")) == ["a-1/x", "a/b/c.tar", "a/x", "b"]
    assert list(kept.keys("a/")) == ["a/b/c.tar", "a/x"]
    assert list(kept.keys("none/")) == []
    assert list(kept.sizes("a/")) == [("a/b/c.tar", 10), ("a/x", 10)]
    assert (kept.folders(""), kept.folders("a/"), kept.folders("none/")) == (["a", "a-1"], ["b"], [])


def test_installations_in_one_bucket_do_not_see_each_other(s3: SeaweedFS, source: Path) -> None:
    county, city = bucket(s3, "/apart/"), bucket(s3, "apart-city")
    county.put_file(KEY, source)
    city.put_file("segments/0/b.tar", source)
    city.delete(KEY)

    assert (list(county.keys("")), list(city.keys(""))) == ([KEY], ["segments/0/b.tar"])
    assert (county.exists(KEY), city.exists(KEY)) == (True, False)


def test_a_stream_that_is_given_up_leaves_no_connection_open(s3: SeaweedFS, tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(4 << 20))
    there = bucket(s3, tmp_path.name)
    there.put_file(KEY, path)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        there.stream(KEY, 0, 4 << 20)
        next(there.stream(KEY, 0, 4 << 20))

    assert len(list(Path("/proc/self/fd").iterdir())) <= before


def test_a_server_that_says_no_is_told_with_the_reason(s3: SeaweedFS, source: Path) -> None:
    nowhere = bucket(s3, "", bucket_name="not-made")
    stranger = bucket(s3, "", access_key="nobody", secret_key="unknown-secret")
    wrong = bucket(s3, "", secret_key="not-the-secret")
    told: list[tuple[str, str]] = []
    for refused in (nowhere, stranger, wrong):
        with pytest.raises(StoreRefuses) as raised:
            refused.put_file(KEY, source)
        told.append((raised.value.bucket, raised.value.code))

    assert told == [("not-made", "NoSuchBucket"), (BUCKET, "InvalidAccessKeyId"), (BUCKET, "SignatureDoesNotMatch")]


def test_a_server_that_is_away_is_told_apart_from_a_missing_object(stopped: SeaweedFS, source: Path) -> None:
    there = bucket(stopped, "away")
    for ask in (
        lambda: there.put_file(KEY, source),
        lambda: there.open_range(KEY, 0, 1),
        lambda: there.exists(KEY),
        lambda: there.delete(KEY),
        lambda: list(there.keys("")),
    ):
        with pytest.raises(StoreAway):
            ask()


def test_sealed_segments_wait_while_the_server_is_away(database_url: str, tmp_path: Path, stopped: SeaweedFS) -> None:
    there = bucket(stopped, tmp_path.name)
    with opened(database_url, tmp_path / "spool") as (spool, index, engine):

        def states() -> list[str]:
            with snapshot(engine) as tx:
                return list(tx.execute(sa.select(tables.segment.c.state)).scalars())

        store(spool, index, row(), b"body" * 1000)
        spool.close()
        with pytest.raises(StoreAway):
            ship(engine, spool.directory, there, NOON)
        with transaction(engine) as tx:
            journal.write(tx, "attribution", {"number": 1}, NOON)
        with pytest.raises(StoreAway):
            ship(engine, spool.directory, there, NOON)
        waiting = (states(), len(list(spool.directory.glob("segments/*/*.tar"))))
        stopped.start()
        shipped = [ship(engine, spool.directory, there, at) for at in (NOON, NOON + timedelta(hours=1))]
        with snapshot(engine) as tx:
            instance = instance_of(tx, "1.2.3.1")
        assert instance is not None
        read = Bytes(spool.directory, there, engine).read(instance, 0, instance.size)

        assert waiting == (["sealed"], 1)
        assert (shipped, states(), list(spool.directory.glob("segments/*/*.tar"))) == ([1, 0], ["stored"], [])
        assert [one.payload for one in journal.decisions(there)] == [{"number": 1}]
        assert read == HEAD + b"body" * 1000


def test_a_reader_is_told_that_the_server_is_away(database_url: str, tmp_path: Path, s3: SeaweedFS) -> None:
    there = bucket(s3, tmp_path.name)
    with opened(database_url, tmp_path / "spool") as (spool, index, engine):
        store(spool, index, row(), b"body")
        spool.close()
        for at in (NOON, NOON + timedelta(hours=1)):
            ship(engine, spool.directory, there, at)
        with snapshot(engine) as tx:
            instance = instance_of(tx, "1.2.3.1")
        assert instance is not None
        reader = Bytes(spool.directory, there, engine)
        s3.stop()
        try:
            with pytest.raises(HolderAway):
                reader.stream(instance)
            with pytest.raises(HolderAway):
                reader.read(instance, 0, 1)
        finally:
            s3.start()

        assert reader.read(instance, len(HEAD), 4) == b"body"
