"""The header of a segment's member: a pax extended header and a ustar header in a fixed room of 4096 bytes.

POSIX.1-2017, pax, "pax Interchange Format" and "ustar Interchange Format". A fixed room can be left
free before a body of unknown length and be filled in once the body has been written.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from storage.errors import StorageError
from storage.instance_row import InstanceRow, Provenance, compact_json

BLOCK: Final = 512
RECORDS_BYTES: Final = 3072
HEADER_BYTES: Final = BLOCK + RECORDS_BYTES + BLOCK

_VERSION: Final = 1
# One record for all of ours: tar programs name each keyword that they do not know.
_KEYWORD: Final = "TIERREAD.member"
_OVERHEAD: Final = len(f"9999 {_KEYWORD}= \n") + 64 + len(',"row":')
_FILLER_MIN: Final = len("99 comment=\n")
_BLANK: Final = bytes(100) + b"0000640\0" + b"0000000\0" * 2 + bytes(133) + b"ustar\00000" + bytes(BLOCK - 265)
"""A ustar header without its name, size, time, type and checksum."""
_BLANK_SUM: Final = sum(_BLANK) + 8 * ord(" ")
_SENDERS: Final = 256
"""Whose provenance is remembered as it is written."""
_ANY_TIME: Final = datetime(1, 1, 1, tzinfo=UTC)
_USTAR_NUMBER_MAX: Final = 0o77777777777
_NAME: Final = re.compile(r"[0-9A-Za-z_-][0-9A-Za-z._-]*(/[0-9A-Za-z_-][0-9A-Za-z._-]*)*", re.ASCII)


class Kind(StrEnum):
    INSTANCE = "instance"
    TORN = "torn"
    """What lay behind the last good member when the writer died."""
    MANIFEST = "manifest"
    FOOTER = "footer"


@dataclass(frozen=True, kw_only=True)
class Header:
    """All that a member says of itself.

    ``segment_id`` and ``offset`` (of the header, in the segment's file) tell a member from bytes inside a
    received body that look like one: a device cannot know the id of the segment that it is written to.
    """

    kind: Kind
    segment_id: str
    offset: int
    name: str
    size: int
    """Bytes of the body."""
    head_size: int = 0
    """Bytes of the body before the data set."""
    head_digest: bytes
    data_digest: bytes
    """SHA-256 of the body's bytes from ``head_size`` on."""
    provenance: Provenance | None = None
    row: InstanceRow | None = None
    encoded_row: bytes | None = None
    """The JSON of ``row``, where the writer has it already."""

    @property
    def body_offset(self) -> int:
        return self.offset + HEADER_BYTES

    @property
    def end(self) -> int:
        """Where the next member begins."""
        return self.body_offset + padded(self.size)


class UnfitName(StorageError, ValueError):
    """A member's name with other characters than file names of ours have, or too long for a ustar header."""


def padded(size: int) -> int:
    return (size + BLOCK - 1) // BLOCK * BLOCK


def split_name(name: str) -> tuple[bytes, bytes]:
    """The ustar prefix (at most 155 bytes) and name (at most 100).

    Raises:
        UnfitName: it cannot be split so, or has characters that no name of ours has.

    """
    if not _NAME.fullmatch(name):
        raise UnfitName
    prefix, _, last = name.rpartition("/") if len(name) > 100 else ("", "", name)
    if len(prefix) > 155 or len(last) > 100:
        raise UnfitName
    return prefix.encode(), last.encode()


def encode(header: Header) -> bytes:
    """The 4096 bytes; a row too long for them is cut (see `InstanceRow.fitted`)."""
    member = (
        f'{{"version":{_VERSION},"kind":"{header.kind.value}","segment":"{header.segment_id}","offset":{header.offset}'
        f',"head_size":{header.head_size},"head_sha256":"{header.head_digest.hex()}"'
        f',"data_sha256":"{header.data_digest.hex()}"'
    ).encode()
    if header.provenance is not None:
        came = header.provenance
        before, behind = _around_time(came.site_id, came.device_id, came.source)
        member += before + came.received_at.isoformat().encode() + behind
    member += b"}"
    size = _record("size", str(header.size).encode())
    if header.row is not None:
        room = RECORDS_BYTES - len(size) - _OVERHEAD - len(member) - _FILLER_MIN
        row = header.encoded_row
        if row is None or len(row) > room:
            row = header.row.fitted(room)[1]
        member = member[:-1] + b',"row":' + row + b"}"
    records = size + _record(_KEYWORD, hashlib.sha256(member).hexdigest().encode() + b" " + member)
    received = header.provenance.received_at.timestamp() if header.provenance else 0
    mtime = max(0, min(int(received), _USTAR_NUMBER_MAX))
    prefix, name = split_name(header.name)
    return (
        _ustar(b"", b"pax/" + name[-90:], b"x", RECORDS_BYTES, mtime)
        + records
        + _filler(RECORDS_BYTES - len(records))
        + _ustar(prefix, name, b"0", min(header.size, _USTAR_NUMBER_MAX), mtime)
    )


def decode(block: bytes) -> Header | None:
    """What `encode` wrote; None for anything else, however near."""
    if len(block) != HEADER_BYTES:
        return None
    first, records, last = block[:BLOCK], block[BLOCK:-BLOCK], block[-BLOCK:]
    if not (_is_ustar(first, b"x") and _is_ustar(last, b"0")):
        return None
    try:
        read = _records(records)
        digest, _, member = read[_KEYWORD].partition(b" ")
        size = int(read["size"])
        if hashlib.sha256(member).hexdigest().encode() != digest or read["comment"].strip(b" "):
            return None
        if _octal(min(size, _USTAR_NUMBER_MAX)) != last[124:136]:
            return None
        told: dict[str, Any] = json.loads(member)
        prefix = last[345:500].rstrip(b"\0").decode()
        name = last[:100].rstrip(b"\0").decode()
        return Header(
            kind=Kind(told["kind"]),
            segment_id=told["segment"],
            offset=told["offset"],
            name=f"{prefix}/{name}" if prefix else name,
            size=size,
            head_size=told["head_size"],
            head_digest=bytes.fromhex(told["head_sha256"]),
            data_digest=bytes.fromhex(told["data_sha256"]),
            provenance=Provenance.from_json(told["provenance"]) if "provenance" in told else None,
            row=InstanceRow.from_json(told["row"]) if "row" in told else None,
        )
    except (ValueError, KeyError, TypeError):
        return None  # a torn header is an expected sight for recovery, which keeps the bytes


@lru_cache(_SENDERS)
def _around_time(site_id: str, device_id: str, source: str) -> tuple[bytes, bytes]:
    """What the provenance of a sender says before the time of receipt, and behind it."""
    said = Provenance(site_id=site_id, device_id=device_id, received_at=_ANY_TIME, source=source).to_json()
    before, _, behind = compact_json(said).rpartition(_ANY_TIME.isoformat().encode())
    return b',"provenance":' + before, behind


def _record(key: str, value: bytes) -> bytes:
    rest = b" " + key.encode() + b"=" + value + b"\n"
    length = len(rest)
    while length != len(rest) + len(str(length)):
        length = len(rest) + len(str(length))
    return str(length).encode() + rest


def _filler(length: int) -> bytes:
    start = f"{length} comment=".encode()
    return start + b" " * (length - len(start) - 1) + b"\n"


def _records(records: bytes) -> dict[str, bytes]:
    read: dict[str, bytes] = {}
    position = 0
    while position < len(records):
        space = records.index(b" ", position, position + 6)
        end = position + int(records[position:space])
        if end <= space or records[end - 1 : end] != b"\n":
            raise ValueError
        key, _, value = records[space + 1 : end - 1].partition(b"=")
        read[key.decode()] = value
        position = end
    return read


def _ustar(prefix: bytes, name: bytes, typeflag: bytes, size: int, mtime: int) -> bytes:
    numbers = _octal(size) + _octal(mtime)
    block = bytearray(_BLANK)
    block[: len(name)] = name
    block[124:148] = numbers
    block[156:157] = typeflag
    block[345 : 345 + len(prefix)] = prefix
    block[148:156] = b"%06o\0 " % (_BLANK_SUM + sum(name) + sum(numbers) + sum(typeflag) + sum(prefix))
    return bytes(block)


def _octal(number: int) -> bytes:
    return b"%011o\0" % number


def _is_ustar(block: bytes, typeflag: bytes) -> bool:
    return (
        block[257:265] == b"ustar\00000"
        and block[156:157] == typeflag
        and block[148:156] == b"%06o\0 " % _checksum(block)
    )


def _checksum(block: bytes | bytearray) -> int:
    return sum(block) - sum(block[148:156]) + 8 * ord(" ")
