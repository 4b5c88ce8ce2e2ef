"""Where an import reads from: a folder, the files that a DICOMDIR names, a zip, or one file."""

from __future__ import annotations

import os
import stat
import struct
import threading
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import IO, Final, Protocol, Self

from pacs.arriving import media
from service.commands.import_promises import BROKEN_DICOMDIR, Item, Promised, Tree, is_directory_name, says_dicom

MOST_ENTRIES: Final = 200_000
"""Files in a zip."""
MOST_BYTES: Final = 256 << 30
"""Bytes of a zip, unpacked."""
MOST_BYTES_OF_ONE: Final = 8 << 30
MOST_TIMES: Final = 200
"""How many times its size a zip may unpack to, beyond `FREE_BYTES`."""
FREE_BYTES: Final = 256 << 20
_MOST_DICOMDIR_BYTES: Final = 64 << 20
"""Of a DICOMDIR in a zip, which is held in memory."""
_MOST_DIRECTORY_BYTES: Final = 48 << 20
"""Bytes of a zip's list of files, which is held in memory."""
_END: Final = struct.Struct("<4s4H2LH")
_END_64: Final = struct.Struct("<4sQ2H2L4Q")


class Unfit(Exception):
    """A source that is not taken at all; ``why`` says what is wrong with it."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Broken(Exception):
    """A file of a zip that cannot be unpacked: damaged, encrypted, or packed in a way that nobody knows."""


class TooLarge(Exception):
    """A zip, or one file of it, unpacks to more than it may."""


class Source(Protocol):
    kind: str

    def items(self) -> Iterator[Item]: ...

    def open(self, item: Item) -> IO[bytes]:
        """Raises: OSError, Broken, TooLarge: as reading does."""
        ...


@contextmanager
def source_of(path: Path) -> Generator[Source]:
    """The source at a path.

    Raises:
        Unfit: it is none of those, is unreadable, or a zip beyond its bounds.

    """
    try:
        if path.is_dir():
            yield Folder(path)
        elif media.is_directory(path):
            yield Directory(path)
        elif media.is_dicom(path):
            yield Single(path)
        elif zipfile.is_zipfile(path):
            _check_end(path)
            with zipfile.ZipFile(path) as archive:
                yield Zip(archive, path.stat().st_size)
        else:
            raise Unfit("it is neither a folder, nor a DICOMDIR, nor a zip, nor a DICOM file")
    except media.UnreadableDicomdir as broken:
        raise Unfit("the DICOMDIR cannot be read; name its folder instead, and everything below is read") from broken
    except zipfile.BadZipFile as broken:
        raise Unfit("the zip is broken") from broken
    except PermissionError as closed:
        raise Unfit("it may not be read by this user") from closed


class Folder:
    """Every file below a folder, and what DICOMDIRs name; links to folders are not followed."""

    kind = "folder"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def items(self) -> Iterator[Item]:
        unreadable: list[str] = []
        promised, seen = Promised(), set[str]()
        tree = Tree(self._names_in, lambda name: (self._folder / name).is_file())
        for folder, folders, names in os.walk(
            self._folder, onerror=lambda error: unreadable.append(str(error.filename))
        ):
            folders.sort()
            paths = [Path(folder) / name for name in sorted(names)]
            for path in filter(self._is_directory, paths):
                yield from promised.read(os.path.relpath(path, self._folder), _content(path), tree)
            for path in paths:
                item = _of_file(self._folder, path)
                if item is not None:
                    seen.add(item.name)
                    yield promised.judged(item, item.name)
        for name in sorted(promised.named - seen):  # a link to a folder leads there
            item = _of_file(self._folder, self._folder / name)
            if item is not None:
                yield promised.judged(item, name)
        for one in unreadable:
            yield Item(name=os.path.relpath(one, self._folder), size=0, changed="", problem="unreadable")

    def open(self, item: Item) -> IO[bytes]:
        return (self._folder / item.name).open("rb")

    def _is_directory(self, path: Path) -> bool:
        """Whether a file is a DICOMDIR that counts."""
        return is_directory_name(path.name)

    def _names_in(self, folder: str) -> list[str]:
        try:
            return [one.name for one in (self._folder / folder).iterdir()]
        except OSError:  # told file by file, as missing
            return []


class Single(Folder):
    """One file."""

    kind = "file"

    def __init__(self, path: Path) -> None:
        super().__init__(path.parent)
        self._path = path

    def items(self) -> Iterator[Item]:
        item = _of_file(self._path.parent, self._path)
        if item is not None:
            yield item


class Directory(Folder):
    """The files that a DICOMDIR names, whatever became of the case and the endings of their names.

    What lies beside them and is not named is not read, since it may be somebody else's. That it is there is said.
    """

    kind = "dicomdir"

    def __init__(self, path: Path) -> None:
        super().__init__(path.parent)
        self._named = path.lstat()
        self._found = False

    def items(self) -> Iterator[Item]:
        """Raises: UnreadableDicomdir: it is broken, or no longer there; nothing is read without it."""
        self._found = False
        for item in super().items():
            if item.problem == BROKEN_DICOMDIR or not self._found:
                raise media.UnreadableDicomdir
            if not item.beside:
                yield item
            elif self._is_left(item):
                yield replace(item, problem=item.problem or "unnamed")
        if not self._found:
            raise media.UnreadableDicomdir

    def _is_directory(self, path: Path) -> bool:
        """Whether it is the file that was named, which a medium without case may list by another name."""
        if self._found or path.parent != self._folder:
            return False
        try:
            self._found = os.path.samestat(path.lstat(), self._named)
        except FileNotFoundError:  # gone since it was listed
            return False
        return self._found

    def _is_left(self, item: Item) -> bool:
        if item.problem:
            return True
        try:
            return media.is_dicom(self._folder / item.name)
        except OSError:
            return False


class Zip:
    """The files of a zip; nothing is unpacked to a disk, so their names lead nowhere."""

    kind = "zip"

    def __init__(self, archive: zipfile.ZipFile, size: int) -> None:
        self._archive = archive
        self._left = MOST_TIMES * size + FREE_BYTES
        self._lock = threading.Lock()
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        if len(entries) > MOST_ENTRIES:
            raise Unfit(f"the zip holds more than {MOST_ENTRIES} files")
        if sum(entry.file_size for entry in entries) > min(MOST_BYTES, self._left):
            raise Unfit("the zip unpacks to more than it may")
        self._entries = entries

    def items(self) -> Iterator[Item]:
        yield from self._items

    @cached_property
    def _items(self) -> list[Item]:
        items = [_of_entry(number, entry) for number, entry in enumerate(self._entries)]
        there = {_path_of(item): item for item in items if not item.problem}
        folders: dict[str, set[str]] = {}
        for path in there:
            parts = path.split("/")
            for depth, part in enumerate(parts):
                folders.setdefault("/".join(parts[:depth]), set()).add(part)
        tree = Tree(lambda folder: folders.get(folder, ()), there.__contains__)
        promised, absent = Promised(), list[Item]()
        for path, item in there.items():
            if is_directory_name(path.rpartition("/")[2]):
                absent += promised.read(path, self._whole(item), tree)
        return absent + [promised.judged(item, _path_of(item)) for item in items]

    def _whole(self, item: Item) -> bytes:
        """A DICOMDIR, whole; empty where it is too large or cannot be unpacked."""
        if item.size > _MOST_DICOMDIR_BYTES:
            return b""
        try:
            with self.open(item) as file:
                return file.read(_MOST_DICOMDIR_BYTES)
        except (OSError, Broken, TooLarge):
            return b""

    def open(self, item: Item) -> IO[bytes]:
        entry = self._entries[int(item.name.partition(":")[0])]
        with _unpacking():
            return _Bounded(self._archive.open(entry), self._take)  # type: ignore[return-value] # all of it that is used

    def _take(self, size: int) -> None:
        with self._lock:
            self._left -= size
            if self._left < 0:
                raise TooLarge


def _of_entry(number: int, entry: zipfile.ZipInfo) -> Item:
    parts = entry.filename.replace("\\", "/").split("/")
    return Item(
        name=f"{number}:{entry.filename}",
        size=entry.file_size,
        changed=f"{entry.CRC:08x}",
        problem="unsafe_name" if ".." in parts or entry.filename.startswith("/") else "",
        promised=says_dicom(parts[-1]),
    )


def _path_of(item: Item) -> str:
    """The path in its zip, without its number."""
    return item.name.partition(":")[2].replace("\\", "/")


@contextmanager
def _unpacking() -> Generator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as broken:
        raise Broken from broken  # the last two are zipfile's, of methods that it does not know and of passwords


class _Bounded:
    """A file of a zip that is read no further than it may be, whatever its header says."""

    def __init__(self, file: IO[bytes], take: Callable[[int], None]) -> None:
        self._file = file
        self._take = take
        self._read = 0

    def read(self, size: int) -> bytes:
        with _unpacking():
            chunk = self._file.read(size)
        self._read += len(chunk)
        self._take(len(chunk))
        if self._read > MOST_BYTES_OF_ONE:
            raise TooLarge
        return chunk

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _content(path: Path) -> bytes:
    """A DICOMDIR, whole; empty where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _of_file(root: Path, path: Path) -> Item | None:
    """None: it is not there, or no file."""
    name = os.path.relpath(path, root)
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    except OSError:
        return Item(name=name, size=0, changed="", problem="unreadable")
    if not stat.S_ISREG(found.st_mode):
        return None
    return Item(name=name, size=found.st_size, changed=str(found.st_mtime_ns), promised=says_dicom(path.name))


def _check_end(path: Path) -> None:
    """Look at what a zip says of its list of files before the whole list is read into memory (APPNOTE 4.3.16)."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - (1 << 16) - _END.size - 128))
        tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + _END.size:
        raise zipfile.BadZipFile
    listed = _END.unpack_from(tail, at)[5]
    at_64 = tail.rfind(b"PK\x06\x06", 0, at)
    if at_64 >= 0:
        listed = max(listed if listed != 0xFFFFFFFF else 0, _END_64.unpack_from(tail, at_64)[8])
    if listed > _MOST_DIRECTORY_BYTES:
        raise Unfit(f"the zip holds more than {MOST_ENTRIES} files")
