"""Reads ranges of files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Self


class Pieces(Iterator[bytes]):
    """Exactly ``length`` bytes from ``offset`` in pieces of at most ``chunk``; the file is opened at once.

    Raises:
        FileNotFoundError: when it is made.
        EOFError: the file ends before.

    """

    _fd: int | None = None

    def __init__(self, path: Path, offset: int, length: int, chunk: int) -> None:
        self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._offset = offset
        self._end = offset + length
        self._chunk = chunk

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

    def close(self) -> None:
        if self._fd is not None:
            fd, self._fd = self._fd, None
            os.close(fd)

    def __del__(self) -> None:
        # A response that is given up before its first piece has nobody else to close the file.
        self.close()
