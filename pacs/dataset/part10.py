"""Preamble and File Meta Information (PS3.10 7.1): written before a data set, and read from files."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pacs.dataset.walk import EXPLICIT_LITTLE, IMPLICIT_LITTLE, LONG_VRS
from pacs.errors import UnreadableData

IMPLEMENTATION_CLASS_UID: Final = "2.25.305828488182831875890203105390285383139"
IMPLEMENTATION_VERSION_NAME: Final = "TIERREAD_0_1"
META_MAX_BYTES: Final = 64 * 1024
"""Preamble and File Meta Information; real ones have some hundred bytes."""
PREAMBLE_BYTES: Final = 132
_PREAMBLE: Final = bytes(128) + b"DICM"
_REMEMBERED: Final = 256
_LEAST_BYTES: Final = 64
"""Of a data set that names class, instance, series and study."""
_FIRST_ELEMENTS: Final = 0x0020
"""The first element of group 0008: a group length, a character set, an image type, a class, a date at the latest."""
_FIRST_BYTES: Final = 1024
_VRS: Final = frozenset((b"CS", b"UL", b"UI", b"DA", b"OB", b"SH", b"AE", b"LO", b"PN"))
_SOP_CLASS: Final = 0x00020002
_SOP_INSTANCE: Final = 0x00020003
_TRANSFER_SYNTAX: Final = 0x00020010


class NoMeta(UnreadableData):
    """The bytes are no PS3.10 file, or have no data set."""


@dataclass(frozen=True, kw_only=True)
class Meta:
    end: int
    """Offset of the data set."""
    elements: Mapping[int, bytes]

    @property
    def sop_class_uid(self) -> str:
        return self._text(_SOP_CLASS)

    @property
    def sop_instance_uid(self) -> str:
        return self._text(_SOP_INSTANCE)

    @property
    def transfer_syntax_uid(self) -> str:
        return self._text(_TRANSFER_SYNTAX)

    def _text(self, tag: int) -> str:
        return self.elements.get(tag, b"").strip(b"\0 ").decode("latin-1")


def head(*, sop_class_uid: str, sop_instance_uid: str, transfer_syntax_uid: str) -> bytes:
    """128 bytes of preamble, DICM, and group 0002 in explicit little endian."""
    before, behind = _around(sop_class_uid, transfer_syntax_uid)
    uid = _element(0x0003, b"UI", sop_instance_uid, b"\0")
    length = struct.pack("<HH2sHI", 2, 0, b"UL", 4, len(before) + len(uid) + len(behind))
    return b"".join((_PREAMBLE, length, before, uid, behind))


@lru_cache(_REMEMBERED)
def _around(sop_class_uid: str, transfer_syntax_uid: str) -> tuple[bytes, bytes]:
    """What stands before the SOP Instance UID, and behind it."""
    version = struct.pack("<HH2sHI", 2, 0x0001, b"OB", 0, 2) + b"\0\1"
    behind = (
        _element(0x0010, b"UI", transfer_syntax_uid, b"\0"),
        _element(0x0012, b"UI", IMPLEMENTATION_CLASS_UID, b"\0"),
        _element(0x0013, b"SH", IMPLEMENTATION_VERSION_NAME, b" "),
    )
    return version + _element(0x0002, b"UI", sop_class_uid, b"\0"), b"".join(behind)


def _element(number: int, vr: bytes, text: str, pad: bytes) -> bytes:
    value = text.encode("ascii")
    value += pad * (len(value) % 2)
    return struct.pack("<HH2sH", 2, number, vr, len(value)) + value


def is_file(head: bytes | bytearray) -> bool:
    """Whether bytes begin as a PS3.10 file does."""
    return head.startswith(b"DICM", PREAMBLE_BYTES - 4)


@dataclass(frozen=True, kw_only=True)
class Bare:
    """A data set without a preamble, as old devices and exports write it."""

    start: int
    """Offset of the data set, behind File Meta Information that may stand before it."""
    meta: Meta | None
    transfer_syntax_uid: str


def read_bare(head: bytes | bytearray) -> Bare | None:
    """How bytes without a preamble begin as a data set: with group 0002, or with the first elements of group 0008.

    None: they do not.
    """
    if len(head) < _LEAST_BYTES:
        return None
    if _is_element(head, group=2, explicit=True):
        try:
            meta = read_meta(bytes(128) + b"DICM" + head, whole=True)
        except NoMeta:
            return None
        if meta is None or not meta.transfer_syntax_uid:
            return None
        return Bare(start=meta.end - PREAMBLE_BYTES, meta=meta, transfer_syntax_uid=meta.transfer_syntax_uid)
    for syntax, explicit in ((EXPLICIT_LITTLE, True), (IMPLICIT_LITTLE, False)):
        if _is_element(head, group=8, explicit=explicit):
            return Bare(start=0, meta=None, transfer_syntax_uid=syntax)
    return None


def _is_element(head: bytes | bytearray, *, group: int, explicit: bool) -> bool:
    """Whether the first element is one of this group, of a length that its kind has, with another behind it."""
    found, element, vr, short = struct.unpack_from("<HH2sH", head)
    (long,) = struct.unpack_from("<I", head, 4)
    if found != group or element > _FIRST_ELEMENTS:
        return False
    if explicit:
        size, length = (12, struct.unpack_from("<I", head, 8)[0]) if vr in LONG_VRS else (8, short)
        if vr not in _VRS:
            return False
    else:
        size, length = 8, long
    if length > _FIRST_BYTES or length % 2 or len(head) < size + length + 8:
        return False
    behind, _ = struct.unpack_from("<HH", head, size + length)
    return group <= behind <= group + 8


def read_meta(head: bytes | bytearray, *, whole: bool) -> Meta | None:
    """The File Meta Information, explicit little endian, to the first element of another group.

    None: it has not come to its end yet.

    Raises:
        NoMeta: it is none, or has none.

    """
    if len(head) < PREAMBLE_BYTES and not whole:
        return None
    if not is_file(head):
        raise NoMeta
    elements: dict[int, bytes] = {}
    at = PREAMBLE_BYTES
    while len(head) >= at + 12 or (whole and len(head) >= at + 8):
        group, element, vr, length = struct.unpack_from("<HH2sH", head, at)
        if group != 2:
            return Meta(end=at, elements=elements)
        start = at + 8
        if vr in LONG_VRS:
            if len(head) < at + 12:
                break
            (length,) = struct.unpack_from("<I", head, at + 8)
            start = at + 12
        if start + length > META_MAX_BYTES:
            raise NoMeta
        if len(head) < start + length:
            break
        elements[group << 16 | element] = bytes(head[start : start + length])
        at = start + length
    if whole or len(head) > META_MAX_BYTES:
        raise NoMeta
    return None
