"""Writes the file of a new segment from the members of old ones, as they are or in another form."""

from __future__ import annotations

import fcntl
import hashlib
import mmap
import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from storage.errors import StorageError
from storage.files import FILE_MODE, Chunk, make_folder, write_at
from storage.ids import new_id_before
from storage.instance_row import InstanceRow, Place, Ranges
from storage.objects.store import NoSuchObject, ObjectStore
from storage.records import Instance
from storage.rewriting.old_segments import DRAFTS
from storage.rewriting.row_switch import Form, Switch
from storage.segments import members
from storage.segments.members import CHUNK, Entry
from storage.segments.open_segment import NoSpace
from storage.segments.pax import HEADER_BYTES, Header, Kind, encode, padded
from storage.segments.segment_rows import segment_key

_KEEP_FREE: Final = 2 << 30
"""Bytes of the spool's disk that are left for receiving."""


class CannotRewrite(StorageError):
    """These segments cannot be rewritten now; ``reason`` is a word of ours."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Damaged(StorageError):
    """The object store does not return a member as it was stored: repair the segment first."""

    def __init__(self, segment_id: str, offset: int) -> None:
        super().__init__(segment_id, offset)
        self.segment_id = segment_id
        self.offset = offset


@dataclass(frozen=True, kw_only=True)
class OtherForm:
    """An instance in another transfer syntax, with its columns in the index; ``chunks`` are the whole PS3.10 file."""

    chunks: Callable[[], Iterable[Chunk]]
    size: int
    head_size: int
    """Bytes before the data set."""
    transfer_syntax_uid: str
    frame_ranges: Ranges
    pixel_digest: bytes
    description: bytes


class Local:
    """Reads instances in a draft, as `storage.nodes.reader.Bytes` reads stored ones."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def read(self, instance: Instance, offset: int, length: int) -> bytes:
        """Exactly these bytes. Raises: ValueError where they are not all within the instance."""
        if offset < 0 or length < 0 or offset + length > instance.size:
            raise ValueError("outside of the instance")
        return b"".join(members.read_in_chunks(self._fd, instance.offset + offset, length))

    def view(self, instance: Instance) -> memoryview:
        """The whole instance without a copy; do not use it after something else was written in its place."""
        start = instance.offset // mmap.ALLOCATIONGRANULARITY * mmap.ALLOCATIONGRANULARITY
        mapped = mmap.mmap(self._fd, instance.offset + instance.size - start, prot=mmap.PROT_READ, offset=start)
        return memoryview(mapped)[instance.offset - start :]

    def stream(self, instance: Instance, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        length = instance.size - offset if length is None else length
        return members.read_in_chunks(self._fd, instance.offset + offset, length)


Recode = Callable[[Local, Instance], AbstractContextManager[OtherForm | None]]
"""Makes another form of an instance, or None where it stays as it is."""


@dataclass(frozen=True, kw_only=True)
class OldMember:
    """One old member and the rows that lead to it."""

    entry: Entry
    instance: Instance | None
    quarantine_id: str | None

    def switch(self, new: Place | None, form: Form | None = None) -> Switch:
        return Switch(
            sop_instance_uid=self.entry.row.sop_instance_uid,
            old=self.entry.place,
            indexed=self.instance is not None,
            quarantine_id=self.quarantine_id,
            new=new,
            form=form,
        )


@dataclass(frozen=True, kw_only=True)
class NewMember:
    """One new member."""

    entry: Entry
    header: Header
    switch: Switch


def check_room(spool_dir: Path, kept: Sequence[OldMember]) -> None:
    """Raises: NoSpace."""
    disk = os.statvfs(spool_dir)
    room = sum(HEADER_BYTES + padded(old.entry.place.size) for old in kept)
    if disk.f_bavail * disk.f_frsize < room + _KEEP_FREE:
        raise NoSpace


@contextmanager
def draft(spool_dir: Path, replaced: Sequence[str]) -> Generator[tuple[str, Path, int]]:
    """The id, path and descriptor of a new file under its lock; it is removed at the end of the block.

    The id sorts right before those of the replaced segments: whoever reads segments in order meets instances in the
    order in which they came, and knows which segments to pass over.
    """
    segment_id = new_id_before(min(replaced))
    path = spool_dir / DRAFTS / f"{segment_id}.tar"
    make_folder(path.parent)
    # Locked before it has the name that `old_segments.tidy` looks for.
    begun = path.with_name(f".{path.name}.new")
    fd = os.open(begun, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        begun.rename(path)
        yield segment_id, path, fd
    finally:
        path.unlink(missing_ok=True)
        begun.unlink(missing_ok=True)
        os.close(fd)


def write_members(  # noqa: PLR0917 # all of them are of one act
    store: ObjectStore,
    fd: int,
    segment_id: str,
    replaced: Sequence[str],
    kept: Sequence[OldMember],
    recode: Recode | None,
    pause: Callable[[], None],
) -> tuple[list[NewMember], int]:
    """Write and seal the members; answers them and the size of the file."""
    at = 0
    written: list[NewMember] = []
    for old in kept:
        pause()
        written.append(_write_member(store, fd, segment_id, at, old, recode))
        at = written[-1].header.end
    return written, members.seal_rewritten(fd, segment_id, at, [(one.entry, one.header) for one in written], replaced)


def _write_member(  # noqa: PLR0917 # all of them are of one act
    store: ObjectStore, fd: int, segment_id: str, at: int, old: OldMember, recode: Recode | None
) -> NewMember:
    body = at + HEADER_BYTES
    _copy(store, fd, body, old.entry)
    form = None
    # A member that a row of the quarantine leads to keeps its form, so that the decision can be taken back.
    if recode is not None and old.instance is not None and old.quarantine_id is None:
        form = _recode(fd, recode, replace(old.instance, segment_id=segment_id, offset=body))
    row = _row_as_known(old, form)
    size = form.size if form is not None else old.entry.place.size
    head, data = _digests(fd, body, row.dataset_offset, size)
    if data != row.stored_as[0]:
        raise Damaged(old.entry.place.segment_id, old.entry.place.offset)
    header = Header(
        kind=Kind.INSTANCE,
        segment_id=segment_id,
        offset=at,
        name=f"{row.study_uid}/{row.series_uid}/{row.sop_instance_uid}.dcm",
        size=size,
        head_size=row.dataset_offset,
        head_digest=head,
        data_digest=data,
        provenance=old.entry.provenance,
        row=row,
    )
    write_at(fd, bytes(padded(size) - size), body + size)
    write_at(fd, encode(header), at)
    new = Place(segment_id=segment_id, offset=body, size=size)
    entry = replace(
        old.entry,
        row=row,
        place=new,
        description=_description(old, form),
        earlier=(*old.entry.earlier, (old.entry.place.segment_id, old.entry.place.offset)),
        head_digest=head,
    )
    return NewMember(entry=entry, header=header, switch=old.switch(new, form))


def _recode(fd: int, recode: Recode, instance: Instance) -> Form | None:
    """Write another form over the copy that it was made from; None where the instance keeps its form."""
    with recode(Local(fd), instance) as recoded:
        if recoded is None:
            return None
        position = instance.offset
        for chunk in recoded.chunks():
            write_at(fd, chunk, position)
            position += len(chunk)
    if position != instance.offset + recoded.size:
        raise CannotRewrite("size")
    return Form(
        size=recoded.size,
        head_size=recoded.head_size,
        transfer_syntax_uid=recoded.transfer_syntax_uid,
        stored_digest=_digests(fd, instance.offset, recoded.head_size, recoded.size)[1],
        pixel_digest=recoded.pixel_digest,
        frame_ranges=recoded.frame_ranges,
        description=recoded.description,
    )


def _row_as_known(old: OldMember, form: Form | None) -> InstanceRow:
    """The row in the new member's header, with what the index knows and did not fit into the old header."""
    row = old.entry.row
    if old.instance is not None:
        row = replace(row, frame_ranges=old.instance.frame_ranges, pixel_digest=old.instance.pixel_digest)
    if form is None:
        return row
    received_digest, received_syntax = row.received_as
    return replace(
        row,
        transfer_syntax_uid=form.transfer_syntax_uid,
        dataset_offset=form.head_size,
        received_digest=received_digest,
        received_transfer_syntax_uid=received_syntax,
        stored_digest=form.stored_digest,
        pixel_digest=form.pixel_digest,
        frame_ranges=form.frame_ranges,
    )


def _description(old: OldMember, form: Form | None) -> bytes | None:
    if form is not None:
        return form.description
    return old.entry.description if old.instance is None else old.instance.description


def _copy(store: ObjectStore, fd: int, at: int, entry: Entry) -> None:
    """Copy a member's body from the store, and compare it with its digests.

    Raises:
        Damaged: it differs.

    """
    place = entry.place
    head, digest, position = hashlib.sha256(), hashlib.sha256(), 0
    head_size = entry.row.dataset_offset
    try:
        for chunk in store.stream(segment_key(place.segment_id), place.offset, place.size, CHUNK):
            write_at(fd, chunk, at + position)
            head.update(chunk[: max(0, head_size - position)])
            digest.update(chunk[max(0, head_size - position) :])
            position += len(chunk)
    except (NoSuchObject, EOFError) as missing:
        raise Damaged(place.segment_id, place.offset) from missing
    # The digest of the head stands in the manifest: taken from these bytes, it would hide that they are damaged.
    if digest.digest() != entry.row.stored_as[0] or entry.head_digest not in {None, head.digest()}:
        raise Damaged(place.segment_id, place.offset)


def _digests(fd: int, at: int, head_size: int, size: int) -> tuple[bytes, bytes]:
    head, data = hashlib.sha256(), hashlib.sha256()
    for chunk in members.read_in_chunks(fd, at, head_size):
        head.update(chunk)
    for chunk in members.read_in_chunks(fd, at + head_size, size - head_size):
        data.update(chunk)
    return head.digest(), data.digest()
