"""Encapsulated pixel data (PS3.5 A.4): its items, the tables that say where the frames begin, and the frames."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from pacs.errors import UnreadableData
from storage.instance_row import Ranges

_OFFSETS_MAX: Final = 0xFFFFFFFF
_ITEM: Final = (0xFFFE, 0xE000)
_BEGINNINGS: Final = (b"\xff\xd8\xff", b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  ")
_ENDS: Final = b"\xff\xd9"
"""End of image of JPEG, end of codestream of JPEG 2000."""
_RLE_HEADER_BYTES: Final = 64


class Unreadable(UnreadableData):
    """The stored bytes cannot be read; ``reason`` never quotes a value of the data set."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


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


def frames_of(content: bytes, frames: int, extended: tuple[bytes, bytes] | None = None) -> list[bytes]:
    """The codestreams of an encapsulated value, one a frame, whatever its fragments and tables are like.

    Fragments that are as many as frames are one each. Others are joined by the offset table, where each of its offsets
    is that of a fragment that begins like the first one; else by where codestreams begin, or by where they end.

    Raises:
        Unreadable: the fragments of each frame cannot be told.

    """
    table, pieces = _items(content)
    if not pieces or frames < 1:
        raise Unreadable("frames")
    if len(pieces) == frames or frames == 1:
        return [piece for _, piece in pieces] if frames > 1 else [b"".join(piece for _, piece in pieces)]
    starts = [_begins_a_codestream(piece) for _, piece in pieces]
    for firsts in (
        _by_offsets(_offsets(table, extended), [at for at, _ in pieces], starts),
        [at for at, begins in enumerate(starts) if begins],
        [0, *(at + 1 for at, (_, piece) in enumerate(pieces[:-1]) if piece.rstrip(b"\0").endswith(_ENDS))],
    ):
        if len(firsts) == frames and firsts[0] == 0:
            ends = [*firsts[1:], len(pieces)]
            return [b"".join(piece for _, piece in pieces[a:b]) for a, b in zip(firsts, ends, strict=True)]
    raise Unreadable("frames")


def _items(content: bytes) -> tuple[bytes, list[tuple[int, bytes]]]:
    """The basic offset table, and each fragment with the offset of its item from the first one (PS3.5 A.4)."""
    found: list[tuple[int, bytes]] = []
    at = 0
    while at + 8 <= len(content):
        group, element, length = struct.unpack_from("<HHI", content, at)
        if (group, element) != _ITEM:
            break
        found.append((at, content[at + 8 : at + 8 + length]))
        at += 8 + length
    if not found:
        return b"", []
    first = 8 + len(found[0][1])
    return found[0][1], [(start - first, piece) for start, piece in found[1:]]


def _offsets(table: bytes, extended: tuple[bytes, bytes] | None) -> Sequence[int]:
    if extended is not None:
        return struct.unpack(f"<{len(extended[0]) // 8}Q", extended[0][: len(extended[0]) // 8 * 8])
    return struct.unpack(f"<{len(table) // 4}I", table[: len(table) // 4 * 4])


def _by_offsets(offsets: Sequence[int], at: Sequence[int], begins: Sequence[bool]) -> list[int]:
    """Numbers of the fragments at these offsets; none where the table is wrong."""
    number_of = {offset: number for number, offset in enumerate(at)}
    firsts = [number_of.get(offset, -1) for offset in offsets]
    right = firsts == sorted(set(firsts)) and all(one >= 0 and begins[one] == begins[0] for one in firsts)
    return firsts if right else []


def _begins_a_codestream(piece: bytes) -> bool:
    """JPEG, JPEG-LS and JPEG 2000, also in a JP2 file, by their first marker; RLE by its header (PS3.5 G.5)."""
    if piece.startswith(_BEGINNINGS):
        return True
    segments, first = struct.unpack_from("<2I", piece) if len(piece) >= 8 else (0, 0)
    return 1 <= segments <= 15 and first == _RLE_HEADER_BYTES
