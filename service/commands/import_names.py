"""Names of the files that a person has to look at, which may be names of people: few of them, for a while."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import IO, Final, Self

MOST_NAMES: Final = 1_000
"""Names that are kept of one import; of the others only the number."""
DAYS: Final = 30
"""A later import removes what is older."""
_SUFFIX: Final = ".names"


class NamesToLookAt:
    """The names of this run, in place of those of the run before; without any the file goes."""

    def __init__(self, memory: Path) -> None:
        self._path = names_of(memory)
        self._path.unlink(missing_ok=True)
        self._file: IO[bytes] | None = None
        self._kept = 0
        self._more = 0

    def add(self, name: str, outcome: str) -> None:
        if self._kept >= MOST_NAMES:
            self._more += 1
            return
        self._write(f"{outcome}\t{name}")
        self._kept += 1

    def close(self) -> None:
        if self._file is None:
            return
        if self._more:
            self._write(f"and {self._more} more")
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self, line: str) -> None:
        if self._file is None:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            self._file = os.fdopen(descriptor, "wb")
        self._file.write(line.replace("\n", " ").encode("utf-8", "surrogateescape") + b"\n")
        self._file.flush()


def names_of(memory: Path) -> Path:
    """The file with the names of an import that is remembered in ``memory``."""
    return memory.with_suffix(_SUFFIX)


def forget_old_names(folder: Path) -> None:
    """Remove the names that imports of more than `DAYS` ago left in ``folder``."""
    before = time.time() - DAYS * 86_400
    for path in folder.glob(f"*{_SUFFIX}"):
        if path.stat().st_mtime < before:
            path.unlink(missing_ok=True)
