"""The file of a backup: a compressed tar of JSON lines, table after table, with its table of contents at the end.

It is the same for both kinds of database. Each row is a list of the values of its columns; times are UTC, bytes are
base64.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import os
import tarfile
import zlib
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final, Self

from storage.errors import StorageError
from storage.files import sync_folder
from storage.instance_row import compact_json

MODE: Final = 0o600
"""For the owner alone: a backup has names and numbers of people."""
_MANIFEST: Final = "manifest.json"
_FORMAT: Final = "backup 1"
_PART_BYTES: Final = 4 << 20
_LEVEL: Final = 6


class BrokenBackup(StorageError):
    """The file is no backup of TierRead, or is damaged; ``reason`` is a sentence about it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class Table:
    """One table of a backup."""

    name: str
    columns: Mapping[str, str]
    """Name to the kind of its values: a key of `ENCODERS`, or another word for values that JSON has itself."""
    rows: int
    digest: bytes
    """SHA-256 of its lines."""

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "columns": self.columns, "rows": self.rows, "sha256": self.digest.hex()}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        return cls(name=told["name"], columns=told["columns"], rows=told["rows"], digest=bytes.fromhex(told["sha256"]))


@dataclass(frozen=True, kw_only=True)
class Contents:
    revision: str
    """The revision of the schema."""
    made_at: datetime
    whole: bool
    """Whether it includes the index of images."""
    tables: tuple[Table, ...]
    """Ordered so that a table follows those that it refers to."""

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables)


ENCODERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "bytes": lambda value: base64.b64encode(value).decode(),
    "time": lambda value: value.astimezone(UTC).isoformat(),
    "date": lambda value: value.isoformat(),
}
DECODERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "bytes": base64.b64decode,
    "time": datetime.fromisoformat,
    "date": date.fromisoformat,
}


class Writer:
    """Writes tables into an archive, a few megabytes of rows at a time."""

    def __init__(self, archive: tarfile.TarFile, made_at: datetime) -> None:
        self._archive = archive
        self._made_at = made_at
        self._tables: list[Table] = []

    def table(self, name: str, columns: Mapping[str, str], rows: Iterator[Sequence[Any]]) -> Table:
        encoders = [ENCODERS.get(kind) for kind in columns.values()]
        digest, count, part, parts = hashlib.sha256(), 0, bytearray(), 0
        for row in rows:
            values = [
                encode(value) if encode is not None and value is not None else value
                for encode, value in zip(encoders, row, strict=True)
            ]
            part += compact_json(values) + b"\n"
            count += 1
            if len(part) >= _PART_BYTES:
                digest.update(part)
                self._add(f"tables/{name}/{parts:06}.jsonl", bytes(part))
                part, parts = bytearray(), parts + 1
        digest.update(part)
        self._add(f"tables/{name}/{parts:06}.jsonl", bytes(part))
        written = Table(name=name, columns=columns, rows=count, digest=digest.digest())
        self._tables.append(written)
        return written

    def end(self, revision: str, *, whole: bool) -> Contents:
        contents = Contents(revision=revision, made_at=self._made_at, whole=whole, tables=tuple(self._tables))
        told = {
            "tierread": _FORMAT,
            "revision": revision,
            "made_at": self._made_at.isoformat(),
            "whole": whole,
            "tables": [table.to_json() for table in self._tables],
        }
        self._add(_MANIFEST, json.dumps(told, indent=1).encode())
        return contents

    def _add(self, name: str, content: bytes) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode, member.mtime = len(content), MODE, int(self._made_at.timestamp())
        self._archive.addfile(member, io.BytesIO(content))


@contextmanager
def create(path: Path, made_at: datetime) -> Generator[Writer]:
    """A new archive. It takes its name when it is whole and flushed; after an error nothing of it is left."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, MODE)
    try:
        with os.fdopen(fd, "wb") as file:
            with (
                gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=file) as packed,
                tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as archive,
            ):
                yield Writer(archive, made_at)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def read(path: Path, tell: Callable[[], None]) -> Contents:
    """The contents of an archive, after reading all of it; ``tell`` is called for each part.

    Raises:
        BrokenBackup: it is cut off or altered, or no backup of TierRead.

    """
    digests: dict[str, Any] = {}
    counts: dict[str, int] = {}
    contents: Contents | None = None
    for name, content in _members(path):
        if contents is not None:
            raise BrokenBackup("something follows its end")
        if name == _MANIFEST:
            contents = _contents(content)
            continue
        table = _table_of(name)
        digests.setdefault(table, hashlib.sha256()).update(content)
        counts[table] = counts.get(table, 0) + content.count(b"\n")
        tell()
    if contents is None:
        raise BrokenBackup("it is cut off")
    told = {table.name: (table.rows, table.digest) for table in contents.tables}
    if told != {name: (counts[name], digests[name].digest()) for name in digests}:
        raise BrokenBackup("its tables are not as they were written")
    return contents


def rows(path: Path, contents: Contents) -> Iterator[tuple[Table, list[dict[str, Any]]]]:
    """The rows of each part, as its table names its columns. Raises: BrokenBackup."""
    tables = {table.name: table for table in contents.tables}
    for name, content in _members(path):
        if name == _MANIFEST:
            return
        table = tables[_table_of(name)]
        decoders = [DECODERS.get(kind) for kind in table.columns.values()]
        yield (
            table,
            [
                {
                    column: decode(value) if decode is not None and value is not None else value
                    for column, decode, value in zip(table.columns, decoders, json.loads(line), strict=True)
                }
                for line in content.splitlines()
            ],
        )


def _members(path: Path) -> Iterator[tuple[str, bytes]]:
    try:
        with tarfile.open(path, mode="r|gz") as archive:
            for member in archive:
                file = archive.extractfile(member) if member.isreg() else None
                if file is None:
                    raise BrokenBackup("it is no backup of TierRead")
                yield member.name, file.read()
    except (tarfile.TarError, EOFError, zlib.error) as broken:
        raise BrokenBackup("it is cut off or altered") from broken


def _table_of(name: str) -> str:
    folder, _, rest = name.partition("/")
    table, _, part = rest.partition("/")
    if folder != "tables" or not part:
        raise BrokenBackup("it is no backup of TierRead")
    return table


def _contents(content: bytes) -> Contents:
    try:
        told = json.loads(content)
        if told["tierread"] != _FORMAT:
            raise BrokenBackup("a newer version of TierRead wrote it")
        return Contents(
            revision=told["revision"],
            made_at=datetime.fromisoformat(told["made_at"]),
            whole=told["whole"],
            tables=tuple(Table.from_json(each) for each in told["tables"]),
        )
    except (ValueError, KeyError, TypeError) as broken:
        raise BrokenBackup("it is no backup of TierRead") from broken
