"""Reads the bytes of instances, wherever their segment is: in this node's spool or in the object store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from storage import tables
from storage.database import snapshot
from storage.errors import StorageError
from storage.files import Pieces
from storage.nodes.other_nodes import HolderAway, Holders
from storage.objects.store import CHUNK_BYTES, NoSuchObject, StoreAway
from storage.records import Instance
from storage.segment_moves import UNSTORED
from storage.segments.segment_rows import segment_key

__all__ = ["Bytes", "BytesMissing", "HolderAway"]


class BytesMissing(StorageError):
    """The index leads to bytes that nobody has: a fault that somebody must look into."""


class Ranges(Protocol):
    """An object store, or the cache in front of one."""

    def stream(self, key: str, offset: int, length: int, chunk: int = CHUNK_BYTES) -> Iterator[bytes]: ...


class Bytes:
    """Reads instances; ``offset`` counts from the start of the PS3.10 file.

    Without ``holders`` this node is the only one. ``copy`` is the second store, where there is one: it gives what the
    first has lost, or cannot give now.
    """

    def __init__(
        self,
        spool_dir: Path,
        object_store: Ranges,
        engine: Engine,
        holders: Holders | None = None,
        *,
        copy: Ranges | None = None,
    ) -> None:
        self._spool_dir = spool_dir
        self._store = object_store
        self._engine = engine
        self._holders = holders
        self._copy = copy

    def read(self, instance: Instance, offset: int, length: int) -> bytes:
        """Exactly these bytes.

        Raises:
            ValueError: they are not all within the instance.
            HolderAway: another node has them, or the object store does not answer.
            BytesMissing: nobody has them.

        """
        _check(instance, offset, length)
        try:
            return b"".join(self._pieces(instance, offset, length, max(length, 1)))
        except StoreAway as away:  # in the middle of its answer
            raise HolderAway from away

    def stream(self, instance: Instance, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """As `read`, in pieces; errors that are known at once are raised before the first piece."""
        length = instance.size - offset if length is None else length
        _check(instance, offset, length)
        return self._pieces(instance, offset, length, CHUNK_BYTES)

    def _pieces(self, instance: Instance, offset: int, length: int, chunk: int) -> Iterator[bytes]:
        key = segment_key(instance.segment_id)
        start = instance.offset + offset
        try:
            return Pieces(self._spool_dir / key, start, length, chunk)
        except FileNotFoundError:
            pass  # stored, and no longer in the spool; or in another's
        if self._holders is not None:
            lent = self._holders.stream(instance.segment_id, start, length, chunk)
            if lent is not None:
                return lent
        stores = [self._store] if self._copy is None else [self._store, self._copy]
        if instance.damaged:  # the first is known to have lost it
            stores.reverse()
        away: StoreAway | None = None
        for store in stores:
            try:
                return store.stream(key, start, length, chunk)
            except NoSuchObject:
                continue
            except StoreAway as silent:
                away = silent
        if away is not None:
            raise HolderAway from away
        raise self._why_missing(instance)

    def _why_missing(self, instance: Instance) -> Exception:
        with snapshot(self._engine) as tx:
            state = tx.execute(
                sa.select(tables.segment.c.state).where(tables.segment.c.id == instance.segment_id)
            ).scalar_one_or_none()
        return HolderAway() if state in UNSTORED else BytesMissing()


def _check(instance: Instance, offset: int, length: int) -> None:
    if offset < 0 or length < 0 or offset + length > instance.size:
        raise ValueError("outside of the instance")
