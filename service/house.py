"""What every role of this process shares: settings, folders, the clock, the database, the keys and the audit."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.engine import Engine

from pacs.receive import Sender
from pacs.tls import Certificates
from reading.audit import Audit
from reading.cipher import Keys
from reading.devices import Device
from reading.signing import Seal
from service.certificates import certificates_of
from service.installation import Folders, keys_of, open_database, refuse_half_an_index
from service.settings import Settings
from storage.objects import FolderObjectStore, ObjectStore, S3ObjectStore


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
    """Where sealed segments go."""
    copy_store: ObjectStore | None = None
    """Where a second copy of them goes, None where there is to be none."""
    certificates: Certificates | None = None
    """For DICOM by TLS, None where it is not set up."""


@contextmanager
def house_of(settings: Settings, folders: Folders, role: str) -> Generator[House]:
    """``role`` names the process in the audit: a `service.alive.Role`, or ``cli``."""
    engine = open_database(settings)
    try:
        refuse_half_an_index(engine)
        keys, seal = keys_of(folders, engine)
        yield House(
            settings=settings,
            folders=folders,
            clock=now,
            engine=engine,
            keys=keys,
            seal=seal,
            # A chain belongs to one process: a role runs once on a node, under a lock.
            audit=Audit(f"{settings.node}/{role}"),
            object_store=object_store_of(settings),
            copy_store=copy_store_of(settings),
            certificates=certificates_of(settings),
        )
    finally:
        engine.dispose()


def object_store_of(settings: Settings) -> ObjectStore:
    return _store_at(settings, settings.object_store, links=True)


def copy_store_of(settings: Settings) -> ObjectStore | None:
    # A link would share its blocks with the first store's file, and be lost with them.
    return _store_at(settings, settings.copy_store, links=False) if settings.copy_store else None


def _store_at(settings: Settings, where: str, *, links: bool) -> ObjectStore:
    if not where.startswith("s3://"):
        return FolderObjectStore(Path(where), links=links)
    bucket, _, prefix = where.removeprefix("s3://").partition("/")
    return S3ObjectStore(
        settings.s3_endpoint,
        bucket=bucket,
        prefix=prefix,
        access_key=_secret(settings.s3_access_key_file),
        secret_key=_secret(settings.s3_secret_key_file),
    )


def _secret(path: Path | None) -> str:
    return "" if path is None else path.read_text("utf-8").strip()


def now() -> datetime:
    return datetime.now(UTC)


def sender_of(device: Device, *, test: bool = False) -> Sender:
    return Sender(
        device_id=device.id,
        site_id=device.site_id,
        issuer=device.issuer,
        character_set=device.character_set,
        test=test,
    )
