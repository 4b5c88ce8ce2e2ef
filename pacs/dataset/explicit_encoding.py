"""Rewrites elements of any VR encoding and byte order in explicit VR little endian; values do not change."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from pydicom.datadict import dictionary_VR, private_dictionary_VR

from pacs.dataset.elements import BrokenStructure, Reader
from pacs.dataset.walk import IMPLICIT_LITTLE, ITEM, ITEM_END, LONG_VRS, MAX_DEPTH, SEQUENCE_END, SHORT_VRS, UNDEFINED

_LONGEST_SHORT: Final = 0xFFFE
_WORD_BYTES: Final = {b"US": 2, b"SS": 2, b"UL": 4, b"SL": 4, b"FL": 4, b"AT": 4, b"FD": 8}
_OTHER_WORDS: Final = frozenset(("OB or OW", "US or OW", "US or SS or OW"))
"""VRs of PS3.6 that depend on the data set: OW in implicit VR (PS3.5 A.1), where tables may be too long for US."""


def explicit(elements: bytes | memoryview, transfer_syntax: str, *, signed: bool) -> bytes:
    """Rewrite top-level elements, none of them pixel data; group lengths, which belong to the encoding, are dropped.

    ``signed``: Pixel Representation is 1. Elements that no dictionary knows get the VR UN (PS3.5 6.2.2).

    Raises:
        BrokenStructure: the structure does not hold.

    """
    written = _Transcriber(elements, transfer_syntax, signed=signed)
    try:
        return b"".join(written.run(0, len(elements), 0, implicit=transfer_syntax == IMPLICIT_LITTLE))
    except struct.error as error:
        raise BrokenStructure from error


class _Transcriber(Reader):
    def __init__(self, elements: bytes | memoryview, transfer_syntax: str, *, signed: bool) -> None:
        super().__init__(elements, transfer_syntax)
        self._signed = signed

    def run(self, start: int, end: int, depth: int, *, implicit: bool) -> Iterator[bytes]:
        """The elements up to ``end``, or to the delimiter of the enclosing item."""
        if depth > MAX_DEPTH:
            raise BrokenStructure
        self.at = start
        creators: dict[int, str] = {}
        while self.at < end:
            if not depth and not any(self.data[self.at : self.at + 8]):
                return  # padding
            tag, vr, length = self.header(implicit=implicit)
            if tag == ITEM_END:
                return
            if tag == SEQUENCE_END:
                continue
            if tag & 0xFFFF == 0:
                self.value(length, b"UN")
            elif vr == b"SQ" or length == UNDEFINED:
                yield _head(tag, b"SQ", UNDEFINED)
                yield from self._written_items(length, depth, implicit=implicit or vr == b"UN")
                yield struct.pack("<HHI", SEQUENCE_END >> 16, SEQUENCE_END & 0xFFFF, 0)
            else:
                value = self.value(length, vr)
                written = self._vr(tag, value, creators) if implicit else vr
                yield _head(tag, written if len(value) <= _LONGEST_SHORT or written in LONG_VRS else b"UN", len(value))
                yield value

    def _written_items(self, length: int, depth: int, *, implicit: bool) -> Iterator[bytes]:
        end = len(self.data) if length == UNDEFINED else self.at + length
        while self.at < end:
            group, element, size = self.plain(self.data, self.at)
            self.at += 8
            tag = group << 16 | element
            if tag == SEQUENCE_END:
                return
            if tag != ITEM:
                raise BrokenStructure
            yield struct.pack("<HHI", ITEM >> 16, ITEM & 0xFFFF, UNDEFINED)
            stop = end if size == UNDEFINED else self.at + size
            yield from self.run(self.at, stop, depth + 1, implicit=implicit)
            if size != UNDEFINED:
                self.at = stop
            yield struct.pack("<HHI", ITEM_END >> 16, ITEM_END & 0xFFFF, 0)

    def _known(self, tag: int) -> bytes:
        try:
            known = dictionary_VR(tag)
        except KeyError:
            return b"UN"
        if known == "US or SS":
            return b"SS" if self._signed else b"US"
        vr = b"OW" if known in _OTHER_WORDS else known.encode()
        return vr if vr in SHORT_VRS or vr in LONG_VRS else b"UN"

    def _vr(self, tag: int, value: bytes, creators: dict[int, str]) -> bytes:
        """The VR of an element of implicit VR, from the dictionaries."""
        if not tag >> 16 & 1:
            return self._known(tag)
        if 0x10 <= tag & 0xFFFF <= 0xFF:
            creators[tag & 0xFFFF] = value.decode("latin-1").strip(" \0")
            return b"LO"
        try:
            private = private_dictionary_VR(tag, creators.get(tag >> 8 & 0xFF, "")).encode()
        except KeyError:
            return b"UN"
        fits = private in SHORT_VRS and len(value) % _WORD_BYTES.get(private, 1) == 0
        return private if fits else b"UN"


def _head(tag: int, vr: bytes, length: int) -> bytes:
    if vr in LONG_VRS:
        return struct.pack("<HH2sHI", tag >> 16, tag & 0xFFFF, vr, 0, length)
    return struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr, length)
