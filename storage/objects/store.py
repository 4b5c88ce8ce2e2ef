"""The protocol of object stores, and the store that is a folder; `storage.objects.s3` is the other."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

from storage.errors import StorageError
from storage.files import Pieces, make_folder, sync_folder
from storage.open_transactions import outside_transaction

CHUNK_BYTES: Final = 1 << 20
STORE: Final = "the object store"


class NoSuchObject(StorageError):
    """Nothing is stored under this key."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class StoreAway(StorageError):
    """The store does not answer, or cannot do its work now: try later."""


class StoreRefuses(StorageError):
    """The store refuses, as for a bucket that does not exist or unknown keys: a person has to put it right."""

    def __init__(self, bucket: str, code: str) -> None:
        super().__init__(bucket, code)
        self.bucket = bucket
        self.code = code
        """The server's word, such as NoSuchBucket or AccessDenied."""


@dataclass(frozen=True, kw_only=True)
class Unfinished:
    """A put that was begun and never ended."""

    key: str
    id: str


class ObjectStore(Protocol):
    """Objects under keys of ours; each is put once, whole, and never changes.

    Raises:
        StoreAway, StoreRefuses: any of these, of a store on the network.

    """

    def put_file(self, key: str, path: Path) -> None:
        """Store the file's content; the file may be shared with the store and must not change afterwards."""
        ...

    def open_range(self, key: str, offset: int, length: int) -> bytes:
        """Exactly ``length`` bytes from ``offset``. Raises NoSuchObject; EOFError when the object ends before."""
        ...

    def stream(self, key: str, offset: int, length: int, chunk: int = CHUNK_BYTES) -> Iterator[bytes]:
        """As `open_range`, in pieces of at most ``chunk`` bytes."""
        ...

    def exists(self, key: str) -> bool: ...

    def size(self, key: str) -> int:
        """Raises NoSuchObject."""
        ...

    def delete(self, key: str) -> None:
        """Nothing happens when there is no such object."""
        ...

    def keys(self, prefix: str) -> Iterator[str]:
        """Every key that begins with ``prefix`` (whole folders only), sorted."""
        ...

    def sizes(self, prefix: str) -> Iterator[tuple[str, int]]:
        """As `keys`, each with the size of its object; one request lists a thousand."""
        ...

    def folders(self, prefix: str) -> list[str]:
        """The names of the folders directly in ``prefix``, sorted."""
        ...

    def unfinished(self, before: datetime) -> Iterator[Unfinished]:
        """Puts that were begun before a moment and never ended: they take room that no key shows."""
        ...

    def discard(self, one: Unfinished) -> None:
        """Free the room of an unfinished put."""
        ...


class FolderObjectStore:
    """Objects are files; a put is a link or a copy under a draft's name, and a rename.

    Without ``links`` each object has blocks of its own on the disk, as a second copy must.
    """

    def __init__(self, directory: Path, *, links: bool = True) -> None:
        self._directory = directory
        self._links = links
        make_folder(directory)

    def put_file(self, key: str, path: Path) -> None:
        outside_transaction(STORE)
        stored = self._directory / key
        make_folder(stored.parent)
        draft = stored.with_name(f".{stored.name}.new")
        draft.unlink(missing_ok=True)
        if not (self._links and _linked(path, draft)):
            shutil.copyfile(path, draft)
            with draft.open("rb") as copy:
                os.fsync(copy.fileno())
        draft.rename(stored)
        sync_folder(stored.parent)

    def open_range(self, key: str, offset: int, length: int) -> bytes:
        return b"".join(self.stream(key, offset, length))

    def stream(self, key: str, offset: int, length: int, chunk: int = CHUNK_BYTES) -> Iterator[bytes]:
        outside_transaction(STORE)
        try:
            return Pieces(self._directory / key, offset, length, chunk)
        except FileNotFoundError:
            raise NoSuchObject(key) from None

    def exists(self, key: str) -> bool:
        outside_transaction(STORE)
        return (self._directory / key).exists()

    def size(self, key: str) -> int:
        outside_transaction(STORE)
        try:
            return (self._directory / key).stat().st_size
        except FileNotFoundError:
            raise NoSuchObject(key) from None

    def delete(self, key: str) -> None:
        outside_transaction(STORE)
        (self._directory / key).unlink(missing_ok=True)

    def keys(self, prefix: str) -> Iterator[str]:
        yield from (key for key, _ in self.sizes(prefix))

    def sizes(self, prefix: str) -> Iterator[tuple[str, int]]:
        outside_transaction(STORE)
        files = [path for path in (self._directory / prefix).rglob("*") if path.is_file()]
        named = [(str(path.relative_to(self._directory)), path) for path in files if not path.name.startswith(".")]
        for key, path in sorted(named):
            try:
                size = path.stat().st_size
            except FileNotFoundError:
                continue  # deleted since it was listed
            yield key, size

    def folders(self, prefix: str) -> list[str]:
        folder = self._directory / prefix
        return sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []

    def unfinished(self, before: datetime) -> Iterator[Unfinished]:
        for path in sorted(self._directory.rglob(".*.new")):
            if path.is_file() and datetime.fromtimestamp(path.stat().st_mtime, UTC) < before:
                name = str(path.relative_to(self._directory))
                yield Unfinished(key=name, id=name)

    def discard(self, one: Unfinished) -> None:
        (self._directory / one.id).unlink(missing_ok=True)


def _linked(path: Path, draft: Path) -> bool:
    try:
        os.link(path, draft)
    except OSError:  # another file system, or one without links
        return False
    return True
