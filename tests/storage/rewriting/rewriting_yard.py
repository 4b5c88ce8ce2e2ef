"""A study in two stored segments, and a form that makes each instance smaller."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from storage import tables
from storage.database import snapshot, transaction
from storage.index import quarantine_rows, queries
from storage.index.queries import Held, Index, Instance, instance_of
from storage.keeping.shipping import ship
from storage.nodes.reader import Bytes
from storage.objects.store import FolderObjectStore, ObjectStore
from storage.rewriting.rewrite import Local, OtherForm, RewriteOutcome, Work, rewrite
from storage.segments import members
from storage.segments.members import Manifest
from storage.segments.segment_rows import segment_key
from storage.segments.spool import Spool
from tests.storage.instances import HEAD, NOON, compared, row, store

SMALL = "1.2.840.10008.1.2.4.202"
SMALL_HEAD = HEAD + b", small"
LATER = NOON + timedelta(days=2)


@contextmanager
def small(local: Local, instance: Instance) -> Generator[OtherForm | None]:
    """The data set compressed, as though that were a transfer syntax; one that is small already stays."""
    plain = local.read(instance, instance.dataset_offset, instance.size - instance.dataset_offset)
    if instance.transfer_syntax_uid == SMALL:
        yield None
        return
    coded = SMALL_HEAD + zlib.compress(plain)
    yield OtherForm(
        chunks=lambda: [coded[:5], coded[5:]],
        size=len(coded),
        head_size=len(SMALL_HEAD),
        transfer_syntax_uid=SMALL,
        frame_ranges=((len(SMALL_HEAD), 7),),
        pixel_digest=hashlib.sha256(plain).digest(),
        description=zlib.compress(b'{"00080005":{"vr":"CS"}}'),
    )


class Yard:
    """A node with two stored segments of a study: instances 1 and 2, then 3, each described."""

    def __init__(self, spool: Spool, index_: Index, engine: Engine, folder: Path) -> None:
        self.spool, self.index, self.engine = spool, index_, engine
        self.folder = folder
        self.now = NOON
        self.keep_in(FolderObjectStore(folder))

    def keep_in(self, store_: ObjectStore) -> None:
        self.store = store_
        self.bytes = Bytes(self.spool.directory, store_, self.engine)
        self.work = Work(
            engine=self.engine, spool_dir=self.spool.directory, store=store_, node="here", clock=lambda: self.now
        )

    def arrive(self, *numbers: int) -> None:
        for number in numbers:
            store(self.spool, self.index, row(number), data(number))
            self.describe(number)
        self.seal()

    def describe(self, number: int) -> None:
        with transaction(self.engine) as tx:
            queries.describe(tx, {f"1.2.3.{number}": zlib.compress(b"{}")})

    def seal(self) -> None:
        self.spool.close()
        ship(self.engine, self.spool.directory, self.store, self.now)

    def segments(self, state: str = "stored") -> list[str]:
        asked = sa.select(tables.segment.c.id).where(tables.segment.c.state == state).order_by(tables.segment.c.id)
        with snapshot(self.engine) as tx:
            return list(tx.execute(asked).scalars())

    def instance(self, number: int = 1) -> Instance:
        with snapshot(self.engine) as tx:
            found = instance_of(tx, f"1.2.3.{number}")
        assert found is not None
        return found

    def read(self, number: int = 1) -> bytes:
        one = self.instance(number)
        return self.bytes.read(one, one.dataset_offset, one.size - one.dataset_offset)

    def plain(self, number: int = 1) -> bytes:
        stored = self.read(number)
        return zlib.decompress(stored) if self.instance(number).transfer_syntax_uid == SMALL else stored

    def rewrite(self, **how: Any) -> RewriteOutcome:
        return rewrite(self.work, "1.2.3", self.segments(), **how)

    def manifest(self, segment_id: str) -> Manifest:
        stored = (self.folder / segment_key(segment_id)).read_bytes()
        footer = members.read_footer(stored[-members.TAIL_BYTES :], segment_id)
        assert footer is not None
        return members.parse_manifest(stored[footer.manifest_offset :][: footer.manifest_size], segment_id)

    def objects(self) -> set[str]:
        return {key.rpartition("/")[2].partition(".")[0] for key in self.store.keys("segments/")}

    def held(self) -> list[Held]:
        with transaction(self.engine) as tx:
            compared(tx)
            return quarantine_rows.find(tx, sa.true(), limit=10)


def data(number: int) -> bytes:
    return f"body {number} ".encode() * 500
