"""Hands PS3.10 files of a disk, a CD or an archive to the receiver, and reads which files a DICOMDIR names."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from pydicom import dcmread
from pydicom.errors import InvalidDicomError

from pacs.arriving.outcome import Outcome
from pacs.arriving.receive import Receiver, Sender
from pacs.dataset import part10
from pacs.dataset.dicomdir import MEDIA_STORAGE_DIRECTORY
from pacs.dataset.part10 import META_MAX_BYTES, Meta, NoMeta
from pacs.errors import UnreadableData

SOURCE: Final = "import"
_CHUNK: Final = 1 << 20
_IMPLICIT_LITTLE: Final = "1.2.840.10008.1.2"
"""Assumed for a file that names no transfer syntax: the default of PS3.5 10."""
_COMPONENTS_MAX: Final = 8
"""Components of a File ID (PS3.10 8.2)."""


class UnreadableDicomdir(UnreadableData):
    """A DICOMDIR that cannot be read."""


def receive_file(receiver: Receiver, sender: Sender, file: IO[bytes]) -> Outcome | None:
    """Receive one file; None when it is not DICOM, or a DICOMDIR, whose files are received by themselves.

    Raises:
        OSError: the file cannot be read; nothing of it is kept.

    """
    head = file.read(META_MAX_BYTES)
    if not part10.is_file(head):
        return None
    meta = _meta(head)
    if meta is not None and meta.sop_class_uid == MEDIA_STORAGE_DIRECTORY:
        return None
    known = meta is not None and meta.transfer_syntax_uid != ""
    reception = receiver.begin(
        sender,
        (meta.sop_class_uid or None) if meta else None,
        (meta.sop_instance_uid or None) if meta else None,
        meta.transfer_syntax_uid if meta and known else _IMPLICIT_LITTLE,
        SOURCE,
    )
    try:
        reception.feed(head[meta.end :] if meta and known else head)
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
    """Raises: OSError: it cannot be read."""
    with path.open("rb") as file:
        return part10.is_file(file.read(part10.PREAMBLE_BYTES))


def files_of(directory: Path) -> Iterator[tuple[str, ...]]:
    """The File IDs that a DICOMDIR names, each as its components; any that leads out of its folder is left out.

    Raises:
        UnreadableDicomdir: the file is no DICOMDIR, or is broken.

    """
    try:
        records = dcmread(directory)["DirectoryRecordSequence"].value
        named = [record.get("ReferencedFileID") for record in records]
    except (
        InvalidDicomError,
        OSError,
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
        components = (one,) if isinstance(one, str) else tuple(str(part) for part in one)
        if len(components) <= _COMPONENTS_MAX and all(_is_plain(part) for part in components):
            yield components


def _is_plain(component: str) -> bool:
    return component not in {"", ".", ".."} and not {"/", "\\", "\0"} & set(component)


def _meta(head: bytes) -> Meta | None:
    try:
        return part10.read_meta(head, whole=True)
    except NoMeta:
        return None
