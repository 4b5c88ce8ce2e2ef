"""What every role of this process shares: settings, folders, the clock, the database, the keys and the audit."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from sqlalchemy.engine import Connection, Engine

from pacs.arriving.receive import Sender
from pacs.dimse.tls import Certificates
from pacs.rights import Right
from reading.audit import Audit
from reading.patients.keys import Keys
from reading.register import device_rights
from reading.register.devices import Device
from reading.reports.seal import Seal
from service.installation.certificates import certificates_of
from service.installation.installation import Folders, keys_of, open_database, refuse_half_an_index
from service.installation.settings import Settings
from service.installation.stores import cache_of, check_lock, copy_store_of, object_store_of
from storage.objects.block_cache import BlockCache
from storage.objects.store import ObjectStore

_HOLDER_LENGTH: Final = 64


@dataclass(frozen=True, kw_only=True)
class House:
    settings: Settings
    folders: Folders
    clock: Callable[[], datetime]
    engine: Engine
    """Commits synchronously: for everything that people do."""
    keys: Keys
    seal: Seal
    audit: Audit
    object_store: ObjectStore
    """Where sealed segments go; asked itself by whatever must see what is really stored."""
    cache: BlockCache | None = None
    """Cache in front of the object store, for whoever reads pictures; None in front of a folder."""
    copy_store: ObjectStore | None = None
    """Where second copies of the segments go; None where there are none."""
    certificates: Certificates | None = None
    """For DICOM by TLS; None where it is not set up."""
    number: int = 1
    """Number of this process among those of its role on the node."""

    @property
    def holder(self) -> str:
        """Name of this process in rows that say who holds them."""
        node = self.settings.node
        return node if self.number == 1 else f"{self.number}/{node}"[:_HOLDER_LENGTH]


@contextmanager
def house_of(settings: Settings, folders: Folders, name: str, number: int = 1) -> Generator[House]:
    """``name`` is the process in the audit, as of a `heartbeat.Part`; ``number`` is among its kind."""
    engine = open_database(settings)
    cache: BlockCache | None = None
    try:
        refuse_half_an_index(engine)
        keys, seal = keys_of(folders, engine)
        store = object_store_of(settings)
        check_lock(settings, store)
        cache = cache_of(settings, store)
        yield House(
            settings=settings,
            folders=folders,
            clock=now,
            engine=engine,
            keys=keys,
            seal=seal,
            # A chain belongs to one process: each runs once on a node, under a lock.
            audit=Audit(f"{settings.node}/{name}"),
            number=number,
            object_store=store,
            cache=cache,
            copy_store=copy_store_of(settings),
            certificates=certificates_of(settings),
        )
    finally:
        if cache is not None:
            cache.close()
        engine.dispose()


def now() -> datetime:
    return datetime.now(UTC)


def sender_of(device: Device) -> Sender:
    """A device in whose name somebody else stores, or to which something is sent."""
    return Sender(
        device_id=device.id,
        site_id=device.site_id,
        issuer=device.issuer,
        character_set=device.character_set,
    )


def caller_of(tx: Connection, device: Device, now: datetime, *, test: bool = False) -> Sender:
    """A device that calls, with its rights; in a trial it stores and asks for its worklist at most."""
    may = device_rights.of(tx, device.id, now)
    rights = frozenset(Right(one) for one in (may & device_rights.USUAL if test else may))
    return replace(sender_of(device), may=rights, test=test)
