"""Where an installation stores: the object store that its settings name, its lock, and the cache in front of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.engine import Engine

from reading.anchors.places import Places
from service.installation.installation import CannotStart, Folders
from service.installation.settings import Settings
from service.telemetry.logs import logger
from service.telemetry.metrics import CACHE_BLOCKS, CACHE_BYTES
from storage.objects.block_cache import BlockCache, Use
from storage.objects.store import FolderObjectStore, ObjectStore, StoreAway, StoreRefuses

if TYPE_CHECKING:
    from storage.objects.s3 import S3ObjectStore


def object_store_of(settings: Settings) -> ObjectStore:
    return _store_at(settings, settings.object_store, links=True)


def copy_store_of(settings: Settings) -> ObjectStore | None:
    # A link would share its blocks with the first store's file, and be lost with them.
    return _store_at(settings, settings.copy_store, links=False) if settings.copy_store else None


def anchor_places(settings: Settings, folders: Folders, engine: Engine) -> Places:
    """Where the anchors of the audit are kept."""
    return Places(engine=engine, store=object_store_of(settings), copy=copy_store_of(settings), folder=folders.data)


def _bucket_of(store: ObjectStore) -> S3ObjectStore | None:
    if isinstance(store, FolderObjectStore):
        return None
    from storage.objects.s3 import S3ObjectStore  # noqa: PLC0415 as below

    return store if isinstance(store, S3ObjectStore) else None


def _store_at(settings: Settings, where: str, *, links: bool) -> ObjectStore:
    if not where.startswith("s3://"):
        return FolderObjectStore(Path(where), links=links)
    # Imported where it is set: installations without a bucket start faster without its client.
    from storage.objects.s3 import KeyFiles, Lock, Mode, S3ObjectStore  # noqa: PLC0415

    assert settings.s3_access_key_file is not None  # noqa: S101 # load_settings.load has seen to it
    assert settings.s3_secret_key_file is not None  # noqa: S101
    lock = None
    if settings.s3_retention_days is not None and where == settings.object_store:
        lock = Lock(days=settings.s3_retention_days, mode=Mode(settings.s3_retention_mode))
    bucket, _, prefix = where.removeprefix("s3://").partition("/")
    return S3ObjectStore(
        settings.s3_endpoint,
        bucket=bucket,
        prefix=prefix,
        keys=KeyFiles(settings.s3_access_key_file, settings.s3_secret_key_file),
        lock=lock,
    )


def check_lock(settings: Settings, store: ObjectStore) -> None:
    """Check that the bucket can lock objects where TIERREAD_S3_RETENTION_DAYS asks for that.

    Raises:
        CannotStart: the bucket locks nothing.

    """
    bucket = _bucket_of(store)
    if settings.s3_retention_days is None or bucket is None:
        return
    try:
        locks = bucket.can_lock()
    except (StoreAway, StoreRefuses) as unanswered:
        # Images are received all the same, and a bucket that locks nothing refuses each put that asks for it.
        logger().warning("whether the bucket locks is not known", exc_info=unanswered)
        return
    if not locks:
        raise CannotStart(
            "the bucket of TIERREAD_OBJECT_STORE was made without object lock",
            "make another one with object lock, or unset TIERREAD_S3_RETENTION_DAYS",
        )


def cache_of(settings: Settings, store: ObjectStore) -> BlockCache | None:
    """The cache in front of a bucket; None in front of a folder.

    Raises:
        CannotStart: its folder cannot be made.

    """
    bucket = _bucket_of(store)
    if bucket is None or not settings.cache_mib or settings.cache_dir is None:
        return None
    try:
        return BlockCache(bucket, settings.cache_dir, max_bytes=settings.cache_mib << 20, tell=_count)
    except OSError as unwritable:
        raise CannotStart(
            f"the cache folder {settings.cache_dir} cannot be used: {unwritable.strerror}",
            "make it a folder that this user may write to, or set TIERREAD_CACHE_DIR or TIERREAD_CACHE_MIB=0",
        ) from unwritable


def _count(use: Use, size: int) -> None:
    CACHE_BLOCKS.labels(use).inc()
    CACHE_BYTES.labels(use).inc(size)
