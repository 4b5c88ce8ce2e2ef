"""Recovers the segments of a process that died: they are sealed, and their instances entered again."""

from __future__ import annotations

import hashlib
import mmap
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage import tables
from storage.database import insert_new, portions, snapshot, transaction
from storage.files import lock, write_at
from storage.ids import made_at, new_id
from storage.index.group_commit import Index
from storage.index.queries import note_lost
from storage.quarantine_moves import Reason
from storage.segment_moves import SegmentMove, SegmentState
from storage.segments import members, quarantine_files, segment_rows
from storage.segments.members import Entry
from storage.segments.pax import BLOCK, HEADER_BYTES, Header, encode
from storage.segments.spool import Spool

_MAGIC: Final = b"ustar\00000"
_MAGIC_AT: Final = 257


@dataclass(frozen=True, kw_only=True)
class Recovery:
    segments: int
    """Segments that were sealed, or found sealed and not yet stored."""
    members: int
    """Instances that were entered, most of them again."""
    torn: int
    """Segments whose writer died in the middle of a member."""
    damaged: int
    """Damaged ranges between members: the disk lost what was flushed."""
    left: tuple[str, ...] = ()
    """Segments that could not be read or sealed, each with the disk's error; readable instances are entered."""


@dataclass(kw_only=True)
class Found:
    """The content of a segment's file."""

    good: list[Header] = field(default_factory=list[Header])
    damaged: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    """Ranges of bytes between good members that are no good members."""
    end: int = 0
    """Where the last good member ends."""
    written_to: int = 0
    """The end of the bytes that are not zero; more than ``end`` when the writer died in the middle of a member."""

    @property
    def study_uid(self) -> str:
        """The study of the segment; empty when it has no instance."""
        return next((header.row.study_uid for header in self.good if header.row is not None), "")


def recover(spool: Spool, index: Index) -> Recovery:
    """Seal every segment of the spool whose lock is free, and enter what lies in those that are not stored.

    Several processes may do so at once: the one that wins a segment's lock takes it, and entering again changes
    nothing. A segment that is taken belongs to the spool's node from then on.

    Raises:
        IndexUnavailable: rows could not be entered.

    """
    recovered, entries = take(spool)
    # In the order in which they came, so that of two contradicting instances the same one is held again.
    entries.sort(key=lambda entry: entry.provenance.received_at)
    index.enter_all(entries)
    return recovered


def take(spool: Spool) -> tuple[Recovery, list[Entry]]:
    """As `recover`, but answers the entries instead of entering them."""
    paths = sorted((spool.directory / "segments").glob("*/*.tar"))
    stored = _stored(spool, [path.stem for path in paths])
    entries: list[Entry] = []
    left: list[str] = []
    segments = torn = damaged = 0
    for path in paths:
        if path.stem in stored:
            continue
        try:
            with lock(path, os.O_RDWR) as fd:
                if fd is None:
                    continue  # its writer lives, another recovery has it, or it was stored and removed meanwhile
                segments += 1
                sealed = _sealed(fd, path.stem)
                if sealed is not None:
                    _note_sealed(spool, fd, path.stem, sealed)
                    entries += sealed
                else:
                    found = look(fd, path.stem)
                    torn += found.written_to > found.end
                    damaged += len(found.damaged)
                    entries += (entry for header in found.good if (entry := members.entry_of(header)) is not None)
                    _seal(spool, fd, path, found)
        except OSError as error:  # a full disk, a file that cannot be read: no reason to receive nothing more
            left.append(f"{path.stem}: {error.strerror}")
    found_all = Recovery(segments=segments, members=len(entries), torn=torn, damaged=damaged, left=tuple(left))
    return found_all, entries


def _stored(spool: Spool, here: list[str]) -> set[str]:
    """The segments among these that are stored, or were rewritten since."""
    stored: set[str] = set()
    segment = tables.segment.c
    with snapshot(spool.engine) as tx:
        for some in portions(here):
            these = segment.id.in_(some)
            stored.update(tx.execute(sa.select(segment.id).where(these, segment.stored_at.is_not(None))).scalars())
    return stored


def _sealed(fd: int, segment_id: str) -> list[Entry] | None:
    """The entries of a segment that was sealed; None when it was not, or its manifest cannot be read."""
    size = os.fstat(fd).st_size
    footer = members.read_footer(os.pread(fd, members.TAIL_BYTES, max(0, size - members.TAIL_BYTES)), segment_id)
    if footer is None:
        return None
    manifest = os.pread(fd, footer.manifest_size, footer.manifest_offset)
    if hashlib.sha256(manifest).digest() != footer.manifest_digest:
        return None
    return members.read_manifest(manifest, segment_id)


def _note_sealed(spool: Spool, fd: int, segment_id: str, sealed: list[Entry]) -> None:
    # Its writer may have died between the footer and the row.
    study_uid = sealed[0].row.study_uid if sealed else ""
    with transaction(spool.engine) as tx:
        _note(tx, spool.node, segment_id, study_uid, SegmentMove.SEAL, os.fstat(fd).st_size)


def look(fd: int, segment_id: str) -> Found:
    """Find every member whose digests are right, also behind damaged ranges."""
    found = Found(written_to=_written_to(fd))
    position = 0
    while position < found.written_to:
        header = members.header_at(fd, segment_id, position)
        if header is None:
            position = _next_magic(fd, position, found.written_to)
        elif not members.is_whole(fd, header):
            position = header.body_offset
        else:
            if header.offset > found.end:
                found.damaged.append((found.end, header.offset))
            found.good.append(header)
            found.end = position = header.end
    return found


def _next_magic(fd: int, position: int, end: int) -> int:
    """The next block behind ``position`` that looks like a header, or ``end``."""
    with mmap.mmap(fd, end, prot=mmap.PROT_READ) as mapped:
        at = mapped.find(_MAGIC, position + BLOCK + _MAGIC_AT)
        while at >= 0 and at % BLOCK != _MAGIC_AT:
            at = mapped.find(_MAGIC, at + 1)
    return at - _MAGIC_AT if at >= 0 else end


def _written_to(fd: int) -> int:
    """The end of the bytes that are not zero: the rest was reserved and never written."""
    end = os.fstat(fd).st_size
    while end:
        start = max(0, end - members.CHUNK)
        chunk = os.pread(fd, end - start, start).rstrip(b"\0")
        if chunk:
            return start + len(chunk)
        end = start
    return 0


def _seal(spool: Spool, fd: int, path: Path, found: Found) -> None:
    """Copy torn and damaged ranges to quarantine, seal the segment, and mark the lost instances."""
    segment_id = path.stem
    for start, end in found.damaged:
        _quarantine(spool, fd, segment_id, Reason.DAMAGED, start, end)
    end = found.end
    if found.written_to > end:
        _quarantine(spool, fd, segment_id, Reason.TORN, end, found.written_to)
        # The header's room holds at most a torn header, and the quarantine has that now.
        size = max(0, found.written_to - end - HEADER_BYTES)
        digest = hashlib.sha256()
        for chunk in members.read_in_chunks(fd, end + HEADER_BYTES, size):
            digest.update(chunk)
        header = members.torn_header(segment_id, end, size, digest.digest())
        write_at(fd, encode(header), end)
        end = header.end
    if end == 0:
        path.unlink()
        move, size = SegmentMove.DISCARD, 0
    else:
        move, size = SegmentMove.SEAL, members.seal(fd, segment_id, end, found.good)
    with transaction(spool.engine) as tx:
        _note(tx, spool.node, segment_id, found.study_uid, move, size)
        note_lost(tx, segment_id, {header.body_offset for header in found.good})


def _quarantine(spool: Spool, fd: int, segment_id: str, reason: Reason, start: int, end: int) -> None:  # noqa: PLR0917
    """Copy a range of bytes to quarantine. Its place names the copy, so that a second recovery makes no second one.

    Study and site are those of the segment's study, where that is in the index.
    """
    segment, study = tables.segment.c, tables.study.c
    asked = sa.select(study.study_uid, study.site_id).join(tables.segment, segment.study_uid == study.study_uid)
    with snapshot(spool.engine) as tx:
        study_uid, site_id = tx.execute(asked.where(segment.id == segment_id)).one_or_none() or (None, None)
    values: dict[str, Any] = {
        "id": new_id(),
        "reason": reason,
        "study_uid": study_uid,
        "site_id": site_id,
        "key": f"{quarantine_files.FOLDER}/{reason}/{segment_id}-{start}",
        "received_at": datetime.fromtimestamp(os.fstat(fd).st_mtime, UTC),
    }
    row = quarantine_files.keep(spool.directory, values, members.read_in_chunks(fd, start, end - start))
    with transaction(spool.engine) as tx:
        tx.execute(insert_new(tx, tables.quarantine).values(row))


def _note(  # noqa: PLR0917
    tx: Connection, node: str, segment_id: str, study_uid: str, move: SegmentMove, size: int
) -> None:
    segment = tables.segment
    # Whoever has the file now holds the segment: a spool may have come from another node, or got another name.
    ours = (segment.c.id == segment_id) & (segment.c.state != SegmentState.STORED)
    tx.execute(sa.update(segment).where(ours).values(node=node))
    begun = {"study_uid": study_uid, "node": node}  # where the row was lost with the database
    segment_rows.change_or_begin(tx, segment_id, move, begun, size=size, sealed_at=made_at(segment_id))
