"""Compaction: the HTJ2K form of a native image that takes its place for good, or why it stays as it came.

Nothing is taken for granted: each frame is decoded again, with the decoder that clients have, and all its bits are
compared; and every element of the new data set is compared with the one that came.
"""

from __future__ import annotations

import hashlib
import io
import json
import struct
import tempfile
import zlib
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import accumulate
from typing import IO, Any, Final

import numpy as np
from pydicom import dcmread
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset

from pacs.dataset import part10, tags
from pacs.dataset.elements import Path, Unreadable, elements
from pacs.dataset.explicit_encoding import explicit
from pacs.dataset.walk import Native, walk
from pacs.pixels.frames import HTJ2K_RPCL, htj2k
from pacs.pixels.opened import DEFLATED, EXPLICIT_BIG, EXPLICIT_LITTLE, MAX_INFLATED_BYTES, NATIVE, little_endian
from pacs.pixels.transcode import NotDecodable, decoded
from storage.index.queries import Instance
from storage.instance_row import Ranges
from storage.rewriting.new_segment import Local, Recoded

PLANAR_CONFIGURATION: Final = 0x00280006
_GROUP_LENGTH: Final = 0x00280000
_SIGNATURES: Final = frozenset((0xFFFAFFFA, 0x4FFE0001))
"""Digital Signatures and MAC Parameters Sequence (PS3.3 C.12.1.1.3): they are of the bytes as they came."""
_GREY: Final = frozenset(("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR"))
_COLOUR: Final = {"RGB": "YBR_RCT", "YBR_FULL": "YBR_FULL"}
"""What the codestream makes of a colour space (PS3.5 8.2.4): RGB is transformed reversibly, others are not."""
_IN_MEMORY: Final = 32 << 20
"""Bytes of codestreams that are kept in memory; more go to a file."""
_COD: Final = b"\xff\x52"
_SOT: Final = b"\xff\x90"
_RPCL: Final = 2
_LARGEST: Final = 512 << 20
_OFFSETS_MAX: Final = 0xFFFFFFFF
_CHUNK: Final = 1 << 20


class Stays(StrEnum):
    """Why an instance stays as it came."""

    NO_IMAGE = "no_image"
    NOT_DESCRIBED = "not_described"
    """Not yet: its description has to be there first."""
    COMPRESSED = "compressed"
    SAMPLES = "samples"
    """Single bits, 32 or 64 bits, floats."""
    COLOUR_SPACE = "colour_space"
    SIGNED = "signed"
    """Digital signatures or MACs."""
    TOO_LARGE = "too_large"
    """Whoever cannot take the codestreams would be given native pixels that are put together in memory."""
    UNUSED_BITS = "unused_bits"
    """The bits above Bits Stored hold something: viewers of codestreams would show it."""
    PIXEL_DATA = "pixel_data"
    """Its length is not what Rows, Columns and frames make, or the structure does not hold."""
    NOT_EQUAL = "not_equal"
    """It does not come back as it was."""
    NOT_SMALLER = "not_smaller"


class _Stay(Exception):
    def __init__(self, why: Stays) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, kw_only=True)
class _Geometry:
    """What an image says of its pixels."""

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
class _Source:
    """A data set in pieces: before its pixel data, the pixels in little endian, and what follows."""

    syntax: str
    before: bytes
    pixels: memoryview
    after: bytes


@dataclass(kw_only=True)
class _Codestreams:
    file: IO[bytes]
    lengths: list[int] = field(default_factory=list[int])
    digest: bytes = b""


@contextmanager
def recode(local: Local, instance: Instance) -> Generator[Recoded | None]:
    """What `storage.rewriting.rewrite.rewrite` asks of who knows DICOM."""
    with attempt(local, instance) as made:
        yield None if isinstance(made, Stays) else made


@contextmanager
def attempt(local: Local, instance: Instance) -> Generator[Recoded | Stays]:
    """The HTJ2K form, or why there is none.

    In memory are one frame in some copies, the header, and at most 32 MB of codestreams; of a deflated or big-endian
    image all of it.
    """
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        try:
            made: Recoded | Stays = _made(local, instance, _Codestreams(file=file))
        except _Stay as stay:
            made = stay.why
        yield made


def _made(local: Local, instance: Instance, into: _Codestreams) -> Recoded:
    if not instance.frames:
        raise _Stay(Stays.NO_IMAGE)
    if instance.transfer_syntax_uid not in NATIVE:
        raise _Stay(Stays.COMPRESSED)
    if instance.size > _LARGEST:
        raise _Stay(Stays.TOO_LARGE)
    if instance.description is None:
        raise _Stay(Stays.NOT_DESCRIBED)
    try:
        source = _source(local, instance)
        header = _header(source.before, source.syntax)
        geometry = _geometry(header, instance.frames, source.pixels)
        before, after = _rewritten(source, geometry)
    except (Unreadable, zlib.error, struct.error) as unreadable:
        raise _Stay(Stays.PIXEL_DATA) from unreadable
    _encode(source.pixels, geometry, instance.frames, _header(before, EXPLICIT_LITTLE), into)
    tables, table = _tables(into.lengths)
    head = part10.head(
        sop_class_uid=instance.sop_class_uid,
        sop_instance_uid=instance.sop_instance_uid,
        transfer_syntax_uid=HTJ2K_RPCL,
    )
    opening = head + before + tables + struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, 0xFFFFFFFF) + _item(table)
    closing = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0) + after
    size = len(opening) + sum(8 + _even(length) for length in into.lengths) + len(closing)
    if size >= instance.size:
        raise _Stay(Stays.NOT_SMALLER)
    return Recoded(
        chunks=lambda: _chunks(opening, into, closing),
        size=size,
        head_size=len(head),
        transfer_syntax_uid=HTJ2K_RPCL,
        frame_ranges=_ranges(len(opening), into.lengths),
        pixel_digest=into.digest,
        description=_described(instance.description, geometry),
    )


# -- what came


def _source(local: Local, instance: Instance) -> _Source:
    stored = local.view(instance)[instance.dataset_offset :]
    syntax = instance.transfer_syntax_uid
    if syntax in DEFLATED:
        stream = zlib.decompressobj(-zlib.MAX_WBITS)
        stored = memoryview(stream.decompress(stored, MAX_INFLATED_BYTES))
        if stream.unconsumed_tail:
            raise _Stay(Stays.PIXEL_DATA)
        syntax = EXPLICIT_LITTLE
    walked = walk(stored, syntax)
    pixels = walked.pixels
    if walked.problem is not None or not isinstance(pixels, Native):
        raise _Stay(Stays.PIXEL_DATA)
    if pixels.tag != tags.PIXEL_DATA:
        raise _Stay(Stays.SAMPLES)
    head_bytes = 8 if syntax not in (EXPLICIT_LITTLE, EXPLICIT_BIG) else 12
    end = pixels.offset + pixels.length
    value = stored[pixels.offset : end]
    if syntax == EXPLICIT_BIG and bytes(stored[pixels.offset - 8 : pixels.offset - 6]) == b"OW":
        value = memoryview(little_endian(bytes(value), 2))
    before = bytes(stored[: pixels.offset - head_bytes])
    return _Source(syntax=syntax, before=before, pixels=value, after=bytes(stored[end : walked.end]))


def _header(before: bytes, syntax: str) -> Dataset:
    """The elements before the pixel data, raw; their values lie behind a head of ours."""
    head = part10.head(sop_class_uid="1.2", sop_instance_uid="1.2", transfer_syntax_uid=syntax)
    try:
        return dcmread(io.BytesIO(head + before), force=True)
    except Exception as error:
        raise _Stay(Stays.PIXEL_DATA) from error


def _geometry(header: Dataset, frames: int, pixels: memoryview) -> _Geometry:
    try:
        geometry = _Geometry(
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
        raise _Stay(Stays.PIXEL_DATA) from error
    if geometry.bits not in (8, 16) or geometry.samples not in (1, 3):
        raise _Stay(Stays.SAMPLES)
    if geometry.photometric not in (_GREY if geometry.samples == 1 else _COLOUR):
        raise _Stay(Stays.COLOUR_SPACE)
    if geometry.stored_bits > geometry.bits or high_bit != geometry.stored_bits - 1:
        raise _Stay(Stays.UNUSED_BITS)
    promised = geometry.frame_bytes * frames
    padding = bytes(pixels[promised:])
    if not promised or len(pixels) < promised or padding not in (b"", b"\0" * (promised % 2)):
        raise _Stay(Stays.PIXEL_DATA)
    return geometry


# -- what becomes of it


def _rewritten(source: _Source, geometry: _Geometry) -> tuple[bytes, bytes]:
    """What stands before and behind the pixel data, in explicit little endian; all elements are what they were."""
    before, after = source.before, source.after
    if source.syntax != EXPLICIT_LITTLE:
        before, after = (explicit(part, source.syntax, signed=geometry.signed) for part in (before, after))
    changed = {}
    if geometry.coded_as != geometry.photometric:
        changed[tags.PHOTOMETRIC_INTERPRETATION] = geometry.coded_as.encode()
    if geometry.by_plane:
        changed[PLANAR_CONFIGURATION] = b"\0\0"
    before = _changed(before, changed)
    old = _elements(source.before, source.syntax) | _elements(source.after, source.syntax)
    new = _elements(before, EXPLICIT_LITTLE) | _elements(after, EXPLICIT_LITTLE)
    if any(tag in _SIGNATURES for path in old for tag in path[::2]):
        raise _Stay(Stays.SIGNED)
    if {path: new.get(path) for path in old} != old | {(tag,): _padded(value) for tag, value in changed.items()}:
        raise _Stay(Stays.NOT_EQUAL)
    if len(new) != len(old):
        raise _Stay(Stays.NOT_EQUAL)
    return before, after


def _elements(part: bytes, syntax: str) -> dict[Path, bytes]:
    """Each element by its path, without group lengths: they are the encoding's. Raises: Unreadable."""
    return {path: raw for path, _, raw in elements(part, syntax) if path[-1] & 0xFFFF or path[-1] <= 0xFFFF}


def _changed(before: bytes, values: Mapping[int, bytes]) -> bytes:
    """Top-level elements of short explicit VRs in group 0028 with other values.

    Raises:
        _Stay: one of them is not there, or not as it should be.

    """
    if not values:
        return before
    header = _header(before, EXPLICIT_LITTLE)
    head_bytes = len(part10.head(sop_class_uid="1.2", sop_instance_uid="1.2", transfer_syntax_uid=EXPLICIT_LITTLE))
    made, rest = b"", before
    places: dict[int, tuple[int, int]] = {}
    for tag in (*values, _GROUP_LENGTH):
        raw = header.get_item(tag) if tag in header else None
        if isinstance(raw, RawDataElement):
            places[tag] = (raw.value_tell - head_bytes, raw.length)
        elif tag in values:
            raise _Stay(Stays.PIXEL_DATA)
    grown = sum(len(_padded(value)) - places[tag][1] for tag, value in values.items())
    replaced = {tag: _padded(value) for tag, value in values.items()}
    if _GROUP_LENGTH in places:
        at, length = places[_GROUP_LENGTH]
        replaced[_GROUP_LENGTH] = (int.from_bytes(before[at : at + length], "little") + grown).to_bytes(
            length, "little"
        )
    for tag in sorted(replaced, reverse=True):
        at, length = places[tag]
        value = replaced[tag]
        rest, made = rest[: at - 2], struct.pack("<H", len(value)) + value + rest[at + length :] + made
    return rest + made


def _encode(pixels: memoryview, geometry: _Geometry, frames: int, header: Dataset, into: _Codestreams) -> None:
    """Every frame as a codestream that gives back all its bits. Raises: _Stay."""
    digest = hashlib.sha256()
    for number in range(frames):
        start = number * geometry.frame_bytes
        array = _array(pixels[start : start + geometry.frame_bytes], geometry)
        try:
            codestream = htj2k(array, rgb=geometry.photometric == "RGB")
            again = decoded(header, HTJ2K_RPCL, codestream, rgb=False)
        except NotDecodable as error:
            raise _Stay(Stays.NOT_EQUAL) from error
        alike = (again.dtype.kind, again.dtype.itemsize) == (array.dtype.kind, array.dtype.itemsize)
        if not alike or not np.array_equal(again, array) or not _is_labelled_right(codestream, geometry):
            raise _Stay(Stays.NOT_EQUAL)
        digest.update(array.tobytes())
        into.file.write(_item(codestream))
        into.lengths.append(len(codestream))
        if into.file.tell() >= len(pixels):
            raise _Stay(Stays.NOT_SMALLER)
    into.digest = digest.digest()


def _array(frame: memoryview, geometry: _Geometry) -> np.ndarray:
    """(rows, columns) or (rows, columns, samples) in little endian, all allocated bits. Raises: _Stay."""
    flat = np.frombuffer(frame, f"<{'i' if geometry.signed else 'u'}{geometry.bits // 8}")
    unused = geometry.bits - geometry.stored_bits
    if unused and not np.array_equal(flat << unused >> unused, flat):
        raise _Stay(Stays.UNUSED_BITS)
    if geometry.samples == 1:
        return flat.reshape(geometry.rows, geometry.columns)
    if geometry.by_plane:
        return flat.reshape(geometry.samples, geometry.rows, geometry.columns).transpose(1, 2, 0)
    return flat.reshape(geometry.rows, geometry.columns, geometry.samples)


def _is_labelled_right(codestream: bytes, geometry: _Geometry) -> bool:
    """Whether it is in RPCL order, and its samples are transformed just where the label will say so."""
    at = 2  # behind SOC; markers of the main header each say their length (ISO/IEC 15444-1 A.2)
    while codestream[at : at + 2] != _COD:
        if codestream[at : at + 1] != b"\xff" or codestream[at : at + 2] == _SOT:
            return False
        at += 2 + int.from_bytes(codestream[at + 2 : at + 4], "big")
    order, transformed = codestream[at + 5], codestream[at + 8]
    return order == _RPCL and transformed == (geometry.coded_as == "YBR_RCT")


def _tables(lengths: Sequence[int]) -> tuple[bytes, bytes]:
    """The Extended Offset Table where offsets do not fit into 32 bits, and the basic one (PS3.5 A.4, C.7.6.3.1.8)."""
    evens = [_even(length) for length in lengths]
    offsets = [0, *accumulate(8 + length for length in evens[:-1])]
    if offsets[-1] <= _OFFSETS_MAX:
        return b"", struct.pack(f"<{len(offsets)}I", *offsets)
    values = (struct.pack(f"<{len(each)}Q", *each) for each in (offsets, evens))
    heads = (struct.pack("<HH2sHI", 0x7FE0, element, b"OV", 0, 8 * len(offsets)) for element in (0x0001, 0x0002))
    return b"".join(head + value for head, value in zip(heads, values, strict=True)), b""


def _item(content: bytes) -> bytes:
    return struct.pack("<HHI", 0xFFFE, 0xE000, _even(len(content))) + content + b"\0" * (len(content) % 2)


def _even(length: int) -> int:
    return length + length % 2


def _padded(value: bytes) -> bytes:
    return value + b" " * (len(value) % 2)


def _ranges(start: int, lengths: Sequence[int]) -> Ranges:
    """Where each codestream lies in the file, without the byte that makes it even."""
    starts = accumulate((8 + _even(length) for length in lengths[:-1]), initial=start + 8)
    return tuple(zip(starts, lengths, strict=True))


def _chunks(opening: bytes, coded: _Codestreams, closing: bytes) -> Iterator[bytes]:
    yield opening
    coded.file.seek(0)
    while chunk := coded.file.read(_CHUNK):
        yield chunk
    yield closing


def _described(description: bytes, geometry: _Geometry) -> bytes:
    """As it was: who decodes the codestream has the pixels of the native form, but for the order of planes."""
    if not geometry.by_plane:
        return description
    told: dict[str, Any] = json.loads(zlib.decompress(description))
    told[f"{PLANAR_CONFIGURATION:08X}"] = {"vr": "US", "Value": [0]}
    return zlib.compress(json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode(), 6)
