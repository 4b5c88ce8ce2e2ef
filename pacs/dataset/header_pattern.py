"""Reads a header along those before it: what was the same in all is compared in a few pieces, the rest is taken out.

To cut a header takes half a microsecond an element; from image to image of a series only few elements differ.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from pacs.dataset import tags
from pacs.dataset.dicom_json import BINARY, PIXEL_REPRESENTATION
from pacs.dataset.header_members import TEXTS, Header, public_vr_of
from pacs.errors import UnreadableData

LONGEST: Final = 16 * 1024
"""Bytes of a header that is read along a pattern."""
_LONGEST_VALUE: Final = 4096
"""Of an element that differs; far below the lengths that look like a VR, which a header in implicit VR may not have."""
_SLACK: Final = 512
"""A header may be longer than the one that its pattern was made of by so much."""
_TAG_BYTES: Final = 4


class Unlike(UnreadableData):
    """An element differs of which more than its value may be different in the next header."""


class Pattern:
    """The header of one instance, and which of its elements differ in others.

    Whatever it reads `cut` reads alike: the same tags, and the same pieces where ``varying`` does not name them.
    """

    def __init__(self, header: Header, raw: bytes, varying: Collection[int]) -> None:
        """``header`` is cut from ``raw``; ``varying`` are indices of its elements.

        Raises:
            Unlike: one of these may not vary.

        """
        self.header: Final = header
        self.varying: Final = tuple(sorted(varying))
        self.longest: Final = header.end + _SLACK
        """Bytes of a data set in which a header of this pattern lies."""
        self._steps: list[tuple[bytes, int, int, bool]] = []
        end = 0
        for index in self.varying:
            size, is_text = _length_of(header, index)
            before = header.heads[index] - size
            self._steps.append((raw[end : header.starts[index] + before], size, before, is_text))
            end = header.starts[index] + len(header.pieces[index])
        self._tail = raw[end : header.end + _TAG_BYTES]

    def read(self, raw: bytes) -> tuple[list[bytes], int] | None:
        """The elements that vary, each as encoded, and the offset of the pixel data; None where it is another header.

        ``raw`` are the first `longest` bytes of a data set, or all.
        """
        at = 0
        found: list[bytes] = []
        for run, size, before, is_text in self._steps:
            if not raw.startswith(run, at):
                return None
            length_at = at + len(run)
            value = length_at + size
            length = int.from_bytes(raw[length_at:value], "little")
            if length > _LONGEST_VALUE:
                return None
            at = value + length
            if is_text and not raw[value:at].isascii():
                return None  # it tells in which character set all others are
            found.append(raw[length_at - before : at])
        if not raw.startswith(self._tail, at):
            return None
        return found, at + len(self._tail) - _TAG_BYTES

    def value(self, found: Sequence[bytes], place: int) -> bytes:
        """The value of one of the elements that `read` found."""
        return found[place][self.header.heads[self.varying[place]] :]

    def widened(self, header: Header, raw: bytes) -> Pattern:
        """The pattern of another header with the same tags too.

        Raises:
            Unlike: an element differs that may not vary.

        """
        pairs = zip(self.header.pieces, header.pieces, strict=True)
        differing = (index for index, (one, other) in enumerate(pairs) if one != other)
        return Pattern(header, raw, {*self.varying, *differing})


_FIXED: Final = tags.WANTED - {tags.SOP_INSTANCE_UID, tags.INSTANCE_NUMBER} | {PIXEL_REPRESENTATION}
"""What a series shares, and what says how other elements are read."""


def _length_of(header: Header, index: int) -> tuple[int, bool]:
    """How many bytes the length of an element has, and whether its value is in a character set.

    Raises:
        Unlike: the element may not vary.

    """
    tag, piece, head = header.tags[index], header.pieces[index], header.heads[index]
    vr = public_vr_of(tag) if header.implicit else piece[4:6].decode()
    size = 2 if head == 8 and not header.implicit else 4
    length = int.from_bytes(piece[head - size : head], "little")
    is_whole = length <= _LONGEST_VALUE and head + length == len(piece)
    is_text = vr in TEXTS
    if tag in _FIXED or tag < tags.SPECIFIC_CHARACTER_SET or vr is None or (size == 4 and vr in BINARY) or not is_whole:
        raise Unlike
    if is_text and not piece[head:].isascii():
        raise Unlike
    return size, is_text
