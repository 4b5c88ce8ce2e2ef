"""How many associations the listeners of a node serve together: each writes its number where the others read it."""

from __future__ import annotations

import mmap
import os
import struct
from typing import Final

from service.installation.heartbeat import Part
from service.installation.installation import Folders

_COUNT: Final = struct.Struct("<I")


class Served:
    """A slot of memory a listener, in a file of the run folder; one that starts again begins at nothing."""

    def __init__(self, folders: Folders, part: Part) -> None:
        self._part = part
        size = part.of * _COUNT.size
        fd = os.open(folders.run / "associations", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if os.fstat(fd).st_size < size:
                os.ftruncate(fd, size)
            self._memory = mmap.mmap(fd, size)
        finally:
            os.close(fd)
        self(0)

    def __call__(self, here: int) -> int:
        """Say how many are served here; answers how many the others serve."""
        own = self._part.number - 1
        _COUNT.pack_into(self._memory, own * _COUNT.size, here)
        counts = [count for (count,) in _COUNT.iter_unpack(self._memory[:])]
        return sum(counts) - counts[own]


def alone(_here: int) -> int:
    """Of a listener that shares its port with nobody."""
    return 0
