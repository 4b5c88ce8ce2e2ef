"""A full disk, a read-only one, a locked database: the device hears A700, nothing acknowledged is missing, and after
the repair the same instance is taken."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Engine

from storage import tables
from storage.database import connect
from tests.archive import Archive, archive
from tests.builders import CT, image, new_uid, thing
from tests.wire import EXPLICIT_LITTLE, Object, Sender

STORED = 0x0000
OUT_OF_RESOURCES = 0xA700
CONTEXTS = [(CT, [EXPLICIT_LITTLE])]
MIB = 1 << 20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 MiB."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount")
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(disk)], check=True)
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


@pytest.mark.parametrize("keep_free_mib", [0, 8], ids=["to the last byte", "with room kept free"])
def test_a_full_disk(small_disk: Path, engine: Engine, database_url: str, keep_free_mib: int) -> None:
    with archive(engine, database_url, small_disk, keep_free_bytes=keep_free_mib * MIB) as here:
        sent, refused = until_refused(here)
        with_room = small_disk / "ballast"
        lost = lost_of(here, sent)
        with_room.unlink()
        with here.listening() as listener, Sender(address=listener.address, contexts=CONTEXTS) as device:
            again = device.store(refused)

        assert again == STORED
        assert len(sent) >= 2
        assert lost == []
        assert lost_of(here, [*sent, refused]) == []


def test_a_read_only_disk(small_disk: Path, engine: Engine, database_url: str) -> None:
    first, second = large(), large()
    with (
        archive(engine, database_url, small_disk, keep_free_bytes=0) as here,
        here.listening() as listener,
        Sender(address=listener.address, contexts=CONTEXTS) as device,
    ):
        before = device.store(first)
        here.spool.close()
        with read_only(small_disk), structlog.testing.capture_logs() as log:
            meanwhile = device.store(second)
        after = device.store(second)

        assert [before, meanwhile, after] == [STORED, OUT_OF_RESOURCES, STORED]
        assert [(line["what"], line["errno"]) for line in log if line["event"] == "out_of_resources"] == [
            ("the disk of the spool refuses to write", "EROFS")
        ]
        assert lost_of(here, [first, second]) == []


def test_a_locked_database(tmp_path: Path, database_url: str) -> None:
    first, second = large(), large()
    engine = connect(database_url, lock_seconds=0.5)
    with (
        archive(engine, database_url, tmp_path, lock_seconds=0.5) as here,
        here.listening() as listener,
        Sender(address=listener.address, contexts=CONTEXTS) as device,
    ):
        before = device.store(first)
        with locked(engine), structlog.testing.capture_logs() as log:
            meanwhile = device.store(second)
        after = device.store(second)

        assert [before, meanwhile, after] == [STORED, OUT_OF_RESOURCES, STORED]
        assert "the database did not take the row" in {line.get("what") for line in log}
        assert lost_of(here, [first, second]) == []
    engine.dispose()


def until_refused(here: Archive) -> tuple[list[Object], Object]:
    """Fill the disk beside the archive, then send until an instance is refused; those that were not, and it."""
    (here.directory.parent / "ballast").write_bytes(bytes(8 * MIB))
    sent: list[Object] = []
    study = new_uid()
    with (
        here.listening() as listener,
        Sender(address=listener.address, contexts=CONTEXTS) as device,
        structlog.testing.capture_logs() as log,
    ):
        for _ in range(40):
            one = large(study)
            status = device.store(one)
            if status != STORED:
                break
            sent.append(one)

    assert status == OUT_OF_RESOURCES
    assert [line["what"] for line in log if line["event"] == "out_of_resources"] == ["the disk of the spool is full"]
    return sent, one


def large(study: str | None = None) -> Object:
    """An instance of 2 MiB."""
    return thing(image(rows=1024, columns=1024, StudyInstanceUID=study or new_uid()))


def lost_of(here: Archive, sent: list[Object]) -> list[str]:
    """What was acknowledged and is not in the archive with the very bytes."""
    rows = {row["sop_instance_uid"]: row for row in here.instances()}
    return [
        one.sop_instance
        for one in sent
        if one.sop_instance not in rows
        or hashlib.sha256(here.stored(rows[one.sop_instance])).digest() != hashlib.sha256(one.dataset).digest()
    ]


@contextmanager
def read_only(disk: Path) -> Iterator[None]:
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    try:
        yield
    finally:
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)


@contextmanager
def locked(engine: Engine) -> Iterator[None]:
    """Somebody else holds the lock on what the index writes."""
    with engine.connect() as tx, tx.begin():
        if tx.dialect.name == "postgresql":
            tx.execute(sa.text(f"LOCK TABLE {tables.instance.name} IN ACCESS EXCLUSIVE MODE"))
        yield
