"""Overlay planes (60xx): bits drawn white over a picture, apart or in unused bits of its pixels (PS3.3 C.9.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from pydicom.dataset import Dataset

from pacs.pixels.lookup_table import little_endian_words

GROUPS: Final = range(0x6000, 0x6020, 2)
_WHITE: Final = 255


@dataclass(frozen=True, kw_only=True)
class Plane:
    """The bits of one plane for one frame."""

    bits: np.ndarray
    top: int
    left: int
    """Where its first bit lies on the picture, from 0; negative ones lie outside."""


def draw(eight: np.ndarray, header: Dataset, number: int, native: bytes | None, words: str) -> np.ndarray:
    """Draw every plane of frame ``number`` over the picture, (rows, columns) or (rows, columns, 3) of 8 bits.

    ``native`` is the frame in little endian as it is stored, None for a compressed one.
    """
    planes = list(_planes(header, number, native, words))
    if not planes:
        return eight
    drawn = eight.copy()
    rows, columns = eight.shape[:2]
    for plane in planes:
        top, left = max(0, plane.top), max(0, plane.left)
        part = plane.bits[top - plane.top :, left - plane.left :][: max(0, rows - top), : max(0, columns - left)]
        drawn[top : top + part.shape[0], left : left + part.shape[1]][part] = _WHITE
    return drawn


def _planes(header: Dataset, number: int, native: bytes | None, words: str) -> Iterator[Plane]:
    for group in GROUPS:
        if (group, 0x0010) not in header:
            continue
        rows, columns = _integer(header, group, 0x0010), _integer(header, group, 0x0011)
        if (group, 0x3000) in header:
            bits = _apart(header, group, number, rows * columns, words)
            shape = (rows, columns)
        else:
            bits = _embedded(header, _integer(header, group, 0x0102), native)
            shape = (int(header.Rows), int(header.Columns))
        if bits is not None:
            yield Plane(bits=bits.reshape(shape), top=_integer(header, group, 0x0050) - 1, left=_origin(header, group))


def _apart(header: Dataset, group: int, number: int, size: int, words: str) -> np.ndarray | None:
    """Overlay Data: a bit a pixel, frames without padding between them (PS3.5 8.1.2)."""
    index = 0
    if (group, 0x0015) in header:  # a plane of several frames begins at a frame of the image (PS3.3 C.9.3)
        index = number - (_integer(header, group, 0x0051) or 1)
        if not 0 <= index < _integer(header, group, 0x0015):
            return None
    raw = little_endian_words(header[group, 0x3000].value, words)
    start, end = index * size, (index + 1) * size
    if not size or end > 8 * len(raw):
        return None
    covering = np.frombuffer(raw[start // 8 : (end + 7) // 8], np.uint8)
    return np.unpackbits(covering, bitorder="little")[start % 8 : start % 8 + size].astype(bool)


def _embedded(header: Dataset, position: int, native: bytes | None) -> np.ndarray | None:
    """The bit of each native pixel that is outside its stored bits (retired, PS3.3 C.9.2)."""
    high, allocated = int(header.get("HighBit") or 0), int(header.get("BitsAllocated") or 0)
    stored = range(high - int(header.get("BitsStored") or 0) + 1, high + 1)
    if native is None or allocated not in (8, 16) or position in stored or not 0 <= position < allocated:
        return None
    pixels = np.frombuffer(native, f"<u{allocated // 8}")[: int(header.Rows) * int(header.Columns)]
    return (pixels >> position & 1).astype(bool)


def _origin(header: Dataset, group: int) -> int:
    """Column of the first bit, from 0; the origin has row and column from 1."""
    try:
        return int(header[group, 0x0050].value[1]) - 1
    except (KeyError, TypeError, IndexError, ValueError):
        return 0


def _integer(header: Dataset, group: int, element: int) -> int:
    """The number of an element, the first one of several; 1 for a missing origin, else 0."""
    missing = 1 if element == 0x0050 else 0
    if (group, element) not in header:
        return missing
    value = header[group, element].value
    try:
        return int(value if isinstance(value, int) else str(value) if isinstance(value, str) else value[0])
    except (TypeError, ValueError, IndexError):
        return missing
