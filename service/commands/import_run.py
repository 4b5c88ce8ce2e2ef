"""Hands files to the receiver in several threads, and remembers which are done."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from pacs.arriving.media import NotReceived, receive_file
from pacs.arriving.outcome import Reason
from pacs.arriving.receive import Receiver, Sender
from service.commands.import_names import NamesToLookAt
from service.commands.import_promises import BROKEN_DICOMDIR, Item
from service.commands.import_sources import Broken, Source, TooLarge

THREADS: Final = 4
"""They share one flush of the disk, and hash at the same time."""
_AHEAD: Final = 64


class FileOutcome(StrEnum):
    """What became of a file, beside the reasons of `pacs.arriving.receive.Reason`."""

    NO_DICOM = "no_dicom"
    """No DICOM, or a DICOMDIR."""
    NOT_AS_NAMED = "not_as_named"
    """No DICOM, though its name or the DICOMDIR says so."""
    UNNAMED = "unnamed"
    """DICOM beside the files that the DICOMDIR names, and not named by it."""
    MISSING = "missing"
    """The DICOMDIR names it, and it is not there."""
    BROKEN_DICOMDIR = "broken_dicomdir"
    """A DICOMDIR of a folder or a zip that cannot be read: nobody knows what is missing."""
    FILE_UNREADABLE = "file_unreadable"
    """The disk or the zip does not give it."""
    UNSAFE_NAME = "unsafe_name"
    """Its name in the zip leads out of it."""
    TOO_LARGE = "too_large"


WELL: Final = frozenset({Reason.STORED, Reason.ALREADY_HERE, FileOutcome.NO_DICOM})
"""Every other outcome is for a person to look at."""
BESIDE: Final = "not_named_by_dicomdir"
"""Beside the name of a file that was read although the DICOMDIR above it does not name it."""
AGAIN: Final = frozenset({Reason.OUT_OF_RESOURCES, Reason.FAILED})
"""Nothing is wrong with the file: the import ends, and goes on when it is called again."""
_PROBLEMS: Final = {
    BROKEN_DICOMDIR: FileOutcome.BROKEN_DICOMDIR,
    "missing": FileOutcome.MISSING,
    "unnamed": FileOutcome.UNNAMED,
    "unreadable": FileOutcome.FILE_UNREADABLE,
    "unsafe_name": FileOutcome.UNSAFE_NAME,
}


@dataclass(kw_only=True)
class ImportResult:
    """What became of the files, those of earlier runs too."""

    outcomes: Counter[str] = field(default_factory=Counter[str])
    earlier: int = 0
    """How many of them an earlier run had finished."""
    beside: int = 0
    """DICOM files of a folder or zip with a DICOMDIR that does not name them; they were read like the others."""
    stopped: bool = False
    """Whether it ended early; it goes on when it is called again."""

    @property
    def well(self) -> bool:
        return not self.stopped and self.has_dicom and not set(self.outcomes) - WELL

    @property
    def has_dicom(self) -> bool:
        """Whether any of the files was one to be received."""
        return bool(set(self.outcomes) - {FileOutcome.NO_DICOM})


class ImportRecord:
    """What is done, in a file that only grows: one line a file, written when it is stored, with a digest for its name.

    A line that a crash cut off is passed over; its file is read again, and found here already.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._done = dict(_lines(path))
        if path.exists() and b'"file"' in path.read_bytes():  # as versions before wrote it: with names of files
            self._write_anew()
        path.parent.mkdir(mode=0o700, exist_ok=True)
        self._file = path.open("ab")
        if self._file.tell():
            self._file.write(b"\n")  # behind a line that a crash may have cut off

    def outcome_of(self, item: Item) -> str | None:
        return self._done.get(_key(item))

    def note(self, item: Item, outcome: str) -> None:
        line = _line(_key(item), outcome)
        with self._lock:
            self._file.write(line)
            self._file.flush()

    def close(self) -> None:
        os.fsync(self._file.fileno())
        self._file.close()

    def _write_anew(self) -> None:
        draft = self._path.with_suffix(".draft")
        draft.write_bytes(b"".join(_line(key, outcome) for key, outcome in self._done.items()))
        draft.replace(self._path)


def memory_of(folder: Path, source: Path, *parts: str) -> Path:
    """The file that remembers an import of ``source`` with these options."""
    named = "\0".join((str(source.absolute()), *parts))
    return folder / f"{hashlib.sha256(named.encode('utf-8', 'surrogateescape')).hexdigest()[:32]}.jsonl"


def run(
    receiver: Receiver,
    sender: Sender,
    source: Source,
    memory: ImportRecord,
    names: NamesToLookAt,
    *,
    tell: Callable[[int, str | None], None],
    stop: threading.Event,
    threads: int = THREADS,
) -> ImportResult:
    """Hand over every file that is not done yet.

    ``tell`` hears of the bytes of each and what became of it, or None where an earlier run has done it.

    It ends early when ``stop`` is set, or when the disk or the database takes nothing more.
    """
    imported = ImportResult()
    with closing(memory), names, ThreadPoolExecutor(threads, "import") as pool:

        def count(item: Item, outcome: str) -> None:
            imported.outcomes[outcome] += 1
            beside = item.beside and not item.problem and outcome != FileOutcome.NO_DICOM
            imported.beside += beside
            if beside or outcome not in WELL:
                names.add(item.name, BESIDE if outcome in WELL else outcome)

        def one(item: Item) -> tuple[Item, str]:
            return item, _one(receiver, sender, source, item)

        def done(futures: Iterable[Future[tuple[Item, str]]]) -> None:
            for future in futures:
                item, outcome = future.result()
                if outcome in AGAIN:
                    imported.stopped = True
                    continue
                memory.note(item, outcome)
                count(item, outcome)
                tell(item.size, outcome)

        running: set[Future[tuple[Item, str]]] = set()
        for item in source.items():
            if stop.is_set() or imported.stopped:
                imported.stopped = True
                break
            known = memory.outcome_of(item)
            if known is not None:
                count(item, known)
                imported.earlier += 1
                tell(item.size, None)
                continue
            running.add(pool.submit(one, item))
            if len(running) >= _AHEAD:
                ended, running = wait(running, return_when=FIRST_COMPLETED)
                done(ended)
        done(running)
    return imported


def _one(receiver: Receiver, sender: Sender, source: Source, item: Item) -> str:
    if item.problem:
        return _PROBLEMS[item.problem]
    try:
        with source.open(item) as file:
            outcome = receive_file(receiver, sender, file)
    except TooLarge:
        return FileOutcome.TOO_LARGE
    except (OSError, Broken):
        return FileOutcome.FILE_UNREADABLE
    if outcome is NotReceived.DIRECTORY:
        return FileOutcome.NO_DICOM
    if outcome is NotReceived.NO_DICOM:
        return FileOutcome.NOT_AS_NAMED if item.promised else FileOutcome.NO_DICOM
    return outcome.reason


def _key(item: Item) -> str:
    named = f"{item.name}\0{item.size}\0{item.changed}"
    return hashlib.sha256(named.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _line(key: str, outcome: str) -> bytes:
    return json.dumps({"key": key, "outcome": outcome}).encode() + b"\n"


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    if not path.exists():
        return
    with path.open("rb") as file:
        for line in file:
            try:
                told = json.loads(line)
                yield told["key"], told["outcome"]
            except (ValueError, KeyError, TypeError):
                continue  # cut off by a crash
