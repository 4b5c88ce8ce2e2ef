"""Files and folders that survive a power failure."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

Chunk = bytes | bytearray | memoryview

FILE_MODE: Final = 0o640
_FOLDER_MODE: Final = 0o750


def make_folder(path: Path) -> None:
    """Make ``path`` and its missing parents; each new name is flushed in the folder that holds it."""
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(mode=_FOLDER_MODE, exist_ok=True)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def write_at(fd: int, chunk: Chunk, offset: int) -> None:
    """Write all of ``chunk``, however many system calls it takes."""
    written = os.pwrite(fd, chunk, offset)
    while written < len(chunk):
        written += os.pwrite(fd, memoryview(chunk)[written:], offset + written)


def write_file(path: Path, chunks: Iterable[Chunk]) -> int:
    """Write a file under its name at once or not at all; answers its size."""
    make_folder(path.parent)
    draft = path.with_name(f".{path.name}.new")
    size = 0
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, FILE_MODE)
    try:
        for chunk in chunks:
            write_at(fd, chunk, size)
            size += len(chunk)
        os.fsync(fd)
        draft.rename(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    finally:
        os.close(fd)
    sync_folder(path.parent)
    return size
