"""Segments that are being written: the tar files that the instances of a study are appended to."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import mmap
import os
import threading
from collections.abc import Collection, Generator, Iterable
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from storage import tables
from storage.database import snapshot, transaction
from storage.files import FILE_MODE, Chunk, make_folder, sync_folder, write_at
from storage.ids import made_at, new_id
from storage.instance_row import InstanceRow, Place, Provenance, is_uid
from storage.quarantine_moves import Reason
from storage.segment_moves import SegmentMove, SegmentState
from storage.segments import members, quarantine_files, segment_rows
from storage.segments.pax import HEADER_BYTES, Header, Kind, encode, split_name
from storage.segments.segment_rows import segment_key

__all__ = ["FlushFailed", "Member", "NoSpace", "Place", "Provenance", "Segment", "Spool"]

# Reserving ahead spares the file system's journal at each flush (10 to 30 % more instances a second).
_RESERVE_MIN: Final = 4 << 20
_RESERVE_MAX: Final = 64 << 20
_MAX_FREE_SEGMENTS: Final = 128
"""Open files that wait for more of their study; beyond it the longest idle one is sealed."""


class NoSpace(Exception):
    """The disk is full, or nearly; nothing of the member was kept."""


class FlushFailed(Exception):
    """The bytes did not reach stable storage; the segment is abandoned and the flush is never retried."""


def await_storing(tx: Connection, segment_ids: Collection[str]) -> None:
    """Say that somebody waits for these: whoever writes them seals them at once, see `Spool.seal_awaited`."""
    row = tables.segment.c
    tx.execute(
        sa.update(tables.segment)
        .where(row.id.in_(segment_ids), row.state == SegmentState.OPEN, row.awaited.is_(False))
        .values(awaited=True)
    )


class Segment:
    """A segment with one writer at a time; only the spool makes one."""

    def __init__(self, segment_id: str, study_uid: str, path: Path, fd: int) -> None:
        self.id = segment_id
        self.study_uid = study_uid
        self.path = path
        self.fd = fd
        self.end = 0
        """Where the next member begins."""
        self.broken = False
        """Set when a write or a flush failed: nothing more is written here, recovery takes it at the next start."""
        self.last_used = made_at(segment_id)
        self._reserved = 0
        self._member: Member | None = None

    def begin(self, member_name: str, head: bytes = b"") -> Member:
        """Begin a member; ``head`` is what comes before the data set (preamble and File Meta Information).

        Raises:
            storage.segments.pax.UnfitName: the name has characters that no name of ours has.
            NoSpace: the disk is full.

        """
        split_name(member_name)
        self._member = Member(self, member_name, head)
        return self._member

    def reserve(self, end: int) -> None:
        """Have disk space up to ``end``."""
        if end <= self._reserved:
            return
        ahead = min(max(self._reserved, _RESERVE_MIN), _RESERVE_MAX)
        wanted = max(end, self._reserved + ahead)
        with self.writing():
            try:
                os.posix_fallocate(self.fd, self._reserved, wanted - self._reserved)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                wanted = end  # no room to reserve ahead, but perhaps for this one
                os.posix_fallocate(self.fd, self._reserved, wanted - self._reserved)
        self._reserved = wanted

    def give_back(self, offset: int) -> None:
        """Make everything from ``offset`` on as if it had never been written."""
        with self.writing():
            os.ftruncate(self.fd, offset)
            # Grown again at once: a view of the body that still lives then reads zeros instead of faulting.
            os.ftruncate(self.fd, self._reserved)
        self.end = offset

    @contextmanager
    def writing(self) -> Generator[None]:
        """Turn a failed system call into the remedy that it asks for."""
        try:
            yield
        except OSError as error:
            refused = _refused(error)
            self.broken = isinstance(refused, FlushFailed)
            raise refused from error

    def end_borrowing(self) -> None:
        """Take back what was begun and never finished."""
        if self._member is not None and not self._member.finished and not self.broken:
            self._member.abandon()
        self._member = None


class Member:
    """One instance that is being written; its body starts at ``offset`` in the segment's file."""

    def __init__(self, segment: Segment, name: str, head: bytes) -> None:
        self._segment = segment
        self._name = name
        self._start = segment.end
        self._head = head
        self._data_hash = hashlib.sha256()
        self.offset = segment.end + HEADER_BYTES
        self.size = 0
        self.finished = False
        self._append(head)

    def write(self, chunk: Chunk) -> None:
        """Append bytes of the data set.

        Raises:
            NoSpace: the disk is full; call `abandon`.
            FlushFailed: the disk refused; the segment is abandoned.

        """
        self._data_hash.update(chunk)
        self._append(chunk)

    def digest(self) -> bytes:
        """SHA-256 of the data set's bytes so far: the row's ``received_digest``."""
        return self._data_hash.digest()

    def body(self) -> memoryview:
        """What was written, head included, without a copy; do not keep it beyond `finish` or `abandon`."""
        if not self.size:
            return memoryview(b"")
        start = self.offset // mmap.ALLOCATIONGRANULARITY * mmap.ALLOCATIONGRANULARITY
        length = self.offset + self.size - start
        mapped = mmap.mmap(self._segment.fd, length, prot=mmap.PROT_READ, offset=start)
        return memoryview(mapped)[self.offset - start :]

    def finish(self, row: InstanceRow, provenance: Provenance) -> Place:
        """Write the header into its room, and flush: the bytes are on stable storage when this returns.

        Raises:
            FlushFailed: they are not, and the segment is abandoned.

        """
        segment = self._segment
        header = Header(
            kind=Kind.INSTANCE,
            segment_id=segment.id,
            offset=self._start,
            name=self._name,
            size=self.size,
            head_size=len(self._head),
            head_digest=hashlib.sha256(self._head).digest(),
            data_digest=self._data_hash.digest(),
            provenance=provenance,
            row=row,
        )
        with segment.writing():
            write_at(segment.fd, encode(header), self._start)
            os.fdatasync(segment.fd)
        self.finished = True
        segment.end = header.end
        segment.last_used = provenance.received_at
        return Place(segment_id=segment.id, offset=self.offset, size=self.size)

    def abandon(self) -> None:
        """Take the member back, finished or not; only while its segment is still borrowed."""
        self.finished = True
        self._segment.give_back(self._start)

    def _append(self, chunk: Chunk) -> None:
        position = self.offset + self.size
        self._segment.reserve(position + len(chunk))
        with self._segment.writing():
            write_at(self._segment.fd, chunk, position)
        self.size += len(chunk)


class Spool:
    """The folder of one node in which segments are written until they are stored."""

    def __init__(
        self,
        directory: Path,
        *,
        node: str,
        engine: Engine,
        idle_seconds: float = 10,
        max_bytes: int = 1 << 30,
        keep_free_bytes: int = 64 << 20,
    ) -> None:
        self.directory = directory
        self.node = node
        self.engine = engine
        self._idle = timedelta(seconds=idle_seconds)
        self._max_bytes = max_bytes
        self._keep_free_bytes = keep_free_bytes
        self._lock = threading.Lock()
        self._free: list[Segment] = []
        self._unnoted: dict[str, tuple[SegmentMove, dict[str, Any]]] = {}
        """Moves of segments, by id, that the database does not know yet, with the columns that change with them."""
        make_folder(directory)

    def free_bytes(self) -> int:
        """What unprivileged writers may still use of the spool's disk."""
        disk = os.statvfs(self.directory)
        return disk.f_bavail * disk.f_frsize

    @contextmanager
    def borrow(self, study_uid: str) -> Generator[Segment]:
        """A segment of the study that nobody else writes to meanwhile.

        Raises:
            NoSpace: less than ``keep_free_bytes`` is left on the disk.
            FlushFailed: the disk takes no new file: it is mounted read-only, or gone.

        """
        try:
            if self.free_bytes() < self._keep_free_bytes:
                raise NoSpace
            segment = self._take(study_uid) or self._open(study_uid)
        except OSError as error:
            raise _refused(error) from error
        try:
            yield segment
        finally:
            try:
                segment.end_borrowing()
            finally:
                self._return(segment)

    def seal_idle(self, now: datetime) -> int:
        """Seal the segments that nothing was added to for ``idle_seconds``; answers how many."""
        for segment_id, (move, columns) in list(self._unnoted.items()):
            self._note(segment_id, move, columns)
        with self._lock:
            idle = [segment for segment in self._free if segment.last_used + self._idle <= now]
            self._free = [segment for segment in self._free if segment not in idle]
        self._seal_all(idle)
        return len(idle)

    def seal_awaited(self) -> int:
        """Seal the segments that somebody waits for and that nothing is written to now; answers how many."""
        asked = sa.select(tables.segment.c.id).where(
            tables.segment.c.state == SegmentState.OPEN, tables.segment.c.node == self.node, tables.segment.c.awaited
        )
        with snapshot(self.engine) as tx:
            ids = set(tx.execute(asked).scalars())
        with self._lock:
            awaited = [segment for segment in self._free if segment.id in ids]
            self._free = [segment for segment in self._free if segment not in awaited]
        self._seal_all(awaited)
        return len(awaited)

    def close(self) -> None:
        """Seal every segment that is not borrowed."""
        with self._lock:
            left, self._free = self._free, []
        self._seal_all(left)

    def quarantine(
        self,
        reason: Reason,
        content: Iterable[Chunk],
        *,
        provenance: Provenance,
        sop_instance_uid: str | None = None,
        study_uid: str | None = None,
        transfer_syntax_uid: str | None = None,
    ) -> str:
        """Keep bytes that were refused, with the reason; answers the id of the quarantine row."""
        quarantine_id = new_id()
        values: dict[str, Any] = {
            "id": quarantine_id,
            "reason": reason,
            "sop_instance_uid": sop_instance_uid if is_uid(sop_instance_uid) else None,
            "study_uid": study_uid if is_uid(study_uid) else None,
            "transfer_syntax_uid": transfer_syntax_uid if is_uid(transfer_syntax_uid) else None,
            "key": f"{quarantine_files.FOLDER}/{made_at(quarantine_id):%Y%m%d}/{quarantine_id}",
            "site_id": provenance.site_id,
            "device_id": provenance.device_id,
            "received_at": provenance.received_at,
        }
        try:
            row = quarantine_files.keep(self.directory, values, content)
        except OSError as error:
            raise _refused(error) from error
        with transaction(self.engine) as tx:
            tx.execute(sa.insert(tables.quarantine).values(row))
        return quarantine_id

    def _take(self, study_uid: str) -> Segment | None:
        with self._lock:
            for segment in self._free:
                if segment.study_uid == study_uid:
                    self._free.remove(segment)
                    return segment
        return None

    def _open(self, study_uid: str) -> Segment:
        segment_id = new_id()
        path = self.directory / segment_key(segment_id)
        make_folder(path.parent)
        # Locked before it has the name that recovery looks for: nobody else can ever win the lock.
        draft = path.with_name(f".{path.name}.new")
        fd = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            draft.rename(path)
            sync_folder(path.parent)
            with transaction(self.engine) as tx:
                segment_rows.begin(tx, SegmentMove.OPEN, segment_id, study_uid=study_uid, node=self.node)
        except BaseException:
            os.close(fd)
            raise
        return Segment(segment_id, study_uid, path, fd)

    def _return(self, segment: Segment) -> None:
        surplus: list[Segment] = []
        with self._lock:
            if segment.broken:
                os.close(segment.fd)
            elif segment.end >= self._max_bytes:
                surplus.append(segment)
            else:
                self._free.append(segment)  # the longest idle stand first
                if len(self._free) > _MAX_FREE_SEGMENTS:
                    surplus.append(self._free.pop(0))
        self._seal_all(surplus)

    def _seal_all(self, segments: Iterable[Segment]) -> None:
        failures: list[Exception] = []
        for segment in segments:
            try:
                self._seal(segment)
            except SQLAlchemyError:
                continue  # noted by the next `seal_idle`, which tells if it cannot be
            except OSError as error:  # the others are sealed all the same
                failures.append(error)
        if failures:
            raise ExceptionGroup("segments left for recovery", failures)

    def _seal(self, segment: Segment) -> None:
        try:
            if segment.end == 0:
                segment.path.unlink()
                move, size = SegmentMove.DISCARD, 0
            else:
                good = members.headers(segment.fd, segment.id)
                move, size = SegmentMove.SEAL, members.seal(segment.fd, segment.id, segment.end, good)
            self._note(segment.id, move, {"size": size, "sealed_at": segment.last_used})
        finally:
            os.close(segment.fd)

    def _note(self, segment_id: str, move: SegmentMove, columns: dict[str, Any]) -> None:
        self._unnoted[segment_id] = move, columns
        with transaction(self.engine) as tx:
            # Nothing is changed where another process has noted it since, and stored it.
            segment_rows.change(tx, tables.segment.c.id == segment_id, move, **columns)
        self._unnoted.pop(segment_id, None)


def _refused(error: OSError) -> NoSpace | FlushFailed:
    """The remedy that a failed system call asks for: room, or another disk."""
    return NoSpace() if error.errno in (errno.ENOSPC, errno.EDQUOT) else FlushFailed()
