"""What the index knows of one instance, where its bytes lie, and how it came."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import lru_cache, partial
from typing import Any, Final, Self

from storage.errors import StorageError

# Text that is longer than its column is cut: an odd value must never cost the image.
TEXT_LIMITS: Final = {
    "patient_id": 128,
    "issuer": 128,
    "patient_name": 512,
    "birth_date": 18,
    "sex": 16,
    "study_date": 18,
    "study_time": 28,
    "accession_number": 64,
    "study_id": 64,
    "referring_physician": 512,
    "study_description": 256,
    "timezone_offset": 16,
    "modality": 16,
    "series_description": 256,
    "body_part": 64,
    "laterality": 16,
    "station_name": 64,
    "series_date": 18,
    "series_time": 28,
    "character_set": 16,
}
_NUMBERS: Final = ("instance_number", "series_number", "rows", "columns")
_DIGESTS: Final = ("received_digest", "stored_digest", "pixel_digest")
_UIDS: Final = ("sop_instance_uid", "sop_class_uid", "series_uid", "study_uid", "transfer_syntax_uid")
_UID: Final = re.compile(r"[0-9.]{1,64}", re.ASCII)
# Neither database takes NUL; other controls would only grow the JSON; surrogates have no UTF-8.
_UNFIT: Final = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_INT32: Final = 2**31
# ACR-NEMA wrote dates and times with dots and colons, which old devices still send (PS3.5 6.2, notes on DA and TM).
_DATES: Final = frozenset(("birth_date", "study_date", "series_date"))
_TIMES: Final = frozenset(("study_time", "series_time"))
_DOTTED: Final = re.compile(r"([0-9]{4})\.([0-9]{2})\.([0-9]{2})", re.ASCII)
_COLONS: Final = re.compile(r"([0-9]{2}):([0-9]{2})(?::([0-9]{2}(?:\.[0-9]{1,6})?))?", re.ASCII)

Ranges = tuple[tuple[int, int], ...]


_COMPACT: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def compact_json(value: object) -> bytes:
    return _COMPACT.encode(value).encode()


def is_uid(value: str | None) -> bool:
    """Whether a value may name a row, a file or an archive member (PS3.5 9.1, leading zeros let through)."""
    return value is not None and _UID.fullmatch(value) is not None


def is_new_uid(value: str | None) -> bool:
    """Whether a UID may come in: no component is empty, so neither ``..`` nor a dot at an end (PS3.5 9.1).

    What came in before this was asked stays readable: `is_uid`.
    """
    return is_uid(value) and all((value or "").split("."))


def _as_dicom(column: str, value: str) -> str:
    """The text of a column; a date or time of ACR-NEMA as DICOM writes it, to be sorted and found like others."""
    form = _DOTTED if column in _DATES else _COLONS if column in _TIMES else None
    written = form.fullmatch(value) if form else None
    return value if written is None else "".join(part or "" for part in written.groups())


MADE_HERE: Final = "report"
"""The source of what no device sent: an object that this installation made of a report."""


class UnfitUid(StorageError, ValueError):
    """A UID that no row, file or archive member may be named by."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Who sent an instance, when, and by which way."""

    site_id: str
    device_id: str
    received_at: datetime
    source: str
    """'dimse', 'stow', 'import', or `MADE_HERE`."""

    @property
    def made_here(self) -> bool:
        """Whether this installation made it: it is kept and found like what was received, and never counts as that."""
        return self.source == MADE_HERE

    def to_json(self) -> dict[str, str]:
        return {
            "site_id": self.site_id,
            "device_id": self.device_id,
            "received_at": self.received_at.isoformat(),
            "source": self.source,
        }

    @classmethod
    def from_json(cls, value: dict[str, str]) -> Self:
        return cls(
            site_id=value["site_id"],
            device_id=value["device_id"],
            received_at=datetime.fromisoformat(value["received_at"]),
            source=value["source"],
        )


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a PS3.10 file lies: bytes from the start of its segment's file."""

    segment_id: str
    offset: int
    size: int


@dataclass(frozen=True, kw_only=True)
class InstanceRow:
    """What the index knows of one instance; text is decoded, cut to its column and free of controls.

    Raises:
        UnfitUid: a UID is empty, too long, or has other characters than digits and dots.

    """

    sop_instance_uid: str
    sop_class_uid: str
    series_uid: str
    study_uid: str
    transfer_syntax_uid: str
    dataset_offset: int
    """Bytes of preamble and File Meta Information before the data set."""
    received_digest: bytes
    """SHA-256 of the data set's bytes as they came."""
    received_transfer_syntax_uid: str = ""
    """The transfer syntax in which it came, where it is stored in another; else empty."""
    stored_digest: bytes | None = None
    """SHA-256 of the data set's bytes as they are stored, where that differs from how they came; else None."""
    pixel_digest: bytes | None = None
    """SHA-256 of the pixels in native little endian, where a rewritten segment has it."""
    instance_number: int | None = None
    rows: int | None = None
    columns: int | None = None
    frames: int = 0
    """0 where there are no pixels."""
    frame_ranges: Ranges | None = None
    """(offset, length) of each frame in the PS3.10 file; None where frames are not plain byte ranges."""
    patient_id: str = ""
    issuer: str = ""
    patient_name: str = ""
    birth_date: str = ""
    sex: str = ""
    study_date: str = ""
    study_time: str = ""
    accession_number: str = ""
    study_id: str = ""
    referring_physician: str = ""
    study_description: str = ""
    timezone_offset: str = ""
    modality: str = ""
    series_number: int | None = None
    series_description: str = ""
    body_part: str = ""
    laterality: str = ""
    station_name: str = ""
    series_date: str = ""
    series_time: str = ""
    character_set: str = ""
    """The character set of the device, where the data set does not name one (PS3.3 C.12.1.1.2)."""

    def __post_init__(self) -> None:
        for name in _UIDS:
            if not is_uid(getattr(self, name)):
                raise UnfitUid(name)
        if self.received_transfer_syntax_uid and not is_uid(self.received_transfer_syntax_uid):
            raise UnfitUid("received_transfer_syntax_uid")
        for name, limit in TEXT_LIMITS.items():
            value: str = getattr(self, name)
            fit = _as_dicom(name, _UNFIT.sub("", value)[:limit])
            if fit != value:
                object.__setattr__(self, name, fit)
        for name in _NUMBERS:
            number: int | None = getattr(self, name)
            if number is not None and not -_INT32 <= number < _INT32:
                object.__setattr__(self, name, None)
        if not 0 <= self.frames < _INT32:
            object.__setattr__(self, "frames", 0)

    @property
    def received_as(self) -> tuple[bytes, str]:
        """Digest and transfer syntax of the data set as it came."""
        return self.received_digest, self.received_transfer_syntax_uid or self.transfer_syntax_uid

    @property
    def stored_as(self) -> tuple[bytes, str]:
        """Digest and transfer syntax of the data set as it is stored."""
        return self.stored_digest or self.received_digest, self.transfer_syntax_uid

    def to_json(self) -> dict[str, Any]:
        """Without empty text and absent numbers."""
        return columns_in_json(vars(self))

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """The row that `to_json` wrote; fields of a later version are passed over."""
        known = {field.name for field in fields(cls)}
        read = {name: item for name, item in value.items() if name in known}
        for name in _DIGESTS:
            if name in read:
                read[name] = bytes.fromhex(read[name])
        if "frame_ranges" in read:
            read["frame_ranges"] = decode_ranges(base64.b64decode(read["frame_ranges"]))
        return cls(**read)

    def fitted(self, max_bytes: int) -> tuple[Self, bytes]:
        """The row and its JSON in at most ``max_bytes``.

        Frame ranges are left out first, since they can be worked out again; then the longest text is halved until the
        rest fits, patient id and issuer last.
        """
        row, encoded = self, _dump(self)
        if len(encoded) > max_bytes and row.frame_ranges is not None:
            row = replace(row, frame_ranges=None)
            encoded = _dump(row)
        while len(encoded) > max_bytes:
            longest = max(TEXT_LIMITS, key=partial(_cutting_order, row))
            text: str = getattr(row, longest)
            row = replace(row, **{longest: text[: len(text) // 2]})
            encoded = _dump(row)
        return row, encoded


def columns_in_json(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Some columns of a row as its JSON has them: without empty text and absent numbers."""
    written = {name: value for name, value in columns.items() if value not in ("", None)}
    for name in _DIGESTS:
        if name in written:
            written[name] = written[name].hex()
    if "frame_ranges" in written:
        written["frame_ranges"] = ranges_in_json(written["frame_ranges"])
    return written


def ranges_in_json(ranges: Ranges) -> str:
    """Frame ranges as the JSON of a row has them."""
    return base64.b64encode(encode_ranges(ranges)).decode()


def encode_ranges(ranges: Ranges) -> bytes:
    """Frame ranges, small: the gap before each and its length as varints, compressed."""
    return _one_encoded(ranges) if len(ranges) == 1 else _encoded(ranges)


@lru_cache(1024)
def _one_encoded(ranges: Ranges) -> bytes:
    return _encoded(ranges)  # the same in nearly every image of a series


def _encoded(ranges: Ranges) -> bytes:
    plain = bytearray()
    end = 0
    for offset, length in ranges:
        _varint(plain, offset - end)
        _varint(plain, length)
        end = offset + length
    return zlib.compress(bytes(plain))


def decode_ranges(encoded: bytes) -> Ranges:
    numbers: list[int] = []
    number = shift = 0
    for byte in zlib.decompress(encoded):
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            numbers.append(number >> 1 if not number & 1 else -(number >> 1) - 1)
            number = shift = 0
    ranges: list[tuple[int, int]] = []
    end = 0
    for gap, length in zip(numbers[::2], numbers[1::2], strict=True):
        ranges.append((end + gap, length))
        end += gap + length
    return tuple(ranges)


def _cutting_order(row: InstanceRow, name: str) -> tuple[bool, int]:
    length = len(getattr(row, name))
    return (name not in ("patient_id", "issuer") and length > 0, length)


def _varint(out: bytearray, value: int) -> None:
    # Zigzag: a gap is negative where frames lie in another order than their numbers.
    number = value << 1 if value >= 0 else (-value - 1) << 1 | 1
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)


def _dump(row: InstanceRow) -> bytes:
    return compact_json(row.to_json())
