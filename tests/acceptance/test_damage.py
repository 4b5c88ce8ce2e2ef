"""A flipped byte in the object store is found, named, and restored; without a copy the device sends it again."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage import tables
from storage.database import connect, snapshot
from tests.builders import CT, image, new_uid, thing
from tests.postgresql import Cluster
from tests.running import TierRead, wait_until
from tests.seaweedfs import BUCKET, SeaweedFS
from tests.wire import EXPLICIT_LITTLE, Sender

SENT = thing(image(rows=128, columns=128, StudyInstanceUID=new_uid()))


@dataclass
class Place:
    """An installation, and how its stored objects are changed behind its back."""

    tierread: TierRead
    read: Callable[[str], bytes]
    write: Callable[[str, bytes], None]

    def keys(self) -> list[str]:
        engine = connect(self.tierread.database_url)
        try:
            with snapshot(engine) as tx:
                return list(tx.scalars(sa.select(tables.segment.c.key).where(tables.segment.c.state == "stored")))
        finally:
            engine.dispose()

    def waiting(self) -> int:
        engine = connect(self.tierread.database_url)
        row = tables.segment.c
        asked = sa.select(sa.func.count()).select_from(tables.segment)
        try:
            with snapshot(engine) as tx:
                return tx.scalar(asked.where(row.copied_at.is_(None) & (row.state != "gone"))) or 0
        finally:
            engine.dispose()

    def flip(self, key: str) -> None:
        content = bytearray(self.read(key))
        content[len(content) // 2] ^= 1
        self.write(key, bytes(content))

    def send(self) -> int | None:
        with Sender(
            address=("127.0.0.1", self.tierread.dicom_port), calling="DR_TOWN", contexts=[(CT, [EXPLICIT_LITTLE])]
        ) as sender:
            return sender.store(SENT)

    def verify(self, *arguments: str) -> tuple[int, list[tuple[str, bool]]]:
        done = self.tierread.run("verify", "--json", *arguments)
        return done.returncode, [(one["finding"], one["repaired"]) for one in json.loads(done.stdout)["damages"]]


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    copy = {"TIERREAD_COPY_STORE": str(tmp_path / "copy")}
    if request.param == "folder":
        tierread = TierRead(tmp_path / "house", settings=copy)
        objects = tierread.data_dir / "objects"

        def write(key: str, content: bytes) -> None:
            (objects / key).unlink()  # it shares its blocks with the spool's copy
            (objects / key).write_bytes(content)

        yield Place(tierread, lambda key: (objects / key).read_bytes(), write)
        tierread.close()
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    s3: SeaweedFS = request.getfixturevalue("s3")
    url = cluster.new_database()
    tierread = TierRead(tmp_path / "house", database_url=url, settings=copy | s3.settings("damage"))

    def read(key: str) -> bytes:
        with s3.client.get_object(BUCKET, f"damage/{key}") as answer:
            return answer.read()

    def put(key: str, content: bytes) -> None:
        s3.client.put_object(BUCKET, f"damage/{key}", io.BytesIO(content), len(content))

    yield Place(tierread, read, put)
    tierread.close()
    cluster.drop(url)


@pytest.mark.timeout(240)
def test_a_flipped_byte_is_restored_from_the_copy_or_sent_again(place: Place, tmp_path: Path) -> None:
    tierread = place.tierread
    tierread.start()
    tierread.cast()
    first = place.send()
    wait_until(lambda: len(place.keys()) == 1 and not place.waiting(), what="a stored and copied segment")
    tierread.stop()
    (key,) = place.keys()
    (tierread.data_dir / "spool" / key).unlink(missing_ok=True)
    whole, sound = place.read(key), place.verify()

    place.flip(key)
    said = tierread.run("verify").stdout
    found, repaired, after = place.verify(), place.verify("--repair"), place.verify()
    restored = place.read(key)

    for copy in (tmp_path / "copy").rglob("*.tar"):
        copy.unlink()
    place.flip(key)
    lost = place.verify("--repair")
    tierread.start()
    again = place.send()
    wait_until(lambda: len(place.keys()) == 2, what="the segment that takes its place")
    healed = place.verify()

    assert (first, sound) == (0, (0, []))
    assert f"changed: segment {Path(key).stem} at byte " in said
    assert ", case " in said
    assert (found, repaired, after) == ((1, [("changed", False)]), (1, [("changed", True)]), (0, []))
    assert restored == whole
    assert lost == (1, [("changed", False)])
    assert (again, healed) == (0, (0, []))
