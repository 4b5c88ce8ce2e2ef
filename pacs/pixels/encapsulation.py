"""Encapsulated pixel data (PS3.5 A.4): one item for each frame, and the tables that say where the frames begin."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from storage.instance_row import Ranges

_OFFSETS_MAX: Final = 0xFFFFFFFF


def offset_tables(lengths: Sequence[int]) -> tuple[bytes, bytes]:
    """The Extended Offset Table as elements, and the value of the basic one; one of them is empty.

    The extended one is used where offsets do not fit into 32 bits (PS3.5 A.4, PS3.3 C.7.6.3.1.8).
    """
    evens = [even(length) for length in lengths]
    offsets = [0, *accumulate(8 + length for length in evens[:-1])]
    if offsets[-1] <= _OFFSETS_MAX:
        return b"", struct.pack(f"<{len(offsets)}I", *offsets)
    values = (struct.pack(f"<{len(each)}Q", *each) for each in (offsets, evens))
    heads = (struct.pack("<HH2sHI", 0x7FE0, element, b"OV", 0, 8 * len(offsets)) for element in (0x0001, 0x0002))
    return b"".join(head + value for head, value in zip(heads, values, strict=True)), b""


def item(content: bytes) -> bytes:
    return struct.pack("<HHI", 0xFFFE, 0xE000, even(len(content))) + content + b"\0" * (len(content) % 2)


def even(length: int) -> int:
    return length + length % 2


def frame_ranges(start: int, lengths: Sequence[int]) -> Ranges:
    """Offset and length of each frame in the file, without its padding byte; ``start`` is that of the first item."""
    starts = accumulate((8 + even(length) for length in lengths[:-1]), initial=start + 8)
    return tuple(zip(starts, lengths, strict=True))
