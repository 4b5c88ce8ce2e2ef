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
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Final, Protocol, Self

from pacs.arriving import media

MOST_ENTRIES: Final = 200_000
"""Files in a zip."""
MOST_BYTES: Final = 256 << 30
"""Bytes of a zip, unpacked."""
MOST_BYTES_OF_ONE: Final = 8 << 30
MOST_TIMES: Final = 200
"""How many times its size a zip may unpack to, beyond `FREE_BYTES`."""
FREE_BYTES: Final = 256 << 20
_ENDINGS: Final = (".DCM", ".DICOM", ".DIC", ".IMA")
_MOST_DIRECTORY_BYTES: Final = 48 << 20
"""Bytes of a zip's list of files, which is held in memory."""
_END: Final = struct.Struct("<4s4H2LH")
_END_64: Final = struct.Struct("<4sQ2H2L4Q")


@dataclass(frozen=True, kw_only=True)
class Item:
    """One file; ``name``, ``size`` and ``changed`` tell it from others and from what it was before."""

    name: str
    size: int
    changed: str
    problem: str = ""
    """Why it is not read at all."""
    promised: bool = False
    """Whether its name, or the DICOMDIR, says that it is DICOM."""


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
    """Every file below a folder; links to folders are not followed."""

    kind = "folder"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def items(self) -> Iterator[Item]:
        unreadable: list[str] = []
        for folder, folders, names in os.walk(
            self._folder, onerror=lambda error: unreadable.append(str(error.filename))
        ):
            folders.sort()
            for name in sorted(names):
                item = _of_file(self._folder, Path(folder) / name)
                if item is not None:
                    yield item
        for one in unreadable:
            yield Item(name=os.path.relpath(one, self._folder), size=0, changed="", problem="unreadable")

    def open(self, item: Item) -> IO[bytes]:
        return (self._folder / item.name).open("rb")


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
        self._path = path
        self._listed: dict[Path, dict[str, str]] = {}

    def items(self) -> Iterator[Item]:
        root, named = self._path.parent, set[str]()
        for components in media.files_of(self._path):
            name = "/".join(components)
            if any(part == ".." or "\0" in part for part in components):
                yield Item(name=name, size=0, changed="", problem="unsafe_name")
                continue
            path = root
            for component in components:
                path /= self._name_in(path, component)
            item = _of_file(root, path)
            if item is None:
                yield Item(name=name, size=0, changed="", problem="missing")
            elif item.name not in named:
                named.add(item.name)
                yield replace(item, promised=True)
        for item in super().items():
            if item.name not in named and self._is_left(item):
                yield replace(item, problem=item.problem or "unnamed")

    def _is_left(self, item: Item) -> bool:
        if item.problem:
            return True
        try:
            return media.is_dicom(self._path.parent / item.name)
        except OSError:
            return False

    def _name_in(self, folder: Path, component: str) -> str:
        """The name that a component has in a folder: as written, in another case, with another ending."""
        if folder not in self._listed:
            try:
                names = sorted(one.name for one in folder.iterdir())
            except OSError:  # told file by file, as missing
                names = []
            stems = {_stem(name): name for name in reversed(names)}
            self._listed[folder] = stems | {_plain(name): name for name in names} | {name: name for name in names}
        listed = self._listed[folder]
        return next(
            (listed[one] for one in (component, _plain(component), _stem(component)) if one in listed), component
        )


def _plain(name: str) -> str:
    """A name on a CD may have a version (ISO 9660 7.5), an empty extension, or have become lower case."""
    return name.partition(";")[0].rstrip(".").upper()


def _stem(name: str) -> str:
    """Copying programs add an ending to names that have none, and take it away."""
    plain = _plain(name)
    return next((plain[: -len(ending)] for ending in _ENDINGS if plain.endswith(ending)), plain)


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
        for number, entry in enumerate(self._entries):
            changed = f"{entry.CRC:08x}"
            parts = entry.filename.replace("\\", "/").split("/")
            problem = "unsafe_name" if ".." in parts or entry.filename.startswith("/") else ""
            yield Item(
                name=f"{number}:{entry.filename}",
                size=entry.file_size,
                changed=changed,
                problem=problem,
                promised=_is_promised(parts[-1]),
            )

    def open(self, item: Item) -> IO[bytes]:
        entry = self._entries[int(item.name.partition(":")[0])]
        with _unpacking():
            return _Bounded(self._archive.open(entry), self._take)  # type: ignore[return-value] # all of it that is used

    def _take(self, size: int) -> None:
        with self._lock:
            self._left -= size
            if self._left < 0:
                raise TooLarge


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
    return Item(name=name, size=found.st_size, changed=str(found.st_mtime_ns), promised=_is_promised(path.name))


def _is_promised(name: str) -> bool:
    """Whether a name says DICOM; ``._`` files are macOS's, beside those that they are named after."""
    return _stem(name) != _plain(name) and not name.startswith("._")


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
