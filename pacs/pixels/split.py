"""An instance split at its pixel data: all its other elements, and the pixels, read from the file piece by piece."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from pydicom import dcmread
from pydicom.dataset import FileDataset

from pacs.dataset import part10
from pacs.dataset.walk import LONG_VRS
from pacs.pixels.encapsulation import frames_of
from pacs.pixels.opened import (
    DEFLATED,
    EXPLICIT_BIG,
    IMPLICIT_LITTLE,
    NATIVE,
    PIXEL_KEYWORDS,
    StoredInstance,
    Unreadable,
    little_endian_pixels,
)

PIXEL_TAGS: Final = frozenset((0x7FE00008, 0x7FE00009, 0x7FE00010))
_UNDEFINED: Final = 0xFFFFFFFF
_END_OF_FRAGMENTS: Final = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
_MAX_BEHIND: Final = 64 << 20
"""Bytes behind the pixel data that are parsed; more is read with the whole data set."""


class Pixels(Protocol):
    """The pixel data element of an instance."""

    @property
    def tag(self) -> int: ...

    @property
    def vr(self) -> str:
        """Empty in implicit VR."""
        ...

    @property
    def encapsulated(self) -> bool: ...

    @property
    def length(self) -> int:
        """Bytes of the value; of an encapsulated one up to its delimiter, which is included."""
        ...

    @property
    def number_of_frames(self) -> int: ...

    def value(self) -> Iterator[bytes]:
        """The value as stored, in pieces."""
        ...

    def frames(self) -> Iterator[bytes]:
        """The codestreams of an encapsulated image, one a frame."""
        ...


@dataclass(frozen=True, kw_only=True)
class Split:
    others: FileDataset
    """Every element but the pixel data, not converted."""
    pixels: Pixels | None


@dataclass(frozen=True, kw_only=True)
class _Stored:
    """Pixel data in the stored file; ``start`` is the offset of its value."""

    opened: StoredInstance
    tag: int
    vr: str
    encapsulated: bool
    start: int
    length: int

    @property
    def number_of_frames(self) -> int:
        return self.opened.instance.frames

    def value(self) -> Iterator[bytes]:
        return self.opened.stream(self.start, self.length)

    def frames(self) -> Iterator[bytes]:
        return (self.opened.frame(number) for number in range(1, self.opened.instance.frames + 1))


@dataclass(frozen=True, kw_only=True)
class _InMemory:
    """Pixel data that was read with its whole data set."""

    tag: int
    vr: str
    encapsulated: bool
    content: bytes
    number_of_frames: int
    offsets: tuple[bytes, bytes] | None
    """Extended Offset Table and its lengths (PS3.3 C.7.6.3.1.8)."""

    @property
    def length(self) -> int:
        return len(self.content)

    def value(self) -> Iterator[bytes]:
        return iter([self.content])

    def frames(self) -> Iterator[bytes]:
        return iter(frames_of(self.content, self.number_of_frames, self.offsets))


def split(opened: StoredInstance) -> Split | None:
    """The parts of an instance; None where they are not plain byte ranges, so that it has to be read whole.

    Raises:
        Unreadable: pydicom cannot parse the data set, or it is empty.

    """
    if opened.syntax in DEFLATED or opened.syntax == EXPLICIT_BIG:
        return None
    others, start = opened.header_and_end()
    if start >= opened.instance.size:
        return Split(others=others, pixels=None)
    pixels = _element(opened, start)
    if pixels is None:
        return None
    end = pixels.start + pixels.length
    if opened.instance.size - end > _MAX_BEHIND:
        return None
    behind = opened.read(end, opened.instance.size - end)
    if behind.strip(b"\0"):
        try:
            others.update(_parsed(behind, opened.syntax))
        except Exception as error:
            raise Unreadable("structure") from error
        if any(tag in others for tag in PIXEL_TAGS):
            return None
    return Split(others=others, pixels=pixels)


def split_in_memory(whole: FileDataset, *, number_of_frames: int, little: bool = True) -> Split:
    """As `split`, of a data set with its pixel data, which is taken out of it.

    ``little``: native pixels in big endian become little endian.
    """
    keyword = next((one for one in PIXEL_KEYWORDS if one in whole), None)
    value = whole[keyword].value if keyword else None
    if keyword is None or not isinstance(value, bytes):
        return Split(others=whole, pixels=None)
    native = str(whole.file_meta.TransferSyntaxUID) in NATIVE
    tables = (whole.get("ExtendedOffsetTable"), whole.get("ExtendedOffsetTableLengths"))
    if native and little:
        value = little_endian_pixels(whole)
    pixels = _InMemory(
        tag=int(whole[keyword].tag),
        vr=str(whole[keyword].VR),
        encapsulated=not native,
        content=value if native else value + _END_OF_FRAGMENTS,
        number_of_frames=number_of_frames,
        offsets=(tables[0], tables[1]) if tables[0] and tables[1] else None,
    )
    del whole[keyword]
    return Split(others=whole, pixels=pixels)


def _element(opened: StoredInstance, start: int) -> _Stored | None:
    head = opened.read(start, min(12, opened.instance.size - start))
    if len(head) < 8:
        return None
    group, element = struct.unpack_from("<HH", head)
    tag = group << 16 | element
    if opened.syntax == IMPLICIT_LITTLE:
        vr, value_start = "", start + 8
        (length,) = struct.unpack_from("<I", head, 4)
    else:
        vr, value_start = head[4:6].decode("latin-1"), start + 12
        if head[4:6] not in LONG_VRS or len(head) < 12:
            return None
        (length,) = struct.unpack_from("<I", head, 8)
    if tag not in PIXEL_TAGS:
        return None
    encapsulated = length == _UNDEFINED
    end = _end_of_fragments(opened) if encapsulated else value_start + length
    if end is None or end > opened.instance.size:
        return None
    return _Stored(
        opened=opened, tag=tag, vr=vr, encapsulated=encapsulated, start=value_start, length=end - value_start
    )


def _end_of_fragments(opened: StoredInstance) -> int | None:
    """Offset behind the sequence delimiter, which follows the last frame (PS3.5 A.4); None where it is elsewhere."""
    ranges = opened.instance.frame_ranges
    if not ranges:
        return None
    last = max(offset + length for offset, length in ranges)
    if last + len(_END_OF_FRAGMENTS) > opened.instance.size:
        return None
    delimiter = opened.read(last, len(_END_OF_FRAGMENTS))
    return last + len(delimiter) if delimiter == _END_OF_FRAGMENTS else None


def _parsed(behind: bytes, syntax: str) -> FileDataset:
    head = part10.head(sop_class_uid="1.2", sop_instance_uid="1.2", transfer_syntax_uid=syntax)
    return dcmread(io.BytesIO(head + behind), force=True)
