"""Files: written so that they survive a power failure, read by range, and locked against other processes."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

from storage.open_transactions import outside_transaction

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
    outside_transaction("flushing a folder")
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


def write_parts_at(fd: int, parts: Sequence[Chunk], offset: int) -> None:
    """Write ``parts`` one behind the other, by one system call where the disk takes all of it."""
    written = os.pwritev(fd, parts, offset)
    for part in parts:
        if written < len(part):
            begun = max(0, written)
            write_at(fd, memoryview(part)[begun:], offset + begun)
        written -= len(part)
        offset += len(part)


def write_file(path: Path, chunks: Iterable[Chunk]) -> int:
    """Write a file under its name at once or not at all; answers its size."""
    outside_transaction("writing a file")
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


@contextmanager
def lock(path: Path, flags: int = os.O_RDONLY) -> Generator[int | None]:
    """The open file, locked against every other process until the block ends.

    None where another process has the lock, or where the file is gone.
    """
    try:
        fd = os.open(path, flags | os.O_CLOEXEC)
    except FileNotFoundError:
        yield None
        return
    try:
        yield fd if _take_lock(fd) and os.fstat(fd).st_nlink else None
    finally:
        os.close(fd)


def _take_lock(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class Pieces(Iterator[bytes]):
    """Reads exactly ``length`` bytes from ``offset``, at most ``chunk`` at a time; opens the file when it is made.

    `send` takes the next bytes as iterating does.

    Raises:
        FileNotFoundError: when it is made; there is no such file.
        EOFError: the file ends before; when it is made, or later where the file was cut meanwhile.

    """

    _fd: int | None = None

    def __init__(self, path: Path, offset: int, length: int, chunk: int) -> None:
        self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._offset = offset
        self._end = offset + length
        self._chunk = chunk
        if os.fstat(self._fd).st_size < self._end:
            self.close()
            raise EOFError

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        if self._fd is None or self._offset == self._end:
            self.close()
            raise StopIteration
        piece = os.pread(self._fd, min(self._chunk, self._end - self._offset), self._offset)
        if not piece:
            self.close()
            raise EOFError
        self._offset += len(piece)
        return piece

    def send(self, socket: int, most: int) -> int:
        """Send up to ``most`` of the next bytes into a socket without reading them (sendfile); 0 at the end.

        Raises:
            BlockingIOError: the socket takes no more now.
            EOFError: the file ends before.

        """
        wanted = min(most, self._end - self._offset)
        if self._fd is None or not wanted:
            self.close()
            return 0
        sent = os.sendfile(socket, self._fd, self._offset, wanted)
        if not sent:
            self.close()
            raise EOFError
        self._offset += sent
        return sent

    def close(self) -> None:
        if self._fd is not None:
            fd, self._fd = self._fd, None
            os.close(fd)

    def __del__(self) -> None:
        # A response that is given up before its first piece has nobody else to close the file.
        self.close()
