"""How many associations the listeners of a node serve together, and whether one of them needs room from another."""

from __future__ import annotations

import mmap
import os
import struct
from typing import Final

from service.installation.heartbeat import Part
from service.installation.installation import Folders

_COUNT: Final = struct.Struct("<I")


class Served:
    """A slot of memory a listener, in a file of the run folder; one that starts again begins at nothing.

    The counts come first, then what each is asked: the number changes each time that another listener needs room.
    """

    def __init__(self, folders: Folders, part: Part) -> None:
        self._part = part
        size = 2 * part.of * _COUNT.size
        fd = os.open(folders.run / "associations", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if os.fstat(fd).st_size < size:
                os.ftruncate(fd, size)
            self._memory = mmap.mmap(fd, size)
        finally:
            os.close(fd)
        self._asked = self._at(part.of + part.number - 1)
        self(0)

    def __call__(self, here: int) -> int:
        """Say how many are served here; answers how many the others serve."""
        own = self._part.number - 1
        _COUNT.pack_into(self._memory, own * _COUNT.size, here)
        counts = self._counts()
        return sum(counts) - counts[own]

    def ask_for_room(self) -> None:
        """Ask the listener that serves most to let an idle association go."""
        counts = self._counts()
        slot = self._part.of + counts.index(max(counts))
        _COUNT.pack_into(self._memory, slot * _COUNT.size, (self._at(slot) + 1) % (1 << 32))

    def is_asked_for_room(self) -> bool:
        before, self._asked = self._asked, self._at(self._part.of + self._part.number - 1)
        return self._asked != before

    def _at(self, slot: int) -> int:
        return _COUNT.unpack_from(self._memory, slot * _COUNT.size)[0]

    def _counts(self) -> list[int]:
        return [self._at(slot) for slot in range(self._part.of)]
