"""Objects in a bucket of an S3 server, through the `minio` SDK."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from minio import Minio
from minio.commonconfig import COMPLIANCE, GOVERNANCE
from minio.credentials.credentials import Credentials
from minio.credentials.providers import Provider
from minio.error import MinioException, S3Error
from minio.retention import Retention
from urllib3 import BaseHTTPResponse, PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

from storage.objects.store import CHUNK_BYTES, STORE, NoSuchObject, StoreAway, StoreRefuses, Unfinished
from storage.open_transactions import outside_transaction

_PART_BYTES: Final = 16 << 20
_PARTS_AT_ONCE: Final = 3
"""Parts of one object that are sent at once; with the one that is being read, 64 MiB of memory."""
_CONNECT_SECONDS: Final = 5
_CONNECTIONS: Final = 32
"""Kept open; more are made when more threads ask at once."""
_MISSING: Final = frozenset({"NoSuchKey", "NoSuchObject"})
_LATER: Final = frozenset({"InternalError", "RequestTimeout", "ServiceUnavailable", "SlowDown"})
"""Codes by which a server says that it cannot do its work now."""
_NO_LOCK: Final = "ObjectLockConfigurationNotFoundError"


@dataclass(frozen=True, kw_only=True)
class _Patience:
    """How long a request waits in silence, and how often it is tried again."""

    silent_seconds: int
    again: int


_READING: Final = _Patience(silent_seconds=20, again=1)
"""Somebody waits for a read: at most 45 seconds while the server is silent, 15 where no server answers."""
_WRITING: Final = _Patience(silent_seconds=60, again=3)


class Mode(StrEnum):
    """Who may delete a locked object before its lock ends."""

    GOVERNANCE = "governance"
    """Whoever has the bucket's right to bypass the lock."""
    COMPLIANCE = "compliance"
    """Nobody, the owner of the bucket included."""


@dataclass(frozen=True, kw_only=True)
class Lock:
    """Each object is put with a lock that lasts this many days."""

    days: int
    mode: Mode


class KeyFiles(Provider):
    """Access key and secret key from files, read again when one of them changes: keys are renewed without a restart."""

    def __init__(self, access_key: Path, secret_key: Path) -> None:
        self._paths = (access_key, secret_key)
        self._seen: tuple[tuple[int, int, int], ...] = ()
        self._read: Credentials | None = None

    def retrieve(self) -> Credentials:
        """The keys as they are now, or the previous ones while a file is missing or empty, as during a renewal.

        Raises:
            OSError, ValueError: they could not be read even once.

        """
        try:
            seen = tuple((stat.st_ino, stat.st_mtime_ns, stat.st_size) for stat in map(Path.stat, self._paths))
            if self._read is None or seen != self._seen:
                access, secret = (path.read_text("utf-8").strip() for path in self._paths)
                self._read, self._seen = Credentials(access, secret), seen
        except (OSError, ValueError):  # the SDK refuses empty keys with a ValueError
            if self._read is None:
                raise
        return self._read


class S3ObjectStore:
    """Objects of a bucket, under a prefix; the bucket is never made here, since its owner sets its rules."""

    def __init__(
        self,
        endpoint: str,
        *,
        bucket: str,
        prefix: str,
        keys: Provider,
        lock: Lock | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._reading = _client(endpoint, keys, _READING)
        self._writing = _client(endpoint, keys, _WRITING)
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._lock = lock
        self._clock = clock

    def put_file(self, key: str, path: Path) -> None:
        with self._errors(key):
            self._writing.fput_object(
                self._bucket,
                self._prefix + key,
                str(path),
                part_size=_PART_BYTES,
                num_parallel_uploads=_PARTS_AT_ONCE,
                retention=self._retention(),
            )

    def open_range(self, key: str, offset: int, length: int) -> bytes:
        return b"".join(self.stream(key, offset, length))

    def stream(self, key: str, offset: int, length: int, chunk: int = CHUNK_BYTES) -> Iterator[bytes]:
        if not length:  # the SDK reads it as "to the end", and no range of HTTP is empty (RFC 9110 14.1.1)
            self.size(key)
            return iter(())
        return _read(self._answer(key, offset, length), length, chunk)

    def up_to(self, key: str, offset: int, length: int) -> bytes:
        """At most ``length`` bytes from ``offset``, fewer where the object ends: this saves a request for its size.

        Raises:
            NoSuchObject; EOFError: the object ends at ``offset`` or before.

        """
        answer = self._answer(key, offset, length)
        announced = int(answer.headers.get("Content-Length", length))
        return b"".join(_read(answer, min(announced, length), CHUNK_BYTES))

    def exists(self, key: str) -> bool:
        try:
            self.size(key)
        except NoSuchObject:
            return False
        return True

    def size(self, key: str) -> int:
        with self._errors(key):
            return self._reading.stat_object(self._bucket, self._prefix + key).size or 0

    def delete(self, key: str) -> None:
        with self._errors(key):
            self._writing.remove_object(self._bucket, self._prefix + key)

    def keys(self, prefix: str) -> Iterator[str]:
        yield from (key for key, _ in self.sizes(prefix))

    def sizes(self, prefix: str) -> Iterator[tuple[str, int]]:
        # Not every server lists in the order of the bytes: some go folder by folder.
        with self._errors(prefix):
            listed = self._reading.list_objects(self._bucket, prefix=self._prefix + prefix, recursive=True)
            found = sorted((str(one.object_name).removeprefix(self._prefix), one.size or 0) for one in listed)
        yield from found

    def folders(self, prefix: str) -> list[str]:
        with self._errors(prefix):
            listed = self._reading.list_objects(self._bucket, prefix=self._prefix + prefix)
            return sorted(str(one.object_name).rstrip("/").rpartition("/")[2] for one in listed if one.is_dir)

    def unfinished(self, before: datetime) -> Iterator[Unfinished]:
        # The SDK aborts what it begins unless its process dies; to find what is left it has no public call.
        markers: tuple[str | None, str | None] = (None, None)
        while True:
            with self._errors(self._prefix):
                listed = self._reading._list_multipart_uploads(  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
                    self._bucket, prefix=self._prefix, key_marker=markers[0], upload_id_marker=markers[1]
                )
            for upload in listed.uploads:
                if upload.initiated_time is not None and upload.initiated_time < before:
                    yield Unfinished(key=upload.object_name.removeprefix(self._prefix), id=upload.upload_id or "")
            if not listed.is_truncated:
                return
            markers = (listed.next_key_marker, listed.next_upload_id_marker)

    def discard(self, one: Unfinished) -> None:
        with suppress(NoSuchObject), self._errors(one.key):
            self._writing._abort_multipart_upload(  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
                self._bucket, self._prefix + one.key, one.id
            )

    def can_lock(self) -> bool:
        """Whether the bucket was made with object lock; not every server can switch it on later."""
        try:
            with self._errors(""):
                return bool(self._reading.get_object_lock_config(self._bucket))
        except StoreRefuses as refused:
            if refused.code == _NO_LOCK:
                return False
            raise

    def _answer(self, key: str, offset: int, length: int) -> BaseHTTPResponse:
        with self._errors(key):
            answer = self._reading.get_object(self._bucket, self._prefix + key, offset=offset, length=length)
        if offset and answer.status != HTTPStatus.PARTIAL_CONTENT:  # something between us knows no ranges
            answer.close()
            raise StoreAway
        return answer

    def _retention(self) -> Retention | None:
        if self._lock is None:
            return None
        mode = {Mode.GOVERNANCE: GOVERNANCE, Mode.COMPLIANCE: COMPLIANCE}[self._lock.mode]
        return Retention(mode, self._clock() + timedelta(days=self._lock.days))

    @contextmanager
    def _errors(self, key: str) -> Generator[None]:
        """Turn the errors of the SDK into those of storage."""
        outside_transaction(STORE)
        try:
            yield
        except S3Error as error:
            if error.code in _MISSING:
                raise NoSuchObject(key) from error
            if error.code == "InvalidRange":
                raise EOFError from error
            if error.code in _LATER:
                raise StoreAway from error
            raise StoreRefuses(self._bucket, error.code or "") from error
        except (HTTPError, MinioException) as error:
            raise StoreAway from error


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


def _client(endpoint: str, keys: Provider, patience: _Patience) -> Minio:
    """A client that gives up in time; TLS trusts what the machine trusts, or the file that SSL_CERT_FILE names.

    Only what may be repeated is tried again by itself: reads, and puts of a whole object or part.
    """
    address = urlsplit(endpoint if "//" in endpoint else f"https://{endpoint}")
    connections = PoolManager(
        timeout=Timeout(connect=_CONNECT_SECONDS, read=patience.silent_seconds),
        maxsize=_CONNECTIONS,
        cert_reqs="CERT_REQUIRED",
        retries=Retry(
            total=patience.again,
            backoff_factor=0.5,
            backoff_jitter=0.2,
            status_forcelist=[429, 500, 502, 503, 504],
            respect_retry_after_header=False,  # a server must not keep a thread for as long as it likes
        ),
    )
    return Minio(address.netloc, secure=address.scheme == "https", credentials=keys, http_client=connections)
