"""Writes the DICOMDIR of a file-set: records of patients, studies, series and instances (PS3.3 F, PS3.10 8)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from itertools import pairwise
from typing import Final

from pydicom import config, dcmwrite
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.fileset import DIRECTORY_RECORDERS
from pydicom.multival import MultiValue

from pacs.dataset.part10 import head
from pacs.dataset.walk import EXPLICIT_LITTLE

MEDIA_STORAGE_DIRECTORY: Final = "1.2.840.10008.1.3.10"
IN_USE: Final = 0xFFFF
KINDS: Final = {
    "1.2.840.10008.5.1.4.1.1.88.59": "KEY OBJECT DOC",
    "1.2.840.10008.5.1.4.1.1.481.2": "RT DOSE",
    "1.2.840.10008.5.1.4.1.1.481.3": "RT STRUCTURE SET",
    "1.2.840.10008.5.1.4.1.1.481.5": "RT PLAN",
    "1.2.840.10008.5.1.4.1.1.481.8": "RT PLAN",
    "1.2.840.10008.5.1.4.1.1.66": "RAW DATA",
    "1.2.840.10008.5.1.4.1.1.66.1": "REGISTRATION",
    "1.2.840.10008.5.1.4.1.1.66.2": "FIDUCIAL",
    "1.2.840.10008.5.1.4.1.1.66.3": "REGISTRATION",
    "1.2.840.10008.5.1.4.1.1.66.5": "SURFACE",
    "1.2.840.10008.5.1.4.1.1.67": "VALUE MAP",
    "1.2.840.10008.5.1.4.1.1.4.2": "SPECTROSCOPY",
}
"""Directory Record Type by SOP class (PS3.3 F.4); `FAMILIES` has those by prefix, and all others are images."""
FAMILIES: Final = (
    ("1.2.840.10008.5.1.4.1.1.88.", "SR DOCUMENT"),
    ("1.2.840.10008.5.1.4.1.1.11.", "PRESENTATION"),
    ("1.2.840.10008.5.1.4.1.1.9.", "WAVEFORM"),
    ("1.2.840.10008.5.1.4.1.1.104.", "ENCAP DOC"),
    ("1.2.840.10008.5.1.4.1.1.481.", "RT TREAT RECORD"),
)
ROOT_ATTRIBUTES: Final = {
    "PATIENT": ("PatientName", "PatientID"),
    "STUDY": ("StudyDate", "StudyTime", "StudyDescription", "StudyInstanceUID", "StudyID", "AccessionNumber"),
    "SERIES": ("Modality", "SeriesInstanceUID", "SeriesNumber"),
}
"""Keys of the upper records (PS3.3 F.5.1 to 3)."""
_RECORD_HEAD: Final = struct.Struct("<HHI")
_ITEM: Final = (0xFFFE, 0xE000)


def kind_of(sop_class_uid: str) -> str:
    """The Directory Record Type of an instance."""
    if sop_class_uid == "1.2.840.10008.5.1.4.1.1.481.1":  # RT Image
        return "IMAGE"
    family = next((kind for prefix, kind in FAMILIES if sop_class_uid.startswith(prefix)), "IMAGE")
    return KINDS.get(sop_class_uid, family)


@dataclass
class _Record:
    content: Dataset
    lower: list[_Record] = field(default_factory=list)
    at: int = 0
    size: int = 0


class Directory:
    """Collects the records of instances and writes them; holds only the record of each instance."""

    def __init__(self) -> None:
        self._patients: list[_Record] = []
        self._known: dict[tuple[str, ...], _Record] = {}

    def add(self, header: Dataset, *, file_id: tuple[str, ...], transfer_syntax_uid: str) -> None:
        """Add the record of an instance; ``header`` is the outgoing one, with its text decoded."""
        keys = (str(header.get("PatientID") or ""), str(header.StudyInstanceUID), str(header.SeriesInstanceUID))
        records = self._patients
        for depth, kind in enumerate(ROOT_ATTRIBUTES, start=1):
            key = keys[:depth]
            if key not in self._known:
                self._known[key] = _Record(_upper(header, kind))
                records.append(self._known[key])
            records = self._known[key].lower
        records.append(_Record(_leaf(header, file_id, transfer_syntax_uid)))

    def written(self, sop_instance_uid: str) -> bytes:
        """The PS3.10 file. ``sop_instance_uid`` is the file-set's own."""
        meta = head(
            sop_class_uid=MEDIA_STORAGE_DIRECTORY,
            sop_instance_uid=sop_instance_uid,
            transfer_syntax_uid=EXPLICIT_LITTLE,
        )
        before = len(meta) + len(_front(0, 0, 0))
        records = list(_walk(self._patients))
        at = before
        for record in records:  # an offset always takes four bytes, so sizes are known before offsets
            record.at, record.size = at, _RECORD_HEAD.size + len(_encoded(record, 0))
            at += record.size
        following = _following(self._patients)
        body = b"".join(_item(_encoded(record, following.get(id(record), 0))) for record in records)
        first, last = (self._patients[0].at, self._patients[-1].at) if self._patients else (0, 0)
        return meta + _front(first, last, len(body)) + body


def _walk(records: list[_Record]) -> Iterator[_Record]:
    for record in records:
        yield record
        yield from _walk(record.lower)


def _following(records: list[_Record]) -> dict[int, int]:
    """Offset of the next record of the same level, by the identity of each record."""
    found = {id(one): after.at for one, after in pairwise(records)}
    for record in records:
        found |= _following(record.lower)
    return found


def _encoded(record: _Record, following: int) -> bytes:
    lower = record.lower[0].at if record.lower else 0
    dataset = Dataset()
    dataset.OffsetOfTheNextDirectoryRecord = following
    dataset.RecordInUseFlag = IN_USE
    dataset.OffsetOfReferencedLowerLevelDirectoryEntity = lower
    dataset.update(record.content)
    buffer = BytesIO()
    dcmwrite(buffer, dataset, implicit_vr=False, little_endian=True, enforce_file_format=False)
    return buffer.getvalue()


def _item(content: bytes) -> bytes:
    return _RECORD_HEAD.pack(*_ITEM, len(content)) + content


def _front(first: int, last: int, size: int) -> bytes:
    """File-set ID, offsets of the first and last root record, consistency flag and the sequence's head (PS3.3 F.3)."""
    return b"".join(
        (
            struct.pack("<HH2sH", 4, 0x1130, b"CS", 0),
            struct.pack("<HH2sHI", 4, 0x1200, b"UL", 4, first),
            struct.pack("<HH2sHI", 4, 0x1202, b"UL", 4, last),
            struct.pack("<HH2sHH", 4, 0x1212, b"US", 2, 0),
            struct.pack("<HH2sHI", 4, 0x1220, b"SQ", 0, size),
        )
    )


def _upper(header: Dataset, kind: str) -> Dataset:
    record = _typed(kind)
    for keyword in ROOT_ATTRIBUTES[kind]:
        _set(record, keyword, _said(header, keyword))
    # Keys of type 1, which a received study may lack.
    for keyword, otherwise in (("StudyID", "0"), ("SeriesNumber", "0"), ("Modality", "OT"), ("PatientID", "0")):
        if keyword in record and not str(record[keyword].value or ""):
            _set(record, keyword, otherwise)
    return record


def _leaf(header: Dataset, file_id: tuple[str, ...], transfer_syntax_uid: str) -> Dataset:
    kind = kind_of(str(header.SOPClassUID))
    record = _typed(kind)
    record.ReferencedFileID = list(file_id)
    record.ReferencedSOPClassUIDInFile = header.SOPClassUID
    record.ReferencedSOPInstanceUIDInFile = header.SOPInstanceUID
    record.ReferencedTransferSyntaxUIDInFile = transfer_syntax_uid
    try:
        record.update(DIRECTORY_RECORDERS[kind](header))
    except (ValueError, AttributeError, KeyError):  # an attribute of type 1 is missing
        record.DirectoryRecordType = "IMAGE"
        _set(record, "InstanceNumber", _said(header, "InstanceNumber") or "0")
    return record


def _typed(kind: str) -> Dataset:
    record = Dataset()
    record.DirectoryRecordType = kind
    record.SpecificCharacterSet = "ISO_IR 192"
    return record


def _said(header: Dataset, keyword: str) -> str:
    """The first value of an attribute; empty where there is none, or no number where there should be one."""
    try:
        value = header.get(keyword)
        first = value[0] if isinstance(value, MultiValue) else value
        return "" if first is None else str(int(first)) if dictionary_VR(keyword) == "IS" else str(first)
    except (ValueError, TypeError, OverflowError):  # whatever pydicom makes of a number that is none
        return ""


def _set(record: Dataset, keyword: str, value: str) -> None:
    setattr(record, keyword, None)
    record[keyword] = DataElement(record[keyword].tag, record[keyword].VR, value, validation_mode=config.IGNORE)
