"""Where sealed segments go: a folder, or a bucket of an S3 server."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

from minio import Minio
from minio.error import S3Error
from urllib3 import BaseHTTPResponse

from storage.durable import make_folder, sync_folder
from storage.pieces import Pieces

CHUNK_BYTES: Final = 1 << 20


class NoSuchObject(Exception):
    """Nothing is stored under this key."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class ObjectStore(Protocol):
    """Objects under keys of ours; each is put once, whole, and never changes."""

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


class FolderObjectStore:
    """Objects are files; a put is a link or a copy under a draft's name, and a rename."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        make_folder(directory)

    def put_file(self, key: str, path: Path) -> None:
        stored = self._directory / key
        make_folder(stored.parent)
        draft = stored.with_name(f".{stored.name}.new")
        draft.unlink(missing_ok=True)
        try:
            os.link(path, draft)
        except OSError:  # another file system, or one without links
            shutil.copyfile(path, draft)
            with draft.open("rb") as copy:
                os.fsync(copy.fileno())
        draft.rename(stored)
        sync_folder(stored.parent)

    def open_range(self, key: str, offset: int, length: int) -> bytes:
        return b"".join(self.stream(key, offset, length))

    def stream(self, key: str, offset: int, length: int, chunk: int = CHUNK_BYTES) -> Iterator[bytes]:
        try:
            return Pieces(self._directory / key, offset, length, chunk)
        except FileNotFoundError:
            raise NoSuchObject(key) from None

    def exists(self, key: str) -> bool:
        return (self._directory / key).exists()

    def size(self, key: str) -> int:
        try:
            return (self._directory / key).stat().st_size
        except FileNotFoundError:
            raise NoSuchObject(key) from None

    def delete(self, key: str) -> None:
        (self._directory / key).unlink(missing_ok=True)

    def keys(self, prefix: str) -> Iterator[str]:
        files = (path for path in (self._directory / prefix).rglob("*") if path.is_file())
        yield from sorted(str(path.relative_to(self._directory)) for path in files if not path.name.startswith("."))


class S3ObjectStore:
    """Objects of a bucket, under a prefix."""

    def __init__(self, endpoint: str, *, bucket: str, prefix: str, access_key: str, secret_key: str) -> None:
        address = urlsplit(endpoint if "//" in endpoint else f"https://{endpoint}")
        self._client = Minio(
            address.netloc, access_key=access_key, secret_key=secret_key, secure=address.scheme == "https"
        )
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""

    def put_file(self, key: str, path: Path) -> None:
        self._client.fput_object(self._bucket, self._prefix + key, str(path))

    def open_range(self, key: str, offset: int, length: int) -> bytes:
        return b"".join(self.stream(key, offset, length))

    def stream(self, key: str, offset: int, length: int, chunk: int = CHUNK_BYTES) -> Iterator[bytes]:
        with _missing(key):
            # The SDK reads a length of 0 as "to the end".
            answer = self._client.get_object(self._bucket, self._prefix + key, offset=offset, length=length or 1)
        return _read(answer, length, chunk)

    def exists(self, key: str) -> bool:
        try:
            self.size(key)
        except NoSuchObject:
            return False
        return True

    def size(self, key: str) -> int:
        with _missing(key):
            return self._client.stat_object(self._bucket, self._prefix + key).size or 0

    def delete(self, key: str) -> None:
        self._client.remove_object(self._bucket, self._prefix + key)

    def keys(self, prefix: str) -> Iterator[str]:
        for found in self._client.list_objects(self._bucket, prefix=self._prefix + prefix, recursive=True):
            yield str(found.object_name).removeprefix(self._prefix)


def _read(answer: BaseHTTPResponse, length: int, chunk: int) -> Iterator[bytes]:
    with closing(answer):
        left = length
        while left:
            piece = answer.read(min(chunk, left))
            if not piece:
                raise EOFError
            left -= len(piece)
            yield piece


@contextmanager
def _missing(key: str) -> Generator[None]:
    try:
        yield
    except S3Error as error:
        if error.code in ("NoSuchKey", "NoSuchObject"):
            raise NoSuchObject(key) from error
        raise
