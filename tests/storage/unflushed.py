"""A disk that forgets what was not flushed: it watches fsync and fdatasync, and nothing else of the process."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


class ForgetfulDisk:
    """Keeps, beside the real files, what stable storage would hold.

    A file's content is what it was at its last flush; a name is durable when its folder was flushed since.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._contents: dict[int, bytes] = {}
        self._names: dict[int, dict[str, tuple[int, bool]]] = {}
        self._fsync = os.fsync
        self._fdatasync = os.fdatasync

    @contextmanager
    def watching(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", self._watched(self._fsync))
            patch.setattr(os, "fdatasync", self._watched(self._fdatasync))
            yield

    def fail_power(self, into: Path) -> None:
        """Write what is on stable storage now to another folder."""
        with self._lock:
            contents, names = dict(self._contents), dict(self._names)
        self._write(self._root.stat().st_ino, into, contents, names)

    def _watched(self, flush: Callable[[int], None]) -> Callable[[int], None]:
        def flushed(fd: int) -> None:
            status = os.fstat(fd)
            if stat.S_ISDIR(status.st_mode):
                # Looked at, flushed and noted as one: of two flushes of a folder, the earlier never has the last word.
                with self._lock:
                    folder = Path(f"/proc/self/fd/{fd}").readlink()
                    seen = {one.name: (one.inode(), one.is_dir()) for one in os.scandir(folder)}
                    flush(fd)
                    self._names[status.st_ino] = seen
            else:
                with open(f"/proc/self/fd/{fd}", "rb") as file:  # noqa: PTH123 # a descriptor, not a path
                    content = file.read(status.st_size)
                flush(fd)
                with self._lock:
                    self._contents[status.st_ino] = content

        return flushed

    def _write(
        self, folder: int, into: Path, contents: dict[int, bytes], names: dict[int, dict[str, tuple[int, bool]]]
    ) -> None:
        into.mkdir()
        for name, (inode, is_folder) in names.get(folder, {}).items():
            if is_folder:
                self._write(inode, into / name, contents, names)
            else:
                (into / name).write_bytes(contents.get(inode, b""))
