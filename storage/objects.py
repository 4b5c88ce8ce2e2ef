"""Where sealed segments go: a folder, or a bucket of an S3 server."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

from minio import Minio
from minio.error import MinioException, S3Error
from urllib3 import BaseHTTPResponse, PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

from storage.durable import make_folder, sync_folder
from storage.pieces import Pieces

CHUNK_BYTES: Final = 1 << 20
_CONNECT_SECONDS: Final = 5
_READ_SECONDS: Final = 60
_TRIES_AGAIN: Final = 2
_CONNECTIONS: Final = 32
"""Kept open; more are made when more threads ask at once."""


class NoSuchObject(Exception):
    """Nothing is stored under this key."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class StoreAway(Exception):
    """The store does not answer, or cannot do its work now: later, not never."""


class StoreRefuses(Exception):
    """The store answers and says no, as with a bucket that is not there or keys that it does not know: for a person."""

    def __init__(self, bucket: str, code: str) -> None:
        super().__init__(bucket, code)
        self.bucket = bucket
        self.code = code
        """As the server names it, such as NoSuchBucket or AccessDenied."""


@dataclass(frozen=True, kw_only=True)
class Unfinished:
    """What was begun to be put under a key, and never came to its end."""

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
        """As `keys`, each with the size of its object: one question for a thousand of them."""
        ...

    def folders(self, prefix: str) -> list[str]:
        """The names of the folders directly in ``prefix``, sorted."""
        ...

    def unfinished(self, before: datetime) -> Iterator[Unfinished]:
        """Puts that were begun before, and never came to their end: they take room that no key shows."""
        ...

    def discard(self, one: Unfinished) -> None:
        """Give the room of an unfinished put back."""
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
        yield from (key for key, _ in self.sizes(prefix))

    def sizes(self, prefix: str) -> Iterator[tuple[str, int]]:
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


class S3ObjectStore:
    """Objects of a bucket, under a prefix; the bucket is there already, for its rules are its owner's."""

    def __init__(self, endpoint: str, *, bucket: str, prefix: str, access_key: str, secret_key: str) -> None:
        address = urlsplit(endpoint if "//" in endpoint else f"https://{endpoint}")
        self._client = Minio(
            address.netloc,
            access_key=access_key,
            secret_key=secret_key,
            secure=address.scheme == "https",
            http_client=_pool(),
        )
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""

    def put_file(self, key: str, path: Path) -> None:
        with self._told(key):
            self._client.fput_object(self._bucket, self._prefix + key, str(path))

    def open_range(self, key: str, offset: int, length: int) -> bytes:
        return b"".join(self.stream(key, offset, length))

    def stream(self, key: str, offset: int, length: int, chunk: int = CHUNK_BYTES) -> Iterator[bytes]:
        if not length:  # the SDK reads it as "to the end", and no range of HTTP is empty (RFC 9110 14.1.1)
            self.size(key)
            return iter(())
        with self._told(key):
            answer = self._client.get_object(self._bucket, self._prefix + key, offset=offset, length=length)
        return _read(answer, length, chunk)

    def exists(self, key: str) -> bool:
        try:
            self.size(key)
        except NoSuchObject:
            return False
        return True

    def size(self, key: str) -> int:
        with self._told(key):
            return self._client.stat_object(self._bucket, self._prefix + key).size or 0

    def delete(self, key: str) -> None:
        with self._told(key):
            self._client.remove_object(self._bucket, self._prefix + key)

    def keys(self, prefix: str) -> Iterator[str]:
        yield from (key for key, _ in self.sizes(prefix))

    def sizes(self, prefix: str) -> Iterator[tuple[str, int]]:
        # Not every server lists in the order of the bytes: some go folder by folder.
        with self._told(prefix):
            listed = self._client.list_objects(self._bucket, prefix=self._prefix + prefix, recursive=True)
            found = sorted((str(one.object_name).removeprefix(self._prefix), one.size or 0) for one in listed)
        yield from found

    def folders(self, prefix: str) -> list[str]:
        with self._told(prefix):
            listed = self._client.list_objects(self._bucket, prefix=self._prefix + prefix)
            return sorted(str(one.object_name).rstrip("/").rpartition("/")[2] for one in listed if one.is_dir)

    def unfinished(self, before: datetime) -> Iterator[Unfinished]:
        # The SDK aborts what it begins unless its process dies; to find what is left it has no public call.
        markers: tuple[str | None, str | None] = (None, None)
        while True:
            with self._told(self._prefix):
                listed = self._client._list_multipart_uploads(  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
                    self._bucket, prefix=self._prefix, key_marker=markers[0], upload_id_marker=markers[1]
                )
            for upload in listed.uploads:
                if upload.initiated_time is not None and upload.initiated_time < before:
                    yield Unfinished(key=upload.object_name.removeprefix(self._prefix), id=upload.upload_id or "")
            if not listed.is_truncated:
                return
            markers = (listed.next_key_marker, listed.next_upload_id_marker)

    def discard(self, one: Unfinished) -> None:
        with suppress(NoSuchObject), self._told(one.key):
            self._client._abort_multipart_upload(  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
                self._bucket, self._prefix + one.key, one.id
            )

    @contextmanager
    def _told(self, key: str) -> Generator[None]:
        """Turns what the SDK raises into errors of ours."""
        try:
            yield
        except S3Error as error:
            if error.code in _MISSING:
                raise NoSuchObject(key) from error
            if error.code == "InvalidRange":
                raise EOFError from error
            raise StoreRefuses(self._bucket, error.code or "") from error
        except (HTTPError, MinioException) as error:
            raise StoreAway from error


_MISSING: Final = ("NoSuchKey", "NoSuchObject", "NoSuchUpload")


def _read(answer: BaseHTTPResponse, length: int, chunk: int) -> Iterator[bytes]:
    with closing(answer):
        left = length
        while left:
            try:
                piece = answer.read(min(chunk, left))
            except HTTPError as error:
                raise StoreAway from error
            if not piece:
                raise EOFError
            left -= len(piece)
            yield piece
        answer.release_conn()


def _pool() -> PoolManager:
    """Connections that give up after some seconds without a server, three minutes with a silent one; not the SDK's 30.

    TLS trusts what the machine trusts, a hospital's own authority too.
    """
    return PoolManager(
        timeout=Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS),
        maxsize=_CONNECTIONS,
        cert_reqs="CERT_REQUIRED",
        retries=Retry(total=_TRIES_AGAIN, backoff_factor=0.2, status_forcelist=[500, 502, 503, 504]),
    )
