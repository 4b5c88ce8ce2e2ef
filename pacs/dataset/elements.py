"""Every element of a data set, in sequences too, as raw bytes in little endian, whatever the encoding."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

import numpy as np
from pydicom.datadict import dictionary_VR

from pacs.dataset.walk import (
    EXPLICIT_BIG,
    IMPLICIT_LITTLE,
    ITEM,
    ITEM_END,
    LONG_VRS,
    MAX_DEPTH,
    SEQUENCE_END,
    UNDEFINED,
)
from pacs.errors import UnreadableData

Path = tuple[int, ...]
"""Tags of the enclosing sequences with item numbers between, then the element's own tag."""

Element = tuple[Path, bytes, bytes]
"""Path, VR and value; the VR is the dictionary's where the encoding names none."""

_WORD_BYTES: Final = {
    **dict.fromkeys((b"AT", b"OW", b"SS", b"US"), 2),
    **dict.fromkeys((b"FL", b"OF", b"OL", b"SL", b"UL"), 4),
    **dict.fromkeys((b"FD", b"OD", b"OV", b"SV", b"UV"), 8),
}


class BrokenStructure(UnreadableData):
    """The structure does not hold. Instances are checked before they are stored, so this concerns older ones."""


def elements(dataset: memoryview | bytes, transfer_syntax: str) -> Iterator[Element]:
    """Each element that is not a sequence, by its path; encapsulated pixel data as all its fragments joined.

    Raises:
        BrokenStructure: the structure does not hold; raised while iterating.

    """
    reader = Reader(dataset, transfer_syntax)
    try:
        yield from reader.elements(0, len(dataset), (), implicit=transfer_syntax == IMPLICIT_LITTLE)
    except struct.error as error:
        raise BrokenStructure from error


class Reader:
    """Reads one element after another; ``at`` is the offset of the next byte to read."""

    def __init__(self, dataset: memoryview | bytes, transfer_syntax: str) -> None:
        self.data = dataset
        self.big = transfer_syntax == EXPLICIT_BIG
        order = ">" if self.big else "<"
        self._explicit = struct.Struct(order + "HH2sH").unpack_from
        self.plain = struct.Struct(order + "HHI").unpack_from
        self.at = 0

    def elements(self, start: int, end: int, path: Path, *, implicit: bool) -> Iterator[Element]:
        """The elements up to ``end``, or to the delimiter of the enclosing item."""
        if len(path) > 2 * MAX_DEPTH:
            raise BrokenStructure
        self.at = start
        while self.at < end:
            if not path and not any(self.data[self.at : self.at + 8]):
                return  # padding
            tag, vr, length = self.header(implicit=implicit)
            if tag == ITEM_END:
                return
            inside = implicit or vr == b"UN"
            if tag == SEQUENCE_END:
                continue
            if vr == b"SQ" or (length == UNDEFINED and tag != 0x7FE00010):
                yield from self._items(length, (*path, tag), implicit=inside)
            elif length == UNDEFINED:
                yield (*path, tag), vr, self._fragments()
            else:
                yield (*path, tag), vr, self.value(length, vr)

    def _items(self, length: int, path: Path, *, implicit: bool) -> Iterator[Element]:
        end = len(self.data) if length == UNDEFINED else self.at + length
        number = 0
        while self.at < end:
            group, element, size = self.plain(self.data, self.at)
            self.at += 8
            tag = group << 16 | element
            if tag == SEQUENCE_END:
                return
            if tag != ITEM:
                raise BrokenStructure
            # Each item is returned too, so that empty ones are compared.
            yield (*path, number), b"SQ", b""
            if size == UNDEFINED:
                yield from self.elements(self.at, end, (*path, number), implicit=implicit)
            else:
                stop = self.at + size
                yield from self.elements(self.at, stop, (*path, number), implicit=implicit)
                self.at = stop
            number += 1

    def _fragments(self) -> bytes:
        parts = bytearray()
        first = True
        while True:
            group, element, size = self.plain(self.data, self.at)
            self.at += 8
            if group << 16 | element == SEQUENCE_END:
                return bytes(parts)
            if size > len(self.data) - self.at:
                raise BrokenStructure
            if not first:  # the offset table is optional, and other software adds or drops it
                parts += self.data[self.at : self.at + size]
            first = False
            self.at += size

    def header(self, *, implicit: bool) -> tuple[int, bytes, int]:
        """Tag, VR and length of the next element; ``at`` moves to its value."""
        group, element, vr, length = self._explicit(self.data, self.at)
        tag = group << 16 | element
        if implicit or group == 0xFFFE or not (vr.isalpha() and vr.isupper()):
            _, _, length = self.plain(self.data, self.at)
            self.at += 8
            return tag, _known_vr(tag), length
        if vr in LONG_VRS:
            _, _, length = self.plain(self.data, self.at + 4)
            self.at += 12
        else:
            self.at += 8
        return tag, vr, length

    def value(self, length: int, vr: bytes) -> bytes:
        """A value in little endian. Raises: BrokenStructure."""
        if length > len(self.data) - self.at:
            raise BrokenStructure
        raw = bytes(self.data[self.at : self.at + length])
        self.at += length
        word = _WORD_BYTES.get(vr)
        if self.big and word is not None and len(raw) % word == 0:
            return np.frombuffer(raw, f">u{word}").astype(f"<u{word}").tobytes()
        return raw


def _known_vr(tag: int) -> bytes:
    """The dictionary's VR; UN for unknown tags, private ones among them."""
    try:
        return dictionary_VR(tag).encode()[:2]
    except KeyError:
        return b"UN"
