"""A segment that is being written: the tar file that the instances of a study are appended to."""

from __future__ import annotations

import errno
import hashlib
import mmap
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from storage.errors import StorageError
from storage.files import Chunk, write_at, write_parts_at
from storage.ids import made_at
from storage.instance_row import InstanceRow, Place, Provenance
from storage.segments.pax import HEADER_BYTES, Header, Kind, encode, split_name

# Reserving ahead spares the file system's journal at each flush (10 to 30 % more instances a second).
_RESERVE_MIN: Final = 4 << 20
_RESERVE_MAX: Final = 64 << 20


class NoSpace(StorageError):
    """The disk is full, or nearly; nothing of the member was kept."""


class FlushFailed(StorageError):
    """The bytes did not reach stable storage; the segment is abandoned and the flush is never retried."""


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
        """A write or a flush failed: nothing more is written here; recovery seals the segment at the next start."""
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

    def append(self, header: Header, head: bytes, dataset: Chunk) -> Place:
        """Write a whole member and flush: its bytes are on stable storage when this returns.

        ``header`` must belong at `end`; ``head`` is what comes before the data set.

        Raises:
            NoSpace: the disk is full; nothing of the member was kept.
            FlushFailed: the bytes are not on stable storage, and the segment is abandoned.

        """
        self.reserve(header.end)
        try:
            with self.writing():
                write_parts_at(self.fd, (encode(header), head, dataset), header.offset)
                os.fdatasync(self.fd)
        except NoSpace:
            self.give_back(header.offset)
            raise
        self.end = header.end
        if header.provenance is not None:
            self.last_used = header.provenance.received_at
        return Place(segment_id=self.id, offset=header.body_offset, size=header.size)

    def take_back(self, place: Place) -> None:
        """Undo the last member, which was appended to the ``place``; only while the segment is borrowed."""
        self.give_back(place.offset - HEADER_BYTES)

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
        """Undo everything that was written from ``offset`` on."""
        with self.writing():
            os.ftruncate(self.fd, offset)
            # Grown again at once: a view of the body that still lives then reads zeros instead of faulting.
            os.ftruncate(self.fd, self._reserved)
        self.end = offset

    @contextmanager
    def writing(self) -> Generator[None]:
        """Turn a failed system call into the error that names its remedy."""
        try:
            yield
        except OSError as error:
            failure = failure_of(error)
            self.broken = isinstance(failure, FlushFailed)
            raise failure from error

    def end_borrowing(self) -> None:
        """Undo a member that was begun and never finished."""
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
        """The bytes that were written, head included, without a copy; do not use them after `finish` or `abandon`."""
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
        """Undo the member, finished or not; only while its segment is borrowed."""
        self.finished = True
        self._segment.give_back(self._start)

    def _append(self, chunk: Chunk) -> None:
        position = self.offset + self.size
        self._segment.reserve(position + len(chunk))
        with self._segment.writing():
            write_at(self._segment.fd, chunk, position)
        self.size += len(chunk)


def failure_of(error: OSError) -> NoSpace | FlushFailed:
    """The error for a failed system call: more room helps, or another disk."""
    return NoSpace() if error.errno in (errno.ENOSPC, errno.EDQUOT) else FlushFailed()
