"""One block of the cache: in memory, or in a file with a checksum of every 64 KiB and a footer."""

from __future__ import annotations

import os
import struct
import time
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

from storage.errors import StorageError

_CHECKED_BYTES: Final = 64 << 10
_FOOTER: Final = struct.Struct("<8sII")
"""Magic, length of the block, checksum of the checksums."""
_MAGIC: Final = b"TRblock1"
_TOUCH_SECONDS: Final = 60
"""The time of last use of a block is written at most this often."""


class DamagedBlock(StorageError):
    """The file is not as it was written; read the block from the store."""


class Block(Protocol):
    length: int
    """Bytes; fewer than a whole block where the object ends."""

    def read(self, offset: int, size: int) -> bytes:
        """Raises DamagedBlock."""
        ...


class MemoryBlock:
    def __init__(self, content: bytes) -> None:
        self._content = content
        self.length = len(content)

    def read(self, offset: int, size: int) -> bytes:
        return self._content[offset : offset + size]


class FileBlock:
    """A block in a file, open as long as this object lives.

    Raises:
        FileNotFoundError, OSError.
        DamagedBlock: its length or its checksums are wrong.

    """

    _fd: int = -1

    def __init__(self, path: Path, block_bytes: int) -> None:
        self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        stat = os.fstat(self._fd)
        most = 4 * -(-block_bytes // _CHECKED_BYTES) + _FOOTER.size
        tail = os.pread(self._fd, most, max(0, stat.st_size - most))
        try:
            magic, self.length, checksum = _FOOTER.unpack(tail[-_FOOTER.size :])
        except struct.error:
            raise DamagedBlock from None
        count = -(-self.length // _CHECKED_BYTES)
        self._sums = tail[len(tail) - _FOOTER.size - 4 * count : -_FOOTER.size]
        if (
            magic != _MAGIC
            or not 0 < self.length <= block_bytes
            or stat.st_size != self.length + 4 * count + _FOOTER.size
            or zlib.crc32(self._sums) != checksum
        ):
            raise DamagedBlock
        if time.time() - stat.st_mtime > _TOUCH_SECONDS:
            with suppress(OSError):
                os.utime(self._fd)

    def read(self, offset: int, size: int) -> bytes:
        first, last = offset // _CHECKED_BYTES, (offset + size - 1) // _CHECKED_BYTES
        start = first * _CHECKED_BYTES
        wanted = min((last + 1) * _CHECKED_BYTES, self.length) - start
        try:
            content = os.pread(self._fd, wanted, start)
        except OSError:
            raise DamagedBlock from None
        view = memoryview(content)
        for number in range(first, last + 1):
            at = (number - first) * _CHECKED_BYTES
            if zlib.crc32(view[at : at + _CHECKED_BYTES]) != int.from_bytes(
                self._sums[4 * number : 4 * number + 4], "little"
            ):
                raise DamagedBlock
        return content if len(content) == size else content[offset - start : offset - start + size]

    def __del__(self) -> None:
        # A stream that is given up before its end has nobody else to close the file.
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)


def trailer(content: bytes) -> tuple[bytes, bytes]:
    view = memoryview(content)
    sums = b"".join(
        zlib.crc32(view[at : at + _CHECKED_BYTES]).to_bytes(4, "little") for at in range(0, len(view), _CHECKED_BYTES)
    )
    return sums, _FOOTER.pack(_MAGIC, len(content), zlib.crc32(sums))
