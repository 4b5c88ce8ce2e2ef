"""A bounded cache on disk of what was read from a distant object store, in aligned blocks of 8 MiB.

Only bytes with the right checksum are served (`storage.objects.block_file`), so a file that was cut or damaged costs a
read from the store and no more. Objects never change under their key, so a block stays right as long as its object is
there. `forget` and `keep_only` remove the blocks of deleted objects, `drop` those of an object that was repaired.
Processes share the folder without locks: a file appears whole by its rename, and an open one stays readable when
another process removes it.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol

from storage.objects.block_file import Block, DamagedBlock, FileBlock, MemoryBlock, trailer
from storage.objects.store import CHUNK_BYTES, NoSuchObject, StoreAway, StoreRefuses

BLOCK_BYTES: Final = 8 << 20
KEEP_FREE_BYTES: Final = 1 << 30
"""Bytes of the disk that the cache leaves free, so that the spool never lacks room because of it."""
_DRAFT_SECONDS: Final = 600
"""A draft this old belongs to a process that died."""
_AHEAD_THREADS: Final = 2
_FOLLOWED: Final = 256
"""Objects whose position of reading is remembered."""


class Use(StrEnum):
    """Where a block came from, and what was wrong with its file."""

    HIT = "hit"
    MISS = "miss"
    AHEAD = "ahead"
    """Read ahead, since the object is read from front to back."""
    DAMAGED = "damaged"
    """The file had a wrong checksum; the block was read from the store again."""
    UNWRITTEN = "unwritten"
    """The disk did not take the file."""


class Source(Protocol):
    """The store behind the cache."""

    def up_to(self, key: str, offset: int, length: int) -> bytes:
        """At most ``length`` bytes; fewer where the object ends.

        Raises:
            NoSuchObject, StoreAway, StoreRefuses; EOFError: it ends at ``offset`` or before.

        """
        ...


def _untold(_use: Use, _bytes: int) -> None:
    """Nobody counts."""


class BlockCache:
    """Reads ranges of objects, from the folder where it can; ``tell`` is called for each block with its bytes."""

    def __init__(
        self,
        source: Source,
        directory: Path,
        *,
        max_bytes: int,
        block_bytes: int = BLOCK_BYTES,
        keep_free_bytes: int = KEEP_FREE_BYTES,
        tell: Callable[[Use, int], None] = _untold,
    ) -> None:
        self._source = source
        self._directory = directory
        self._max_bytes = max_bytes
        self._block_bytes = block_bytes
        self._keep_free_bytes = keep_free_bytes
        self._tell = tell
        self._lock = threading.Lock()
        self._coming: dict[tuple[str, int], Future[bytes]] = {}
        """Blocks that a thread of this process is reading from the store."""
        self._reached: OrderedDict[str, int] = OrderedDict()
        """The position to which each object was read: shows whether it is read from front to back."""
        self._forgotten: OrderedDict[str, None] = OrderedDict()
        """Objects that were deleted lately; keys are never used again."""
        self._unseen_bytes = max_bytes
        """Bytes written since room was last made; at first the folder may be full already."""
        self._ahead = ThreadPoolExecutor(_AHEAD_THREADS, "read-ahead")
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)

    def stream(self, key: str, offset: int, length: int, chunk: int = CHUNK_BYTES) -> Iterator[bytes]:
        """Exactly ``length`` bytes from ``offset`` in pieces of at most ``chunk``; the first block is read at once.

        Raises:
            NoSuchObject, StoreAway, StoreRefuses; EOFError: the object ends before.

        """
        if not length:
            return iter(())
        number, at = divmod(offset, self._block_bytes)
        block = self._block(key, number)
        if at >= block.length:
            raise EOFError
        self._follow(key, number, offset + length)
        return self._pieces(key, block, number, offset, length, chunk)

    def forget(self, key: str) -> None:
        """Drop the blocks of an object that was deleted.

        Another process that is reading one now may still write it; `keep_only` removes that.
        """
        with self._lock:
            self._forgotten[key] = None
            if len(self._forgotten) > _FOLLOWED:
                self._forgotten.popitem(last=False)
        self.drop(key)

    def drop(self, key: str) -> None:
        """Remove the blocks of an object that was put again; they are read from the store anew."""
        shutil.rmtree(self._folder(key), ignore_errors=True)

    def keep_only(self, still_there: Callable[[Sequence[str]], set[str]]) -> int:
        """Remove the blocks of deleted objects, and make room; answers of how many objects."""
        keys = sorted({str(path.parent.relative_to(self._directory)) for path in self._files()})
        gone = set(keys) - still_there(keys) if keys else set[str]()
        for key in gone:
            self.forget(key)
        self._make_room()
        return len(gone)

    def close(self) -> None:
        """Stop reading ahead."""
        self._ahead.shutdown(cancel_futures=True)

    def _pieces(  # noqa: PLR0917
        self, key: str, block: Block, number: int, offset: int, length: int, chunk: int
    ) -> Iterator[bytes]:
        end = offset + length
        while True:
            start = number * self._block_bytes
            stop = min(end, start + block.length)
            while offset < stop:
                size = min(chunk, stop - offset)
                try:
                    piece = block.read(offset - start, size)
                except DamagedBlock:
                    block = self._again(key, number)
                    piece = block.read(offset - start, size)
                offset += size
                yield piece
            if offset == end:
                return
            if block.length < self._block_bytes:
                raise EOFError
            number += 1
            block = self._block(key, number)
            self._follow(key, number, end)

    def _block(self, key: str, number: int) -> Block:
        path = self._path(key, number)
        try:
            block = FileBlock(path, self._block_bytes)
        except FileNotFoundError:
            pass
        except DamagedBlock:
            return self._again(key, number)
        except OSError:  # a disk that does not read is no cache
            self._tell(Use.DAMAGED, 0)
        else:
            self._tell(Use.HIT, block.length)
            return block
        return MemoryBlock(self._fetch(key, number, Use.MISS))

    def _again(self, key: str, number: int) -> Block:
        self._path(key, number).unlink(missing_ok=True)
        return MemoryBlock(self._fetch(key, number, Use.DAMAGED))

    def _fetch(self, key: str, number: int, use: Use) -> bytes:
        """Read a block from the store, in one thread of this process for all that ask meanwhile."""
        with self._lock:
            coming = self._coming.get((key, number))
            mine: Future[bytes] | None = None
            if coming is None:
                mine = coming = self._coming[key, number] = Future()
        if mine is None:
            return coming.result()
        try:
            written = self._written_meanwhile(key, number) if use is Use.MISS else None
            content = written or self._source.up_to(key, number * self._block_bytes, self._block_bytes)
        except BaseException as failure:
            mine.set_exception(failure)
            raise
        else:
            mine.set_result(content)
            self._tell(Use.HIT if written else use, len(content))
            if written is None:
                self._keep(key, number, content)
        finally:
            with self._lock:
                del self._coming[key, number]
        return content

    def _written_meanwhile(self, key: str, number: int) -> bytes | None:
        """The block, if another thread or process has written it since it was looked for."""
        try:
            block = FileBlock(self._path(key, number), self._block_bytes)
            return block.read(0, block.length)
        except (OSError, DamagedBlock):
            return None

    def _follow(self, key: str, number: int, end: int) -> None:
        """Read the next block ahead when the object is read from front to back."""
        with self._lock:
            before = self._reached.pop(key, -1)
            self._reached[key] = end
            if len(self._reached) > _FOLLOWED:
                self._reached.popitem(last=False)
            half = (number * 2 + 1) * self._block_bytes // 2
            onward = (number + 1) * self._block_bytes
            front_to_back = end > onward or (end > half and number * self._block_bytes <= before <= end)
            if not front_to_back or (key, number + 1) in self._coming:
                return
        if not self._path(key, number + 1).exists():
            with suppress(RuntimeError):  # closed
                self._ahead.submit(self._read_ahead, key, number + 1)

    def _read_ahead(self, key: str, number: int) -> None:
        if self._path(key, number).exists():
            return
        # Whoever wants the block asks the store himself and hears what is wrong; here often it is the object's end.
        with suppress(NoSuchObject, StoreAway, StoreRefuses, EOFError):
            self._fetch(key, number, Use.AHEAD)

    def _keep(self, key: str, number: int, content: bytes) -> None:
        path = self._path(key, number)
        draft = path.with_name(f".{number}.{os.getpid()}.{threading.get_ident()}.new")
        try:
            with self._lock:
                self._unseen_bytes += len(content)
                count_again = self._unseen_bytes > self._max_bytes // 32
            if count_again and not self._make_room(len(content)):
                self._tell(Use.UNWRITTEN, len(content))
                return
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with draft.open("wb", buffering=0) as file:
                for part in (content, *trailer(content)):
                    if file.write(part) != len(part):
                        raise OSError  # noqa: TRY301 # the disk is full
            draft.rename(path)
            with self._lock:
                forgotten = key in self._forgotten
            if forgotten:  # while it was being read
                path.unlink(missing_ok=True)
        except OSError:
            draft.unlink(missing_ok=True)
            self._tell(Use.UNWRITTEN, len(content))

    def _make_room(self, wanted: int = 0) -> bool:
        """Remove the blocks that were not used for longest; False when there is still no room for ``wanted`` bytes."""
        found: list[tuple[float, int, Path]] = []
        for path in self._files():
            with suppress(FileNotFoundError):  # another process was faster
                stat = path.stat()
                if path.name.startswith(".") and stat.st_mtime < time.time() - _DRAFT_SECONDS:
                    path.unlink()
                else:
                    found.append((stat.st_mtime, stat.st_size, path))
        used = sum(size for _, size, _ in found)
        free = shutil.disk_usage(self._directory).free - self._keep_free_bytes
        allowed = min(self._max_bytes, used + free) - wanted
        for _, size, path in sorted(found):
            if used <= allowed:
                break
            path.unlink(missing_ok=True)
            used -= size
            with suppress(OSError):  # others are in it
                path.parent.rmdir()
        with self._lock:
            self._unseen_bytes = 0 if used <= allowed else self._max_bytes
        return used <= allowed

    def _files(self) -> Iterator[Path]:
        for folder, _, names in os.walk(self._directory):
            yield from (Path(folder, name) for name in names)

    def _folder(self, key: str) -> Path:
        return self._directory / key

    def _path(self, key: str, number: int) -> Path:
        return self._folder(key) / str(number)
