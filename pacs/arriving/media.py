"""Hands PS3.10 files of a disk, a CD or an archive to the receiver, and reads which files a DICOMDIR names."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from enum import Enum
from io import BytesIO
from pathlib import Path
from typing import IO, Final

from pydicom import dcmread
from pydicom.errors import InvalidDicomError

from pacs.arriving.outcome import Outcome
from pacs.arriving.receive import Receiver, Sender
from pacs.dataset import part10
from pacs.dataset.dicomdir import MEDIA_STORAGE_DIRECTORY
from pacs.dataset.part10 import META_MAX_BYTES, Meta, NoMeta
from pacs.dataset.walk import EXPLICIT_LITTLE, IMPLICIT_LITTLE, walk
from pacs.errors import UnreadableData

SOURCE: Final = "import"
_CHUNK: Final = 1 << 20
"""Assumed for a file that names no transfer syntax: the default of PS3.5 10."""


class UnreadableDicomdir(UnreadableData):
    """A DICOMDIR that cannot be read."""


class NotReceived(Enum):
    """A file that is not handed to the receiver."""

    NO_DICOM = "no_dicom"
    DIRECTORY = "directory"
    """A DICOMDIR, whose files are received by themselves."""


def receive_file(receiver: Receiver, sender: Sender, file: IO[bytes]) -> Outcome | NotReceived:
    """Receive one file, without a preamble too where it begins as a data set does.

    Raises:
        OSError: the file cannot be read; nothing of it is kept.

    """
    head = file.read(META_MAX_BYTES)
    bare = None if part10.is_file(head) else part10.read_bare(head)
    if bare is None and not part10.is_file(head):
        return NotReceived.NO_DICOM
    meta = bare.meta if bare else _meta(head)
    if meta is not None and meta.sop_class_uid == MEDIA_STORAGE_DIRECTORY:
        return NotReceived.DIRECTORY
    if bare is not None:
        start, syntax = bare.start, bare.transfer_syntax_uid
    elif meta is not None and meta.transfer_syntax_uid:
        start, syntax = meta.end, meta.transfer_syntax_uid
    else:
        start, syntax = 0, IMPLICIT_LITTLE
    reception = receiver.begin(
        sender,
        (meta.sop_class_uid or None) if meta else None,
        (meta.sop_instance_uid or None) if meta else None,
        syntax,
        SOURCE,
    )
    try:
        reception.feed(head[start:])
        while chunk := file.read(_CHUNK):
            reception.feed(chunk)
    except BaseException:
        reception.abandon()
        raise
    return reception.finish()


def is_directory(path: Path) -> bool:
    """Whether a file is a DICOMDIR.

    Raises:
        OSError: it cannot be read.

    """
    with path.open("rb") as file:
        head = file.read(META_MAX_BYTES)
    meta = _meta(head) if part10.is_file(head) else None
    return meta is not None and meta.sop_class_uid == MEDIA_STORAGE_DIRECTORY


def is_dicom(path: Path) -> bool:
    """Whether a file is one to be received, with a preamble or without; a DICOMDIR is none.

    Raises:
        OSError: it cannot be read.

    """
    with path.open("rb") as file:
        head = file.read(META_MAX_BYTES)
    if not part10.is_file(head):
        return part10.read_bare(head) is not None
    meta = _meta(head)
    return meta is None or meta.sop_class_uid != MEDIA_STORAGE_DIRECTORY


def files_of(directory: bytes) -> Iterator[tuple[str, ...]]:
    """The File IDs that a DICOMDIR, given whole, names, each as its components.

    The standard has one component a value (PS3.10 8.2); paths with slashes, from the root or from here are written too.
    Empty components and dots mean nothing; whether one leads out of the folder, the caller has to look.

    Raises:
        UnreadableDicomdir: the file is no DICOMDIR, is cut short or broken.

    """
    try:
        meta = part10.read_meta(directory, whole=True)
        if meta is None or walk(directory[meta.end :], meta.transfer_syntax_uid or EXPLICIT_LITTLE).problem is not None:
            raise UnreadableDicomdir  # pydicom takes a sequence that is cut short for a shorter one
        records = dcmread(BytesIO(directory))["DirectoryRecordSequence"].value
        named = [record.get("ReferencedFileID") for record in records]
    except (
        NoMeta,
        InvalidDicomError,
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
        EOFError,
        struct.error,
    ) as broken:
        raise UnreadableDicomdir from broken
    for one in named:
        if not one:
            continue  # a patient, a study or a series
        written = one if isinstance(one, str) else "/".join(str(part) for part in one)
        parts = (part.strip() for part in written.replace("\\", "/").split("/"))
        components = tuple(part for part in parts if part not in {"", "."})
        if components:
            yield components


def _meta(head: bytes) -> Meta | None:
    try:
        return part10.read_meta(head, whole=True)
    except NoMeta:
        return None
