"""Walks an encoded data set to its end without decoding it, and trusts no length or tag in it."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pacs.dataset import tags

IMPLICIT_LITTLE: Final = "1.2.840.10008.1.2"
EXPLICIT_LITTLE: Final = "1.2.840.10008.1.2.1"
EXPLICIT_BIG: Final = "1.2.840.10008.1.2.2"
DEFLATED: Final = frozenset(("1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.95", "1.2.840.10008.1.2.4.205"))
"""Syntaxes whose data set is a raw deflate stream (PS3.5 A.5) and must be inflated before it is walked."""

UNDEFINED: Final = 0xFFFFFFFF
ITEM: Final = 0xFFFEE000
ITEM_END: Final = 0xFFFEE00D
SEQUENCE_END: Final = 0xFFFEE0DD

MAX_DEPTH: Final = 64
"""Nested items of undefined length; readers that recurse fail at a few hundred."""
MAX_STEPS: Final = 20_000_000
"""Most elements, items and delimiters of one data set; no device makes as many."""
MAX_FRAGMENTS: Final = 1_000_000
MAX_VALUE: Final = 64 * 1024
"""Most bytes that are kept of an indexed value."""

LONG_VRS: Final = frozenset((b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"))
"""Explicit VRs with two reserved bytes and a length of 32 bits (PS3.5 7.1.2)."""
SHORT_VRS: Final = frozenset(b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split())
"""Explicit VRs with a length of 16 bits."""


class Problem(StrEnum):
    TRUNCATED = "truncated"
    """The end is missing: a length reaches beyond it, or a sequence has no delimiter."""
    MALFORMED = "malformed"
    """The bytes are no element."""
    TOO_DEEP = "too_deep"
    TOO_LARGE = "too_large"
    """More elements or fragments than any device makes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Native:
    """Pixel data of defined length; the offset counts from the start of the walked buffer."""

    tag: int
    offset: int
    length: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Fragments:
    """Encapsulated pixel data (PS3.5 A.4): (offset, length) of the basic offset table and of each fragment's value."""

    offset_table: tuple[int, int]
    pieces: list[tuple[int, int]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Walked:
    elements: dict[int, bytes]
    """Raw values of the wanted top-level elements by tag (group << 16 | element), padding included."""
    pixels: Native | Fragments | None
    end: int
    """Offset behind the last element; zero bytes from there on are padding."""
    problem: Problem | None
    big_endian: bool

    def number(self, tag: int) -> int | None:
        """The first value of a US element, None when it is missing or too short."""
        raw = self.elements.get(tag, b"")
        return int.from_bytes(raw[:2], "big" if self.big_endian else "little") if len(raw) >= 2 else None


class _Stop(Exception):
    def __init__(self, problem: Problem) -> None:
        self.problem = problem


def walk(buffer: memoryview | bytes, transfer_syntax: str, *, start: int = 0, stop_at: int | None = None) -> Walked:
    """Walk a data set; for the syntaxes of `DEFLATED` the buffer holds the inflated one.

    After a problem the result has the elements found before it. ``start`` is the offset of the first top-level element
    that is walked; ``stop_at`` ends the walk at the first one with that tag or a higher one.
    """
    walker = _Walker(buffer, transfer_syntax, stop_at)
    walker.offset = start
    problem: Problem | None = None
    try:
        walker.run()
    except _Stop as stop:
        problem = stop.problem
    except struct.error:
        problem = Problem.TRUNCATED  # the end cuts an element header in two
    return Walked(
        elements=walker.elements,
        pixels=walker.pixels,
        end=walker.offset,
        problem=problem,
        big_endian=walker.big_endian,
    )


class NoEnd(Exception):
    """A sequence of undefined length has no end in the bytes."""


def end_of_sequence(buffer: memoryview | bytes, offset: int, *, implicit: bool) -> int:
    """The offset behind a sequence of undefined length in little endian whose first item is at ``offset``.

    Raises:
        NoEnd: its delimiter is missing, or what stands there are no items.

    """
    walker = _Walker(buffer, IMPLICIT_LITTLE if implicit else EXPLICIT_LITTLE, None)
    walker.offset = offset
    try:
        walker.nested(implicit=implicit)
    except (_Stop, struct.error):
        raise NoEnd from None
    return walker.offset


class _Walker:
    def __init__(self, buffer: memoryview | bytes, transfer_syntax: str, stop_at: int | None) -> None:
        self.buffer = buffer
        self.end = len(buffer)
        self.offset = 0
        self.elements: dict[int, bytes] = {}
        self.pixels: Native | Fragments | None = None
        self.big_endian = transfer_syntax == EXPLICIT_BIG
        self.implicit = transfer_syntax == IMPLICIT_LITTLE
        self.stop_at = 1 << 32 if stop_at is None else stop_at  # beyond any tag
        order = ">" if self.big_endian else "<"
        self.explicit_header = struct.Struct(order + "HH2sH").unpack_from
        self.implicit_header = struct.Struct(order + "HHI").unpack_from
        self.long = struct.Struct(order + "I").unpack_from
        self.steps = 0

    def run(self) -> None:
        """Walk the top level, whose elements are kept; nested ones are only stepped over."""
        buffer, end, wanted, elements = self.buffer, self.end, tags.WANTED, self.elements
        while True:
            self._plain_stretch()
            if self.offset >= end or self._only_padding():
                return
            start = self.offset
            tag, length, implicit_inside = self._header(implicit=self.implicit)
            if tag == SEQUENCE_END and length == 0:
                continue  # a superfluous delimiter, which some ultrasound devices write behind their fragments
            if tag >> 16 == 0xFFFE:
                self.offset = start
                raise _Stop(Problem.MALFORMED)
            if tag >= self.stop_at:
                self.offset = start
                return
            if length == UNDEFINED:
                if tag == tags.PIXEL_DATA:
                    self._fragments()
                else:
                    self.nested(implicit=implicit_inside)
                continue
            value = self.offset
            if value + length > end:
                self.offset = start
                raise _Stop(Problem.TRUNCATED)
            if tag in wanted:
                elements[tag] = bytes(buffer[value : value + min(length, MAX_VALUE)])
            elif tag in tags.PIXELS:
                self.pixels = Native(tag=tag, offset=value, length=length)
            self.offset = value + length

    def _plain_stretch(self) -> None:
        """Step over the plain elements, which are most of any header, in one loop without a call for each."""
        buffer, elements, wanted, implicit = self.buffer, self.elements, tags.WANTED, self.implicit
        unpack = self.implicit_header if implicit else self.explicit_header
        limit = min(self.stop_at, tags.FLOAT_PIXEL_DATA)
        offset, steps, end = self.offset, self.steps, self.end
        while offset + 8 <= end and steps < MAX_STEPS:
            if implicit:
                group, element, length = unpack(buffer, offset)
                plain = group and length <= MAX_VALUE  # a tag of zero may be padding
            else:
                group, element, vr, length = unpack(buffer, offset)
                plain = vr in SHORT_VRS
            tag = group << 16 | element
            value = offset + 8
            following = value + length
            if not plain or tag >= limit or following > end:
                break
            if tag in wanted:
                elements[tag] = bytes(buffer[value:following])
            offset = following
            steps += 1
        self.offset, self.steps = offset, steps

    def _header(self, *, implicit: bool) -> tuple[int, int, bool]:
        """Tag, length, and whether the content is implicit VR; the offset moves behind the header."""
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise _Stop(Problem.TOO_LARGE)
        offset = self.offset
        if implicit:
            group, element, length = self.implicit_header(self.buffer, offset)
            self.offset = offset + 8
            return group << 16 | element, length, True
        group, element, vr, length = self.explicit_header(self.buffer, offset)
        if group == 0xFFFE:  # items and delimiters have no VR (PS3.5 7.5)
            (length,) = self.long(self.buffer, offset + 4)
            self.offset = offset + 8
            return group << 16 | element, length, False
        if vr in LONG_VRS:
            (length,) = self.long(self.buffer, offset + 8)
            self.offset = offset + 12
            # PS3.5 6.2.2: UN of undefined length holds implicit VR, whatever the transfer syntax.
            return group << 16 | element, length, vr == b"UN"
        if vr.isalpha() and vr.isupper():
            self.offset = offset + 8
            return group << 16 | element, length, False
        # No VR where one should be: some writers put single implicit elements among explicit ones.
        (length,) = self.long(self.buffer, offset + 4)
        self.offset = offset + 8
        return group << 16 | element, length, True

    def nested(self, *, implicit: bool) -> None:
        """Walk a sequence of undefined length to its delimiter; elements of defined length are stepped over."""
        # One entry for each open sequence or item: (whether it is an item, whether its content is implicit VR).
        stack: list[tuple[bool, bool]] = [(False, implicit)]
        while stack:
            in_item, implicit = stack[-1]
            start = self.offset
            if start >= self.end:
                raise _Stop(Problem.TRUNCATED)
            tag, length, implicit_inside = self._header(implicit=implicit)
            if tag == (ITEM_END if in_item else SEQUENCE_END):
                stack.pop()
            elif in_item == (tag >> 16 == 0xFFFE) or (not in_item and tag != ITEM):
                self.offset = start
                raise _Stop(Problem.MALFORMED)
            elif length != UNDEFINED:
                if self.offset + length > self.end:
                    self.offset = start
                    raise _Stop(Problem.TRUNCATED)
                self.offset += length
            else:
                if len(stack) >= 2 * MAX_DEPTH:
                    raise _Stop(Problem.TOO_DEEP)
                stack.append((not in_item, implicit_inside if in_item else implicit))

    def _fragments(self) -> None:
        pieces: list[tuple[int, int]] = []
        while True:
            start = self.offset
            if start >= self.end:
                raise _Stop(Problem.TRUNCATED)
            group, element, length = self.implicit_header(self.buffer, start)
            tag = group << 16 | element
            self.offset = start + 8
            if tag == SEQUENCE_END:
                break
            if tag != ITEM or length == UNDEFINED:
                self.offset = start
                raise _Stop(Problem.MALFORMED)
            if self.offset + length > self.end:
                self.offset = start
                raise _Stop(Problem.TRUNCATED)
            if len(pieces) > MAX_FRAGMENTS:
                raise _Stop(Problem.TOO_LARGE)
            pieces.append((self.offset, length))
            self.offset += length
        table = pieces.pop(0) if pieces else (self.offset, 0)
        self.pixels = Fragments(offset_table=table, pieces=pieces)

    def _only_padding(self) -> bool:
        """Whether only zero bytes follow: padding of the file, not an element (0000,0000)."""
        start = self.offset
        if self.buffer[start] or any(self.buffer[start : start + 8]):
            return False
        return not any(self.buffer[start : self.end])
