"""A whole receiving archive for a test: spool, index, receiver, and a listener when asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from pacs.arriving.outcome import Outcome
from pacs.arriving.receive import Receiver, Sender
from pacs.dimse.listener import Listener, ListenerSettings
from pacs.dimse.port_shares import SharedCount
from pacs.dimse.refusals import CallingAE, FailedHandshake, GaveWay, RefusedAssociation
from pacs.dimse.service import Service
from pacs.rights import Right
from storage import tables
from storage.database import Durability, snapshot
from storage.index.queries import Index
from storage.segments.spool import Spool
from tests import engines
from tests.wire import Object

TOWNSHIP: Final = Sender(
    device_id="01D0000000000000000000000D",
    site_id="01S0000000000000000000000T",
    issuer="TOWNSHIP",
    may=frozenset(Right),
)
OTHER: Final = Sender(
    device_id="01D0000000000000000000000E", site_id="01S0000000000000000000000H", issuer="OTHER", may=frozenset(Right)
)
TITLES: Final = {"TOWNSHIP": TOWNSHIP, "OTHER": OTHER}


@dataclass(kw_only=True)
class Archive:
    engine: Engine
    directory: Path
    spool: Spool
    index: Index
    receiver: Receiver
    refusals: list[RefusedAssociation] = field(default_factory=list[RefusedAssociation])
    gave_way: list[GaveWay] = field(default_factory=list[GaveWay])
    unshaken: list[FailedHandshake] = field(default_factory=list[FailedHandshake])
    told: list[Outcome] = field(default_factory=list[Outcome])
    """What became of each instance that the listener received."""
    called: list[CallingAE] = field(default_factory=list[CallingAE])
    """Everybody who asked for an association."""
    addresses: frozenset[str] = frozenset({"127.0.0.1"})
    """Where the devices call from."""

    def take(self, thing: Object, sender: Sender = TOWNSHIP, *, piece: int = 50_000, at_once: bool = False) -> Outcome:
        """Receive one instance, fed in pieces of that many bytes, or as the listener receives what lies in memory."""
        reception = self.receiver.begin(sender, thing.sop_class, thing.sop_instance, thing.transfer_syntax, "dimse")
        if at_once:
            return reception.finish(memoryview(thing.dataset))
        for at in range(0, len(thing.dataset), piece):
            reception.feed(memoryview(thing.dataset)[at : at + piece])
        return reception.finish()

    def rows(self, table: sa.Table) -> list[dict[str, Any]]:
        with snapshot(self.engine) as tx:
            return [dict(row) for row in tx.execute(sa.select(table)).mappings()]

    def instances(self) -> list[dict[str, Any]]:
        return self.rows(tables.instance)

    def quarantined(self) -> list[dict[str, Any]]:
        return self.rows(tables.quarantine)

    def quarantine_file(self, row: dict[str, Any]) -> bytes:
        return (self.directory / str(row["key"])).read_bytes()

    def stored(self, row: dict[str, Any]) -> bytes:
        """The data set of an index row, read where the row says that it lies."""
        with snapshot(self.engine) as tx:
            key = tx.execute(
                sa.select(tables.segment.c.key).where(tables.segment.c.id == row["segment_id"])
            ).scalar_one()
        with (self.directory / key).open("rb") as segment:
            segment.seek(row["offset"] + row["dataset_offset"])
            return segment.read(row["size"] - row["dataset_offset"])

    def registry(self, calling: CallingAE) -> Sender | None:
        self.called.append(calling)
        return TITLES.get(calling.ae_title) if calling.address in self.addresses else None

    @contextmanager
    def listening(
        self, services: Sequence[Service] = (), *, shared_count: SharedCount | None = None, **changed: Any
    ) -> Iterator[Listener]:
        settings = ListenerSettings(**{"host": "127.0.0.1", "port": 0, "stop_seconds": 2, **changed})
        listener = Listener(
            self.receiver,
            self.registry,
            self.refusals.append,
            settings,
            lambda _sender, outcome: self.told.append(outcome),
            services=services,
            on_failed_handshake=self.unshaken.append,
            on_way_given=self.gave_way.append,
            known_address=self.addresses.__contains__,
            shared_count=shared_count,
        )
        listener.start()
        try:
            yield listener
        finally:
            listener.stop()


@contextmanager
def archive(
    engine: Engine, database_url: str, directory: Path, *, lock_seconds: float = 30, keep_free_bytes: int = 64 << 20
) -> Iterator[Archive]:
    with engines.pointed(database_url, Durability.ASYNCHRONOUS, lock_seconds=lock_seconds) as quick:
        index = Index(quick)
        spool = Spool(directory / "spool", node="node", engine=engine, keep_free_bytes=keep_free_bytes)
        try:
            yield Archive(
                engine=engine,
                directory=directory / "spool",
                spool=spool,
                index=index,
                receiver=Receiver(spool, index, lambda: datetime.now(UTC)),
            )
        finally:
            index.close()
            spool.close()
