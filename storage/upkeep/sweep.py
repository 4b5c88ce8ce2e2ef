"""Finds what nobody needs: orphans in a store, drafts of dead writers, forgotten copies, empty folders.

A thing that may hold an image that the index does not know is reported, never removed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from storage import tables
from storage.database import snapshot
from storage.files import lock, write_file
from storage.ids import made_at
from storage.objects.store import NoSuchObject, ObjectStore
from storage.rebuild import dead_writers
from storage.segment_moves import UNSTORED, SegmentState
from storage.segments import members, quarantine_files
from storage.segments.members import Entry
from storage.segments.segment_rows import segment_key
from storage.upkeep.litter import Kind, Litter

T = TypeVar("T")
AGE: Final = timedelta(days=1)
"""Younger things may belong to a process that is still at work."""
_SEGMENTS: Final = "segments/"
_PAGE: Final = 500
_NODE_AWAY: Final = timedelta(hours=1)


class Sweeper:
    """Looks through a node's spool, the store, and the second store where there is one."""

    def __init__(
        self,
        engine: Engine,
        *,
        spool_dir: Path,
        node: str,
        store: ObjectStore,
        copy: ObjectStore | None,
        now: datetime,
    ) -> None:
        self._engine = engine
        self._spool_dir = spool_dir
        self._node = node
        self._store = store
        self._copy = copy
        self._now = now
        self._before = now - AGE

    def in_spool(self) -> Iterator[Litter]:
        """What nobody needs in this node's spool.

        Raises:
            StoreAway, StoreRefuses: of the store.

        """
        yield from self._drafts()
        yield from self._spool_copies()
        yield from self._quarantine_files()
        yield from self._empty_folders()

    def in_stores(self, tell: Callable[[int], None] = lambda _: None) -> Iterator[Litter]:
        """What nobody needs in the stores, and what never reached them; ``tell`` gets the number of keys checked.

        Raises:
            StoreAway, StoreRefuses: of a store.

        """
        yield from self._unstored()
        for store, prefix in ((self._store, ""), (self._copy, "copy: ")):
            if store is not None:
                yield from _unfinished(store, prefix, self._before)
                yield from self._orphans(store, prefix, tell)

    def _drafts(self) -> Iterator[Litter]:
        hidden = self._spool_dir.rglob(".*.new")
        whole = (path for folder in ("repair", "copying") for path in (self._spool_dir / folder).glob("*"))
        for path in sorted({*hidden, *whole}):
            found = _file(path)
            if found is not None and _at(found) < self._before and _is_free(path):
                yield self._litter(Kind.DRAFT, path, found.st_size)

    def _spool_copies(self) -> Iterator[Litter]:
        here = {path.stem: path for path in sorted(self._spool_dir.glob("segments/*/*.tar"))}
        row = tables.segment.c
        for ids in _batches(here, _PAGE):
            with snapshot(self._engine) as tx:
                long_ago = (row.state == SegmentState.STORED) & (row.stored_at < self._before)
                found = tx.execute(sa.select(row.id, row.size).where(row.id.in_(ids), long_ago)).all()
            for one in found:
                path = here[one.id]
                if _size_in(self._store, segment_key(one.id)) == one.size:
                    yield self._litter(Kind.SPOOL_COPY, path, one.size)
                else:
                    yield Litter(kind=Kind.NOT_IN_STORE, name=one.id, size=one.size)

    def _quarantine_files(self) -> Iterator[Litter]:
        """Quarantine files and notes without a row."""
        folder = self._spool_dir / "quarantine"
        there = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
        files = sorted({path.with_name(path.name.removesuffix(quarantine_files.NOTE)) for path in there})
        key = tables.quarantine.c.key
        for paths in _batches(files, _PAGE):
            named = {str(path.relative_to(self._spool_dir)): path for path in paths}
            with snapshot(self._engine) as tx:
                known = set(tx.scalars(sa.select(key).where(key.in_(named))))
            for name in sorted(named.keys() - known):
                path = named[name]
                note = path.with_name(path.name + quarantine_files.NOTE)
                file, noted = _file(path), _file(note)
                if file is not None and noted is not None:
                    yield Litter(kind=Kind.NOTED_FILE, name=name, size=file.st_size)
                elif (found := file or noted) is not None and _at(found) < self._before:
                    remove = partial(_unlink, path, note)
                    yield Litter(kind=Kind.QUARANTINE_FILE, name=name, size=found.st_size, remove=remove)

    def _unstored(self) -> Iterator[Litter]:
        row, node = tables.segment.c, tables.node.c
        asked = (
            sa.select(row.id, row.node, row.size, node.seen_at)
            .outerjoin(tables.node, node.name == row.node)
            .where(row.state.in_(UNSTORED), row.opened_at < self._before)
            .order_by(row.id)
        )
        with snapshot(self._engine) as tx:
            found = tx.execute(asked).all()
        for one in found:
            if one.node == self._node:
                if not (self._spool_dir / segment_key(one.id)).exists():
                    yield Litter(kind=Kind.LOST, name=one.id, size=one.size)
            elif one.seen_at is None or one.seen_at < self._now - _NODE_AWAY:
                yield Litter(kind=Kind.ABSENT_NODE, name=one.id, size=one.size)

    def _orphans(self, store: ObjectStore, prefix: str, tell: Callable[[int], None]) -> Iterator[Litter]:
        row = tables.segment.c
        for keys in _batches(store.keys(_SEGMENTS), _PAGE):
            ids = {_id_of(key): key for key in keys}
            with snapshot(self._engine) as tx:
                known = set(tx.scalars(sa.select(row.id).where(row.id.in_(ids), row.state != SegmentState.GONE)))
            tell(len(keys))
            for segment_id in sorted(ids.keys() - known):
                key = ids[segment_id]
                if not _is_old(segment_id, self._before):
                    continue
                try:
                    entries, size = self._entries(store, key, segment_id)
                except NoSuchObject:
                    continue  # somebody else has removed it
                needless = entries is not None and self._are_elsewhere(segment_id, entries)
                kind = Kind.ORPHAN if needless else Kind.UNKNOWN_INSTANCES
                remove = partial(store.delete, key) if kind is Kind.ORPHAN else None
                yield Litter(kind=kind, name=prefix + key, size=size, remove=remove)

    def _entries(self, store: ObjectStore, key: str, segment_id: str) -> tuple[list[Entry] | None, int]:
        """The instances of an object, from its members, and its size; None where a part cannot be read."""
        size = store.size(key)
        draft = self._spool_dir / "repair" / f"sweep-{segment_id}.tar"
        write_file(draft, store.stream(key, 0, size))
        try:
            fd = os.open(draft, os.O_RDONLY | os.O_CLOEXEC)
            try:
                found = dead_writers.look(fd, segment_id)
            finally:
                os.close(fd)
        finally:
            draft.unlink()
        if found.damaged or found.written_to > found.end:
            return None, size
        return [entry for header in found.good if (entry := members.entry_of(header)) is not None], size

    def _are_elsewhere(self, segment_id: str, entries: Sequence[Entry]) -> bool:
        """Whether every instance was erased or is indexed with the same content elsewhere, and no row leads here."""
        instance, held, tombstone = tables.instance.c, tables.quarantine.c, tables.tombstone.c.sop_instance_uid
        with snapshot(self._engine) as tx:
            for table in (instance, held):
                if tx.scalar(sa.select(sa.literal(1)).where(table.segment_id == segment_id).limit(1)) is not None:
                    return False
            for some in _batches(entries, _PAGE):
                asked = sa.select(instance.sop_instance_uid, instance.received_digest)
                uids = [entry.row.sop_instance_uid for entry in some]
                rows = tx.execute(asked.where(instance.sop_instance_uid.in_(uids), instance.damaged.is_(False)))
                there = {uid: bytes(digest) for uid, digest in rows}
                erased = set(tx.scalars(sa.select(tombstone).where(tombstone.in_(uids))))
                needed = [entry.row for entry in some if entry.row.sop_instance_uid not in erased]
                if any(there.get(one.sop_instance_uid) != one.received_digest for one in needed):
                    return False
        return True

    def _empty_folders(self) -> Iterator[Litter]:
        for folder in ("segments", "quarantine", "journal"):
            for path in sorted((self._spool_dir / folder).glob("[0-9]*")):
                if path.is_dir() and path.name < f"{self._before:%Y%m%d}" and not any(path.iterdir()):
                    name = str(path.relative_to(self._spool_dir))
                    yield Litter(kind=Kind.EMPTY_FOLDER, name=name, remove=partial(_remove_folder, path))

    def _litter(self, kind: Kind, path: Path, size: int) -> Litter:
        name = str(path.relative_to(self._spool_dir))
        return Litter(kind=kind, name=name, size=size, remove=partial(path.unlink, missing_ok=True))


def _batches(things: Iterable[T], size: int) -> Iterator[list[T]]:
    each = iter(things)
    while batch := list(islice(each, size)):
        yield batch


def _unfinished(store: ObjectStore, prefix: str, before: datetime) -> Iterator[Litter]:
    for one in store.unfinished(before):
        yield Litter(kind=Kind.UPLOAD, name=prefix + one.key, remove=partial(store.discard, one))


def _id_of(key: str) -> str:
    return Path(key).stem


def _is_old(segment_id: str, before: datetime) -> bool:
    """Whether a segment was made before; False for a name that is no id of ours."""
    try:
        return made_at(segment_id) < before
    except ValueError:
        return False


def _size_in(store: ObjectStore, key: str) -> int | None:
    try:
        return store.size(key)
    except NoSuchObject:
        return None


def _file(path: Path) -> os.stat_result | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found if path.is_file() else None


def _at(found: os.stat_result) -> datetime:
    return datetime.fromtimestamp(found.st_mtime, UTC)


def _is_free(path: Path) -> bool:
    """Whether nobody writes the file: a writer of segments holds its lock."""
    with lock(path) as fd:
        return fd is not None


def _unlink(*paths: Path) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _remove_folder(path: Path) -> None:
    try:
        path.rmdir()
    except OSError:
        if path.exists() and not any(path.iterdir()):
            raise  # else somebody has put something there, which is as good
