"""Recodes a native image as HTJ2K for good, in compaction, once it is proved that nothing is lost.

Each frame is decoded again, with the decoder that clients have, and all its bits are compared; every element of the
new data set is compared with the received one.
"""

from __future__ import annotations

import hashlib
import json
import struct
import tempfile
import zlib
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any, Final

import numpy as np
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset

from pacs.dataset import part10, tags
from pacs.dataset.elements import BrokenStructure, Path, elements
from pacs.dataset.explicit_encoding import explicit
from pacs.pixels.encapsulation import even, frame_ranges, item, offset_tables
from pacs.pixels.frames import HTJ2K_RPCL, htj2k
from pacs.pixels.memory import MEMORY, TooLarge
from pacs.pixels.native_image import CannotRecode, Geometry, Obstacle, Source, geometry_of, header_of, taken_apart
from pacs.pixels.opened import EXPLICIT_LITTLE, NATIVE
from pacs.pixels.transcode import NotDecodable, decoded, memory_for
from storage.index.queries import Instance
from storage.rewriting.new_segment import Local, OtherForm

PLANAR_CONFIGURATION: Final = 0x00280006
_GROUP_LENGTH: Final = 0x00280000
_SIGNATURES: Final = frozenset((0xFFFAFFFA, 0x4FFE0001))
"""Digital Signatures and MAC Parameters Sequence (PS3.3 C.12.1.1.3), which are computed from the received bytes."""
_IN_MEMORY: Final = 32 << 20
"""Bytes of codestreams that are held in memory; more go to a file."""
_COD: Final = b"\xff\x52"
_SOT: Final = b"\xff\x90"
_RPCL: Final = 2
_LARGEST: Final = 512 << 20
_CHUNK: Final = 1 << 20


@dataclass(kw_only=True)
class _Codestreams:
    file: IO[bytes]
    lengths: list[int] = field(default_factory=list[int])
    digest: bytes = b""


@contextmanager
def recode(local: Local, instance: Instance) -> Generator[OtherForm | None]:
    """The HTJ2K form for `storage.rewriting.rewrite.rewrite`; None where the instance stays as it is."""
    with attempt(local, instance) as made:
        yield None if isinstance(made, Obstacle) else made


@contextmanager
def attempt(local: Local, instance: Instance) -> Generator[OtherForm | Obstacle]:
    """The HTJ2K form, or why there is none.

    Memory holds the header, a few copies of one frame and at most 32 MB of codestreams; a deflated or big-endian image
    is held whole.
    """
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        try:
            made: OtherForm | Obstacle = _recoded(local, instance, _Codestreams(file=file))
        except CannotRecode as refused:
            made = refused.obstacle
        yield made


def _recoded(local: Local, instance: Instance, into: _Codestreams) -> OtherForm:
    if not instance.frames:
        raise CannotRecode(Obstacle.NO_IMAGE)
    if instance.transfer_syntax_uid not in NATIVE:
        raise CannotRecode(Obstacle.COMPRESSED)
    if instance.size > _LARGEST:
        raise CannotRecode(Obstacle.TOO_LARGE)
    if instance.description is None:
        raise CannotRecode(Obstacle.NOT_DESCRIBED)
    try:
        source = taken_apart(local, instance)
        header = header_of(source.before, source.syntax)
        geometry = geometry_of(header, instance.frames, source.pixels)
        before, after = _rewritten(source, geometry)
    except (BrokenStructure, zlib.error, struct.error) as unreadable:
        raise CannotRecode(Obstacle.PIXEL_DATA) from unreadable
    _encode(source.pixels, geometry, instance.frames, header_of(before, EXPLICIT_LITTLE), into)
    tables, table = offset_tables(into.lengths)
    head = part10.head(
        sop_class_uid=instance.sop_class_uid,
        sop_instance_uid=instance.sop_instance_uid,
        transfer_syntax_uid=HTJ2K_RPCL,
    )
    opening = head + before + tables + struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, 0xFFFFFFFF) + item(table)
    closing = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0) + after
    size = len(opening) + sum(8 + even(length) for length in into.lengths) + len(closing)
    if size >= instance.size:
        raise CannotRecode(Obstacle.NOT_SMALLER)
    return OtherForm(
        chunks=lambda: _chunks(opening, into, closing),
        size=size,
        head_size=len(head),
        transfer_syntax_uid=HTJ2K_RPCL,
        frame_ranges=frame_ranges(len(opening), into.lengths),
        pixel_digest=into.digest,
        description=_described(instance.description, geometry),
    )


def _rewritten(source: Source, geometry: Geometry) -> tuple[bytes, bytes]:
    """The elements before and behind the pixel data, in explicit little endian and otherwise unchanged."""
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
        raise CannotRecode(Obstacle.SIGNED)
    if {path: new.get(path) for path in old} != old | {(tag,): _padded(value) for tag, value in changed.items()}:
        raise CannotRecode(Obstacle.NOT_EQUAL)
    if len(new) != len(old):
        raise CannotRecode(Obstacle.NOT_EQUAL)
    return before, after


def _elements(part: bytes, syntax: str) -> dict[Path, bytes]:
    """Each element by its path, without group lengths, which belong to the encoding. Raises: Unreadable."""
    return {path: raw for path, _, raw in elements(part, syntax) if path[-1] & 0xFFFF or path[-1] <= 0xFFFF}


def _changed(before: bytes, values: Mapping[int, bytes]) -> bytes:
    """``before`` with other values of top-level elements in group 0028 that have short explicit VRs.

    Raises:
        CannotRecode: one of them is not there, or not as it should be.

    """
    if not values:
        return before
    header = header_of(before, EXPLICIT_LITTLE)
    head_bytes = len(part10.head(sop_class_uid="1.2", sop_instance_uid="1.2", transfer_syntax_uid=EXPLICIT_LITTLE))
    made, rest = b"", before
    places: dict[int, tuple[int, int]] = {}
    for tag in (*values, _GROUP_LENGTH):
        raw = header.get_item(tag) if tag in header else None
        if isinstance(raw, RawDataElement):
            places[tag] = (raw.value_tell - head_bytes, raw.length)
        elif tag in values:
            raise CannotRecode(Obstacle.PIXEL_DATA)
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


def _encode(pixels: memoryview, geometry: Geometry, frames: int, header: Dataset, into: _Codestreams) -> None:
    """Encode every frame, and prove that decoding gives back all its bits. Raises: CannotRecode."""
    digest = hashlib.sha256()
    for number in range(frames):
        start = number * geometry.frame_bytes
        array = _array(pixels[start : start + geometry.frame_bytes], geometry)
        try:
            with MEMORY.hold(memory_for(header) + 2 * geometry.frame_bytes):
                codestream = htj2k(array, rgb=geometry.photometric == "RGB")
                again = decoded(header, HTJ2K_RPCL, codestream, rgb=False)
        except NotDecodable as error:
            raise CannotRecode(Obstacle.NOT_EQUAL) from error
        except TooLarge as error:
            raise CannotRecode(Obstacle.TOO_LARGE) from error
        alike = (again.dtype.kind, again.dtype.itemsize) == (array.dtype.kind, array.dtype.itemsize)
        if not alike or not np.array_equal(again, array) or not _matches_label(codestream, geometry):
            raise CannotRecode(Obstacle.NOT_EQUAL)
        digest.update(array.tobytes())
        into.file.write(item(codestream))
        into.lengths.append(len(codestream))
        if into.file.tell() >= len(pixels):
            raise CannotRecode(Obstacle.NOT_SMALLER)
    into.digest = digest.digest()


def _array(frame: memoryview, geometry: Geometry) -> np.ndarray:
    """(rows, columns) or (rows, columns, samples) in little endian, all allocated bits. Raises: CannotRecode."""
    flat = np.frombuffer(frame, f"<{'i' if geometry.signed else 'u'}{geometry.bits // 8}")
    unused = geometry.bits - geometry.stored_bits
    if unused and not np.array_equal(flat << unused >> unused, flat):
        raise CannotRecode(Obstacle.UNUSED_BITS)
    if geometry.samples == 1:
        return flat.reshape(geometry.rows, geometry.columns)
    if geometry.by_plane:
        return flat.reshape(geometry.samples, geometry.rows, geometry.columns).transpose(1, 2, 0)
    return flat.reshape(geometry.rows, geometry.columns, geometry.samples)


def _matches_label(codestream: bytes, geometry: Geometry) -> bool:
    """Whether the codestream is in RPCL order, and has the colour transform that the transfer syntax label will say."""
    at = 2  # behind SOC; markers of the main header each say their length (ISO/IEC 15444-1 A.2)
    while codestream[at : at + 2] != _COD:
        if codestream[at : at + 1] != b"\xff" or codestream[at : at + 2] == _SOT:
            return False
        at += 2 + int.from_bytes(codestream[at + 2 : at + 4], "big")
    order, transformed = codestream[at + 5], codestream[at + 8]
    return order == _RPCL and transformed == (geometry.coded_as == "YBR_RCT")


def _padded(value: bytes) -> bytes:
    return value + b" " * (len(value) % 2)


def _chunks(opening: bytes, coded: _Codestreams, closing: bytes) -> Iterator[bytes]:
    yield opening
    coded.file.seek(0)
    while chunk := coded.file.read(_CHUNK):
        yield chunk
    yield closing


def _described(description: bytes, geometry: Geometry) -> bytes:
    """The description of the new form: decoding gives the native pixels, but always colour by pixel."""
    if not geometry.by_plane:
        return description
    described: dict[str, Any] = json.loads(zlib.decompress(description))
    described[f"{PLANAR_CONFIGURATION:08X}"] = {"vr": "US", "Value": [0]}
    return zlib.compress(json.dumps(described, ensure_ascii=False, separators=(",", ":")).encode(), 6)
