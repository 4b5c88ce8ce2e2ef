"""The frames of a walked data set: their number, their byte ranges, and whether all pixels are present."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pacs.dataset import tags
from pacs.dataset.walk import DEFLATED, Fragments, Walked

MAX_FRAMES: Final = 1_000_000
"""Most frames whose ranges are kept; frames of larger images are decoded."""

_SUBSAMPLED: Final = frozenset(("YBR_FULL_422", "YBR_PARTIAL_422"))
# PS3.5 8.2.5 to 8.2.9, 8.2.15: a video lies in few fragments, each with many frames.
_VIDEO: Final = (*(f"1.2.840.10008.1.2.4.{number}" for number in range(100, 109)), "1.2.840.10008.1.2.7.")

Ranges = tuple[tuple[int, int], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Extent:
    frames: int
    """0 where there are no pixels."""
    ranges: Ranges | None
    """(offset, length) of each frame from the start of the data set; None where frames are not plain byte ranges."""
    complete: bool
    """False where pixel data has fewer bytes or fragments than Rows, Columns and Number of Frames promise."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NativeFrames:
    """How frames lie one behind the other in pixel data that is not encapsulated, wherever that stands."""

    frames: int
    size: int | None
    """Bytes of each frame; None where frames are not plain byte ranges."""
    complete: bool

    def at(self, offset: int) -> Extent:
        """The extent of pixel data that begins at ``offset`` of the data set."""
        size = self.size
        ranges = None if size is None else tuple((offset + index * size, size) for index in range(self.frames))
        return Extent(frames=self.frames, ranges=ranges, complete=self.complete)


def extent_of(walked: Walked, transfer_syntax: str) -> Extent:
    pixels = walked.pixels
    if pixels is None:
        # A header that promises no pixels is complete without them.
        return Extent(frames=0, ranges=None, complete=True)
    if isinstance(pixels, Fragments):
        return _encapsulated(pixels, _frames(walked), transfer_syntax)
    return native_frames(walked, pixels.length, transfer_syntax).at(pixels.offset)


def _encapsulated(pixels: Fragments, frames: int, transfer_syntax: str) -> Extent:
    pieces = pixels.pieces
    if transfer_syntax.startswith(_VIDEO):
        return Extent(frames=frames, ranges=None, complete=bool(pieces))
    complete = len(pieces) >= frames
    one_each = len(pieces) == frames and frames <= MAX_FRAMES and transfer_syntax not in DEFLATED
    return Extent(frames=frames, ranges=tuple(pieces) if one_each else None, complete=complete)


def native_frames(walked: Walked, length: int, transfer_syntax: str) -> NativeFrames:
    """The frames in pixel data of ``length`` bytes that is not encapsulated."""
    frames = _frames(walked)
    frame_bits = _frame_bits(walked)
    if not frame_bits:  # no image, or an image without its size
        return NativeFrames(frames=frames if length else 0, size=None, complete=True)
    complete = (frame_bits * frames + 7) // 8 <= length
    addressable = (
        complete
        and not walked.big_endian
        and transfer_syntax not in DEFLATED
        and frames <= MAX_FRAMES
        and (frame_bits % 8 == 0 or frames == 1)
    )
    return NativeFrames(frames=frames, size=(frame_bits + 7) // 8 if addressable else None, complete=complete)


def _frame_bits(walked: Walked) -> int:
    rows, columns = walked.number(tags.ROWS), walked.number(tags.COLUMNS)
    bits = walked.number(tags.BITS_ALLOCATED)
    samples = walked.number(tags.SAMPLES_PER_PIXEL)
    frame_bits = (rows or 0) * (columns or 0) * (bits or 0) * (1 if samples is None else samples)
    photometric = walked.elements.get(tags.PHOTOMETRIC_INTERPRETATION, b"").strip(b"\0 ").decode("latin-1")
    # Two pixels share one pair of chrominance samples (PS3.3 C.7.6.3.1.2).
    return frame_bits * 2 // 3 if photometric in _SUBSAMPLED else frame_bits


def _frames(walked: Walked) -> int:
    """Number of Frames, 1 where it is missing or nonsense."""
    text = walked.elements.get(tags.NUMBER_OF_FRAMES, b"").strip(b"\0 ")
    return max(1, int(text)) if text.isdigit() and len(text) <= 12 else 1
