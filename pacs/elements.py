"""Every element of a data set as raw bytes in little endian, sequences taken apart, whatever the encoding."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

import numpy as np
from pydicom.datadict import dictionary_VR

from pacs.walk import EXPLICIT_BIG, IMPLICIT_LITTLE, ITEM, ITEM_END, LONG_VRS, MAX_DEPTH, SEQUENCE_END, UNDEFINED

Path = tuple[int, ...]
"""Tags of the enclosing sequences with item numbers between, then the element's own tag."""

Found = tuple[Path, bytes, bytes]
"""Path, VR and value; the VR is the dictionary's where the encoding names none."""

_WORD_BYTES: Final = {
    **dict.fromkeys((b"AT", b"OW", b"SS", b"US"), 2),
    **dict.fromkeys((b"FL", b"OF", b"OL", b"SL", b"UL"), 4),
    **dict.fromkeys((b"FD", b"OD", b"OV", b"SV", b"UV"), 8),
}


class Unreadable(Exception):
    """The structure does not hold; what was received is walked before it is stored, so this is for old bytes."""


def elements(dataset: memoryview | bytes, transfer_syntax: str) -> Iterator[Found]:
    """Each element that is no sequence, by its path; encapsulated pixel data comes as all its fragments joined.

    Raises:
        Unreadable: while iterating.

    """
    reader = _Reader(dataset, transfer_syntax)
    try:
        yield from reader.elements(0, len(dataset), (), implicit=transfer_syntax == IMPLICIT_LITTLE)
    except struct.error as error:
        raise Unreadable from error


class _Reader:
    def __init__(self, dataset: memoryview | bytes, transfer_syntax: str) -> None:
        self._data = dataset
        self._big = transfer_syntax == EXPLICIT_BIG
        order = ">" if self._big else "<"
        self._explicit = struct.Struct(order + "HH2sH").unpack_from
        self._plain = struct.Struct(order + "HHI").unpack_from
        self._at = 0

    def elements(self, start: int, end: int, path: Path, *, implicit: bool) -> Iterator[Found]:
        """To ``end``, or to the delimiter of the item that encloses them."""
        if len(path) > 2 * MAX_DEPTH:
            raise Unreadable
        self._at = start
        while self._at < end:
            if not path and not any(self._data[self._at : self._at + 8]):
                return  # padding
            tag, vr, length = self._header(implicit=implicit)
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
                yield (*path, tag), vr, self._value(length, vr)

    def _items(self, length: int, path: Path, *, implicit: bool) -> Iterator[Found]:
        end = len(self._data) if length == UNDEFINED else self._at + length
        number = 0
        while self._at < end:
            group, element, size = self._plain(self._data, self._at)
            self._at += 8
            tag = group << 16 | element
            if tag == SEQUENCE_END:
                return
            if tag != ITEM:
                raise Unreadable
            # An empty item is one, too.
            yield (*path, number), b"SQ", b""
            if size == UNDEFINED:
                yield from self.elements(self._at, end, (*path, number), implicit=implicit)
            else:
                stop = self._at + size
                yield from self.elements(self._at, stop, (*path, number), implicit=implicit)
                self._at = stop
            number += 1

    def _fragments(self) -> bytes:
        parts = bytearray()
        first = True
        while True:
            group, element, size = self._plain(self._data, self._at)
            self._at += 8
            if group << 16 | element == SEQUENCE_END:
                return bytes(parts)
            if size > len(self._data) - self._at:
                raise Unreadable
            if not first:  # the offset table may be left out or put in on the way
                parts += self._data[self._at : self._at + size]
            first = False
            self._at += size

    def _header(self, *, implicit: bool) -> tuple[int, bytes, int]:
        group, element, vr, length = self._explicit(self._data, self._at)
        tag = group << 16 | element
        if implicit or group == 0xFFFE or not (vr.isalpha() and vr.isupper()):
            _, _, length = self._plain(self._data, self._at)
            self._at += 8
            return tag, _known_vr(tag), length
        if vr in LONG_VRS:
            _, _, length = self._plain(self._data, self._at + 4)
            self._at += 12
        else:
            self._at += 8
        return tag, vr, length

    def _value(self, length: int, vr: bytes) -> bytes:
        if length > len(self._data) - self._at:
            raise Unreadable
        raw = bytes(self._data[self._at : self._at + length])
        self._at += length
        word = _WORD_BYTES.get(vr)
        if self._big and word is not None and len(raw) % word == 0:
            return np.frombuffer(raw, f">u{word}").astype(f"<u{word}").tobytes()
        return raw


def _known_vr(tag: int) -> bytes:
    """The dictionary's VR; UN for what it does not know, as every private element."""
    try:
        return dictionary_VR(tag).encode()[:2]
    except KeyError:
        return b"UN"
