"""A native image taken apart to be recoded: the elements before its pixel data, the pixels, and what follows them."""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pydicom import dcmread
from pydicom.dataset import Dataset

from pacs.dataset import part10, tags
from pacs.dataset.walk import Native, walk
from pacs.errors import PacsError
from pacs.pixels.opened import DEFLATED, EXPLICIT_BIG, EXPLICIT_LITTLE, MAX_INFLATED_BYTES, little_endian
from storage.index.queries import Instance
from storage.rewriting.new_segment import Local

_GREY: Final = frozenset(("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR"))
_COLOUR: Final = {"RGB": "YBR_RCT"}
"""Photometric Interpretation in the codestream (PS3.5 8.2.4): RGB is transformed reversibly.

Three components without a transform would come back exactly too, but decoders in browsers show them in wrong colours.
"""


class Obstacle(StrEnum):
    """Why an instance is not recoded."""

    NO_IMAGE = "no_image"
    NOT_DESCRIBED = "not_described"
    """It was not described yet, and a description must exist first."""
    COMPRESSED = "compressed"
    SAMPLES = "samples"
    """Samples are single bits, 32 or 64 bits, or floats."""
    COLOUR_SPACE = "colour_space"
    SIGNED = "signed"
    """It has digital signatures or MACs."""
    TOO_LARGE = "too_large"
    """Native pixels for a client that cannot take HTJ2K would not fit in memory."""
    UNUSED_BITS = "unused_bits"
    """The bits above Bits Stored are used, and viewers of codestreams would show them."""
    PIXEL_DATA = "pixel_data"
    """Its length differs from what Rows, Columns and Number of Frames promise, or the structure does not hold."""
    NOT_EQUAL = "not_equal"
    """Decoding gives other pixels, or an element changed."""
    NOT_SMALLER = "not_smaller"


class CannotRecode(PacsError):
    """The instance stays as it is."""

    def __init__(self, obstacle: Obstacle) -> None:
        super().__init__(obstacle)
        self.obstacle = obstacle


@dataclass(frozen=True, kw_only=True)
class Geometry:
    """The attributes that describe the pixels."""

    rows: int
    columns: int
    samples: int
    bits: int
    stored_bits: int
    signed: bool
    photometric: str
    by_plane: bool

    @property
    def frame_bytes(self) -> int:
        return self.rows * self.columns * self.samples * self.bits // 8

    @property
    def coded_as(self) -> str:
        return _COLOUR.get(self.photometric, self.photometric)


@dataclass(frozen=True, kw_only=True)
class Source:
    """A data set in three pieces; the pixels are in little endian."""

    syntax: str
    before: bytes
    pixels: memoryview
    after: bytes


def taken_apart(local: Local, instance: Instance) -> Source:
    """Raises: CannotRecode, zlib.error."""
    stored = local.view(instance)[instance.dataset_offset :]
    syntax = instance.transfer_syntax_uid
    if syntax in DEFLATED:
        stream = zlib.decompressobj(-zlib.MAX_WBITS)
        stored = memoryview(stream.decompress(stored, MAX_INFLATED_BYTES))
        if stream.unconsumed_tail:
            raise CannotRecode(Obstacle.PIXEL_DATA)
        syntax = EXPLICIT_LITTLE
    walked = walk(stored, syntax)
    pixels = walked.pixels
    if walked.problem is not None or not isinstance(pixels, Native):
        raise CannotRecode(Obstacle.PIXEL_DATA)
    if pixels.tag != tags.PIXEL_DATA:
        raise CannotRecode(Obstacle.SAMPLES)
    head_bytes = 8 if syntax not in (EXPLICIT_LITTLE, EXPLICIT_BIG) else 12
    end = pixels.offset + pixels.length
    value = stored[pixels.offset : end]
    if syntax == EXPLICIT_BIG and bytes(stored[pixels.offset - 8 : pixels.offset - 6]) == b"OW":
        value = memoryview(little_endian(bytes(value), 2))
    before = bytes(stored[: pixels.offset - head_bytes])
    return Source(syntax=syntax, before=before, pixels=value, after=bytes(stored[end : walked.end]))


def header_of(before: bytes, syntax: str) -> Dataset:
    """The elements before the pixel data, not converted; offsets count from a PS3.10 head that is put before them."""
    head = part10.head(sop_class_uid="1.2", sop_instance_uid="1.2", transfer_syntax_uid=syntax)
    try:
        return dcmread(io.BytesIO(head + before), force=True)
    except Exception as error:
        raise CannotRecode(Obstacle.PIXEL_DATA) from error


def geometry_of(header: Dataset, frames: int, pixels: memoryview) -> Geometry:
    """Raises: CannotRecode."""
    try:
        geometry = Geometry(
            rows=int(header.Rows),
            columns=int(header.Columns),
            samples=int(header.get("SamplesPerPixel", 1)),
            bits=int(header.BitsAllocated),
            stored_bits=int(header.BitsStored),
            signed=int(header.PixelRepresentation) == 1,
            photometric=str(header.PhotometricInterpretation),
            by_plane=int(header.get("SamplesPerPixel", 1)) > 1 and int(header.get("PlanarConfiguration") or 0) == 1,
        )
        high_bit = int(header.HighBit)
    except (AttributeError, TypeError, ValueError) as error:
        raise CannotRecode(Obstacle.PIXEL_DATA) from error
    if geometry.bits not in (8, 16) or geometry.samples not in (1, 3):
        raise CannotRecode(Obstacle.SAMPLES)
    if geometry.photometric not in (_GREY if geometry.samples == 1 else _COLOUR):
        raise CannotRecode(Obstacle.COLOUR_SPACE)
    if geometry.stored_bits > geometry.bits or high_bit != geometry.stored_bits - 1:
        raise CannotRecode(Obstacle.UNUSED_BITS)
    promised = geometry.frame_bytes * frames
    padding = bytes(pixels[promised:])
    if not promised or len(pixels) < promised or padding not in (b"", b"\0" * (promised % 2)):
        raise CannotRecode(Obstacle.PIXEL_DATA)
    return geometry
