"""The spool: the folder of one node in which segments are written until they are stored."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from storage import tables
from storage.database import snapshot, transaction
from storage.files import FILE_MODE, Chunk, make_folder, sync_folder
from storage.ids import made_at, new_id
from storage.instance_row import Provenance, is_uid
from storage.quarantine_moves import Reason
from storage.segment_moves import SegmentMove, SegmentState
from storage.segments import members, quarantine_files, quarantine_quota, segment_rows
from storage.segments.open_segment import NoSpace, Segment, failure_of
from storage.segments.segment_rows import segment_key

_MAX_FREE_SEGMENTS: Final = 128
"""Open files that wait for more of their study; beyond it the longest idle one is sealed."""

_LOOK_SECONDS: Final = 0.1
"""How old it may be, how much of the disk is free."""


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
        quarantine_bytes: int = quarantine_quota.DEFAULT_BYTES,
    ) -> None:
        self.directory = directory
        self.node = node
        self.engine = engine
        self._idle = timedelta(seconds=idle_seconds)
        self._max_bytes = max_bytes
        self._keep_free_bytes = keep_free_bytes
        self._quarantine_bytes = quarantine_bytes
        self._free_bytes, self._look_at = 0, 0.0
        self._lock = threading.Lock()
        self._free: list[Segment] = []
        self._unnoted: dict[str, tuple[SegmentMove, dict[str, Any]]] = {}
        """Moves of segments, by id, that the database does not know yet, with the columns that change with them."""
        make_folder(directory)

    def free_bytes(self) -> int:
        """Bytes of the spool's disk that unprivileged writers may still use."""
        disk = os.statvfs(self.directory)
        return disk.f_bavail * disk.f_frsize

    def _has_room(self) -> bool:
        """Whether instances may come, as the disk was a moment ago."""
        now = time.monotonic()
        if now >= self._look_at:
            self._free_bytes, self._look_at = self.free_bytes(), now + _LOOK_SECONDS
        return self._free_bytes >= self._keep_free_bytes

    @contextmanager
    def borrow(self, study_uid: str) -> Generator[Segment]:
        """A segment of the study that nobody else writes to meanwhile.

        Raises:
            NoSpace: less than ``keep_free_bytes`` is left on the disk.
            FlushFailed: the disk takes no new file: it is mounted read-only, or gone.

        """
        try:
            if not self._has_room():
                raise NoSpace
            segment = self._take(study_uid) or self._open(study_uid)
        except OSError as error:
            raise failure_of(error) from error
        try:
            yield segment
        finally:
            try:
                segment.end_borrowing()
            finally:
                self._return(segment)

    def seal_idle(self, now: datetime) -> int:
        """Seal the segments to which nothing was appended for ``idle_seconds``; answers how many."""
        for segment_id, (move, columns) in list(self._unnoted.items()):
            self._note(segment_id, move, columns)
        with self._lock:
            idle = [segment for segment in self._free if segment.last_used + self._idle <= now]
            self._free = [segment for segment in self._free if segment not in idle]
        self._seal_all(idle)
        return len(idle)

    def seal_awaited(self) -> int:
        """Seal the segments that somebody waits for and nobody writes to now; answers how many."""
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

    def room_in_quarantine(self, device_id: str) -> int:
        """Refused bytes of a device that may still be kept: its quota without what nobody has decided yet."""
        with snapshot(self.engine) as tx:
            return quarantine_quota.room(tx, device_id, self._quarantine_bytes)

    def note_not_kept(self, provenance: Provenance) -> None:
        """Note that refused bytes were not kept, since the quota of their device is used up."""
        with transaction(self.engine) as tx:
            quarantine_quota.note(tx, provenance)

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
        """Keep refused bytes in quarantine, with the reason; answers the id of their row."""
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
            raise failure_of(error) from error
        with transaction(self.engine) as tx:
            tx.execute(sa.insert(tables.quarantine), row)
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
