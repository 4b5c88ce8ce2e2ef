"""The DICOM JSON of a usual header by its members: what an element says is encoded once, however often it comes.

In a series nearly every element is byte-identical from image to image. A header is cut into its elements without
decoding one, and the members of the JSON are those that the same bytes gave before. Whatever is unusual is left to
`pacs.dataset.dicom_json`, which makes every member here as well: both ways give the same bytes.
"""

from __future__ import annotations

import io
import json
import os
import struct
import threading
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, Final

from pydicom.filereader import read_dataset

from pacs.dataset import tags
from pacs.dataset.character_sets import charsets_of, settled
from pacs.dataset.dicom_json import (
    BINARY,
    INLINE_MAX_BYTES,
    PIXEL_REPRESENTATION,
    SPECIFIC_CHARACTER_SET,
    element_json,
    public_vr,
    to_json,
)
from pacs.dataset.walk import LONG_VRS, SHORT_VRS, UNDEFINED, NoEnd, end_of_sequence
from pacs.errors import UnreadableData

_REMEMBERED_BYTES: Final = 4096
"""Longest element whose member is remembered."""
_ENTRY_BYTES: Final = 200
"""What a remembered element takes beside its bytes."""
_MEMORY_BYTES: Final = 16 << 20
"""Elements and members that are remembered at once; beyond it all is forgotten and learned anew."""

_BINARY: Final = frozenset(vr.encode() for vr in BINARY)
TEXTS: Final = frozenset(("LO", "PN", "SH"))
"""The VRs whose values tell in which character set a data set really is (`pacs.dataset.dicom_json.charsets_of`)."""
_TEXTS: Final = frozenset(vr.encode() for vr in TEXTS)
_LONG_HEAD: Final = 12
"""Bytes of tag, VR, and a length of 32 bits (PS3.5 7.1.2)."""
_EXPLICIT: Final = struct.Struct("<HH2sH").unpack_from
_IMPLICIT: Final = struct.Struct("<HHI").unpack_from
_LONG: Final = struct.Struct("<I").unpack_from
_ENCODE: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
BULK: Final = f"bulk-{os.urandom(16).hex()}"
"""Stands for the address of an instance's bulk data in what is remembered; drawn, so that no device can write it."""
_UTF8: Final = b'"00080005":{"vr":"CS","Value":["ISO_IR 192"]}'
_FAILURES: Final = (
    UnreadableData,
    RecursionError,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    OverflowError,
    OSError,
    struct.error,
)
"""What a bad value may raise: the careful way decides what becomes of it."""


class Unusual(Exception):
    """The header has something that only `pacs.dataset.dicom_json` knows how to take."""


@dataclass(frozen=True, slots=True)
class Header:
    """A header cut into its elements, group lengths left out."""

    tags: Sequence[int]
    """Ascending."""
    pieces: Sequence[bytes]
    """Each element as encoded; of a long binary value its head alone, which is all that the JSON says of it."""
    heads: Sequence[int]
    """How many bytes of each piece come before its value."""
    starts: Sequence[int]
    """The offset of each element."""
    texts: tuple[bytes, ...]
    """The values of LO, PN and SH that are not ASCII."""
    end: int
    """The offset of the pixel data."""
    implicit: bool

    def value(self, tag: int) -> bytes | None:
        """The encoded value; None where the header has no such element.

        Raises:
            Unusual: its value is not here, since it is long and binary, or it is a sequence of undefined length.

        """
        at = bisect_left(self.tags, tag)
        if at == len(self.tags) or self.tags[at] != tag:
            return None
        piece, head = self.pieces[at], self.heads[at]
        # A head of eight bytes in explicit VR has a length of 16 bits: such a value is always here.
        if (self.implicit or head == _LONG_HEAD) and _length(piece, head) != len(piece) - head:
            raise Unusual
        return piece[head:]


def cut(raw: bytes, *, implicit: bool) -> Header:
    """The elements of an encoded data set in little endian, which goes to its pixel data and may have their beginning.

    Raises:
        Unusual: an element is of no kind of the standard, out of order, or reaches beyond these bytes.

    """
    try:
        return _cut_implicit(raw) if implicit else _cut_explicit(raw)
    except (struct.error, NoEnd):
        raise Unusual from None


def _cut_explicit(raw: bytes) -> Header:
    numbers: list[int] = []
    pieces: list[bytes] = []
    heads: list[int] = []
    starts: list[int] = []
    texts: list[bytes] = []
    at, end, previous = 0, len(raw), 0
    while True:
        group, element, vr, length = _EXPLICIT(raw, at)
        tag = group << 16 | element
        if tag in tags.PIXELS:
            return Header(numbers, pieces, heads, starts, tuple(texts), at, implicit=False)
        if tag <= previous or not 8 <= group < 0x7FE0:
            raise Unusual
        previous = tag
        if vr in SHORT_VRS:
            value = at + 8
            following = kept = value + length
        elif vr in LONG_VRS:
            (length,) = _LONG(raw, at + 8)
            value = at + 12
            following = kept = value + length
            if length == UNDEFINED:
                if vr != b"SQ":
                    raise Unusual
                following = kept = end_of_sequence(raw, value, implicit=False)
            elif vr in _BINARY:
                if vr == b"UN" and not group & 1:
                    raise Unusual
                if length > INLINE_MAX_BYTES:
                    kept = value
        else:
            raise Unusual
        if following > end:
            raise Unusual
        if element:
            numbers.append(tag)
            pieces.append(raw[at:kept])
            heads.append(value - at)
            starts.append(at)
            if vr in _TEXTS and not raw[value:following].isascii():
                texts.append(raw[value:following])
        at = following


def _cut_implicit(raw: bytes) -> Header:
    numbers: list[int] = []
    pieces: list[bytes] = []
    heads: list[int] = []
    starts: list[int] = []
    texts: list[bytes] = []
    at, end, previous = 0, len(raw), 0
    while True:
        group, element, length = _IMPLICIT(raw, at)
        tag = group << 16 | element
        if tag in tags.PIXELS:
            return Header(numbers, pieces, heads, starts, tuple(texts), at, implicit=True)
        # Two letters where the length is are the VR of an explicit element, which some writers put here.
        if tag <= previous or not 8 <= group < 0x7FE0 or raw[at + 4 : at + 6].isalpha():
            raise Unusual
        previous = tag
        value = at + 8
        vr = public_vr_of(tag)
        if length == UNDEFINED:
            if vr != "SQ":
                raise Unusual
            following = kept = end_of_sequence(raw, value, implicit=True)
        else:
            following = kept = value + length
            if vr in BINARY and length > INLINE_MAX_BYTES:
                kept = value
        if following > end:
            raise Unusual
        if element:
            numbers.append(tag)
            pieces.append(raw[at:kept])
            heads.append(8)
            starts.append(at)
            if vr in TEXTS and not raw[value:following].isascii():
                texts.append(raw[value:following])
        at = following


@cache
def public_vr_of(tag: int) -> str | None:
    """The VR of PS3.6; None of a private element, and of one that PS3.6 does not have."""
    return None if tag >> 16 & 1 else public_vr(tag)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the meaning of an element's bytes depends on besides themselves."""

    implicit: bool
    signed: bool
    charsets: tuple[str, ...]


class Members:
    """The members that elements gave before."""

    def __init__(self, most_bytes: int = _MEMORY_BYTES) -> None:
        self._known: dict[_Reading, dict[bytes, bytes]] = {}
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self.remembered_bytes = 0

    def of(self, header: Header, *, character_set: str, bulk: str) -> list[bytes]:
        """The members of the DICOM JSON of a header in order, without the braces and commas between them.

        ``character_set`` is used where the header names none; ``bulk`` is the URI under which long values are served.

        Raises:
            Unusual: an element can only be taken by `pacs.dataset.dicom_json`.

        """
        _, members = self._of_each(header, character_set)
        return [_addressed(member, bulk) for member in members if member]

    def along(
        self, header: Header, varying: Sequence[int], *, character_set: str, behind: bytes
    ) -> Callable[[Sequence[bytes], str], bytes]:
        """As `of`, all joined, for headers like this one in all but the elements of these indices.

        What is made takes these elements, in ascending order, and ``bulk``; it raises as `of`. ``behind`` is a member
        that follows all others, with `BULK` for its address.

        Raises:
            Unusual: as `of`.

        """
        reading, members = self._of_each(header, character_set)
        members.append(behind)
        more = len(members) - 1 - len(header.tags)  # the character set, which stands before all that may vary
        ends = [-1, *(index + more for index in varying), len(members)]
        runs = [b",".join(filter(None, members[one + 1 : other])) for one, other in pairwise(ends)]
        places = [(header.tags[index], header.heads[index]) for index in varying]

        def encoded(pieces: Sequence[bytes], bulk: str) -> bytes:
            known = self._known_of(reading)
            joined = [runs[0]]
            for piece, (tag, head), run in zip(pieces, places, runs[1:], strict=True):
                member = known.get(piece)
                joined += [self._learn(known, reading, tag, piece, head, piece) if member is None else member, run]
            return _addressed(b"{" + b",".join(filter(None, joined)) + b"}", bulk)

        return encoded

    def _of_each(self, header: Header, character_set: str) -> tuple[_Reading, list[bytes]]:
        """The member of each element, empty where it has none, and that of a character set that the header misses."""
        said = header.value(SPECIFIC_CHARACTER_SET)
        charsets = settled(charsets_of(said or character_set.encode()), header.texts)
        reading = _Reading(header.implicit, header.implicit and _is_signed(header), charsets)
        known = self._known_of(reading)
        keys = _keys(header) if header.implicit else header.pieces
        members = [known.get(key) for key in keys]
        found = [
            self._learn(known, reading, header.tags[at], header.pieces[at], header.heads[at], keys[at])
            if member is None
            else member
            for at, member in enumerate(members)
        ]
        if said is None and (charsets or character_set):
            found.insert(sum(tag < SPECIFIC_CHARACTER_SET for tag in header.tags), _UTF8)
        return reading, found

    def _known_of(self, reading: _Reading) -> dict[bytes, bytes]:
        known = self._known.get(reading)
        return self._begin(reading) if known is None else known

    def _learn(  # noqa: PLR0917 # an element and what it is remembered by
        self, known: dict[bytes, bytes], reading: _Reading, tag: int, piece: bytes, head: int, key: bytes
    ) -> bytes:
        try:
            made = _member(reading, tag, piece, head, key)
        except _FAILURES:
            raise Unusual from None
        if len(key) <= _REMEMBERED_BYTES:
            with self._lock:
                known[key] = made
                self._count(_ENTRY_BYTES + len(key) + len(made))
        return made

    def _begin(self, reading: _Reading) -> dict[bytes, bytes]:
        with self._lock:
            self._count(_ENTRY_BYTES + sum(map(len, reading.charsets)))
            return self._known.setdefault(reading, {})

    def _count(self, more: int) -> None:
        """Forget all where it is too much; who still reads in what is forgotten keeps it that long."""
        self.remembered_bytes += more
        if self.remembered_bytes > self._most_bytes:
            self._known = {}
            self.remembered_bytes = 0


def _keys(header: Header) -> list[bytes]:
    """What each element is remembered by: a private one in implicit VR has its VR by its creator."""
    creators: dict[int, bytes] = {}
    keys: list[bytes] = []
    for tag, piece in zip(header.tags, header.pieces, strict=True):
        key = piece
        if tag >> 16 & 1:
            if tag & 0xFFFF < 0x100:
                creators[tag] = piece
            else:
                key = creators.get(tag & 0xFFFF0000 | tag >> 8 & 0xFF, b"") + piece
        keys.append(key)
    return keys


def _is_signed(header: Header) -> bool:
    return (header.value(PIXEL_REPRESENTATION) or b"")[:2].strip(b"\0") == b"\1"


def _member(reading: _Reading, tag: int, piece: bytes, head: int, key: bytes) -> bytes:
    """The member of an element; empty where the JSON has none of it."""
    value = piece[head:]
    name = f"{tag:08X}"
    if tag == SPECIFIC_CHARACTER_SET:
        return _UTF8
    vr = public_vr_of(tag) if reading.implicit else piece[4:6].decode()
    if vr is None or vr == "SQ":
        # The creator, which a private element's key has before it, is read with it.
        read = read_dataset(io.BytesIO(key), reading.implicit, True)
        found = to_json(read, BULK, reading.charsets).get(name)
        return b"" if found is None else _encoded(name, found)
    if vr in BINARY and not value and _length(piece, head):
        return _encoded(name, {"vr": vr, "BulkDataURI": f"{BULK}/{name}"})
    if reading.implicit:
        vr = public_vr(tag, signed=reading.signed) or vr
    return _encoded(name, element_json(vr, value, reading.charsets, f"{BULK}/{name}", little=True))


def _length(piece: bytes, head: int) -> int:
    """The length that a head without its value says."""
    return int.from_bytes(piece[head - 4 : head], "little")


def _addressed(encoded: bytes, bulk: str) -> bytes:
    token = BULK.encode()
    return encoded.replace(token, bulk.encode()) if token in encoded else encoded


def _encoded(name: str, element: dict[str, Any]) -> bytes:
    return _ENCODE({name: element})[1:-1].encode()
