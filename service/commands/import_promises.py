"""The files of an import, and what DICOMDIRs promise of them: whatever they name is looked for where they lie."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from pacs.arriving import media

_ENDINGS: Final = (".DCM", ".DICOM", ".DIC", ".IMA")
_DIRECTORY: Final = "DICOMDIR"
"""The File ID of every DICOMDIR (PS3.10 8.6)."""
BROKEN_DICOMDIR: Final = "broken_dicomdir"
"""The problem of a DICOMDIR that cannot be read, so that nobody knows what is missing."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """One file; ``name``, ``size`` and ``changed`` tell it from others and from what it was before."""

    name: str
    size: int
    changed: str
    problem: str = ""
    """Why it is not read at all."""
    promised: bool = False
    """Whether its name, or a DICOMDIR, says that it is DICOM."""
    beside: bool = False
    """Whether a DICOMDIR lies here or above, and none names it."""


@dataclass(frozen=True, kw_only=True)
class Promise:
    """One file that is named; ``name`` leads to it from the root of the source, as it is there or as it is promised."""

    name: str
    problem: str = ""
    """``missing``, or ``unsafe_name`` where it leads out of the folder."""


def is_directory_name(name: str) -> bool:
    """Whether a file of this name is a DICOMDIR, if it is DICOM at all."""
    return stem(name) == _DIRECTORY


def plain(name: str) -> str:
    """A name on a CD may have a version (ISO 9660 7.5), an empty extension, or have become lower case."""
    return name.partition(";")[0].rstrip(".").upper()


def stem(name: str) -> str:
    """Copying programs add an ending to names that have none, and take it away."""
    upper = plain(name)
    return next((upper[: -len(ending)] for ending in _ENDINGS if upper.endswith(ending)), upper)


def says_dicom(name: str) -> bool:
    """Whether a name says DICOM; ``._`` files are macOS's, beside those that they are named after."""
    return stem(name) != plain(name) and not name.startswith("._")


def joined(folder: str, *names: str) -> str:
    """The path of what lies in a folder; the root is the empty one."""
    return "/".join((folder, *names) if folder else names)


class Tree:
    """The names below the root of a source, found whatever became of their case and endings."""

    def __init__(self, names_in: Callable[[str], Iterable[str]], is_file: Callable[[str], bool]) -> None:
        """``names_in`` answers the names in a folder, none where there is no such folder; paths begin at the root."""
        self._names_in = names_in
        self._is_file = is_file
        self._listed: dict[str, dict[str, str]] = {}

    def promises(self, folder: str, files: Iterable[tuple[str, ...]]) -> Iterator[Promise]:
        """What a DICOMDIR in ``folder`` promises, each file once; ``files`` are the File IDs that it names."""
        found = set[str]()
        for components in files:
            written = joined(folder, *components)
            if any(part == ".." or "\0" in part for part in components):
                yield Promise(name=written, problem="unsafe_name")
                continue
            path = folder
            for component in components:
                path = joined(path, self._name_in(path, component))
            if not self._is_file(path):
                yield Promise(name=written, problem="missing")
            elif path not in found:
                found.add(path)
                yield Promise(name=path)

    def _name_in(self, folder: str, component: str) -> str:
        """The name that a component has in a folder: as written, in another case, with another ending."""
        if folder not in self._listed:
            names = sorted(self._names_in(folder))
            stems = {stem(name): name for name in reversed(names)}
            self._listed[folder] = stems | {plain(name): name for name in names} | {name: name for name in names}
        listed = self._listed[folder]
        return next((listed[one] for one in (component, plain(component), stem(component)) if one in listed), component)


@dataclass(kw_only=True)
class Promised:
    """What the DICOMDIRs of a source name; every path begins at its root."""

    named: set[str] = field(default_factory=set[str])
    """Those that are there."""
    folders: set[str] = field(default_factory=set[str])
    """Where a DICOMDIR lies."""
    broken: set[str] = field(default_factory=set[str])
    """DICOMDIRs that cannot be read."""

    def read(self, path: str, content: bytes, tree: Tree) -> list[Item]:
        """Take note of one DICOMDIR, given whole; the files that it names and that are not to be had."""
        folder = path.rpartition("/")[0]
        try:
            promises = list(tree.promises(folder, media.files_of(content)))
        except media.UnreadableDicomdir:
            self.broken.add(path)
            return []
        self.folders.add(folder)
        self.named.update(one.name for one in promises if not one.problem)
        return [Item(name=one.name, size=0, changed="", problem=one.problem) for one in promises if one.problem]

    def judged(self, item: Item, path: str) -> Item:
        """The file at a path, with what they say of it."""
        if path in self.broken:
            return replace(item, problem=item.problem or BROKEN_DICOMDIR)
        if path in self.named:
            return replace(item, promised=True)
        above = path.split("/")[:-1]
        return replace(item, beside=any("/".join(above[:depth]) in self.folders for depth in range(len(above) + 1)))
