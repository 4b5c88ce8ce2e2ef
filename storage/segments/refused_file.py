"""A temporary file in the spool for bytes that can only be refused: it takes no more than goes into quarantine."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Self

from storage.files import Chunk
from storage.segments.open_segment import failure_of

_PIECE_BYTES: Final = 1 << 20


class RefusedFile:
    """Takes up to ``max_bytes``; when more is written it drops all, and ``dropped`` says so."""

    def __init__(self, spool_dir: Path, max_bytes: int) -> None:
        self._file = tempfile.TemporaryFile(dir=spool_dir)  # noqa: SIM115 # closed by __exit__
        self._max_bytes = max_bytes
        self.size = 0
        self.dropped = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, chunk: Chunk) -> None:
        """Take a piece.

        Raises:
            NoSpace, FlushFailed: the disk does not take it.

        """
        if self.dropped:
            return
        self.size += len(chunk)
        try:
            if self.size > self._max_bytes:
                self.dropped = True
                self._file.truncate(0)
            else:
                self._file.write(chunk)
        except OSError as error:
            raise failure_of(error) from error

    def pieces(self) -> Iterator[bytes]:
        """What was written, from its start."""
        self._file.seek(0)
        while piece := self._file.read(_PIECE_BYTES):
            yield piece
