"""Whether two encodings hold the same instance: equal elements and equal pixels."""

from __future__ import annotations

import io
import warnings
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

import numpy as np
from pydicom import dcmread

from pacs.dataset import part10, tags
from pacs.dataset.elements import BrokenStructure, Path, elements
from pacs.dataset.walk import DEFLATED
from pacs.pixels.opened import EXPLICIT_LITTLE, NATIVE, encapsulated_frames, native_frame
from pacs.pixels.transcode import decoded

_MAX_INFLATED: Final = 256 << 20
_TRAILING_PADDING: Final = 0xFFFCFFFC
# PS3.5 8.2: these attributes change with the encoding of the pixels; extended offset tables exist only with it.
OF_THE_CODING: Final = frozenset(
    ((tags.PHOTOMETRIC_INTERPRETATION,), (0x00280006,), (0x00280008,), (0x7FE00001,), (0x7FE00002,))
)
_NUMBERS: Final = frozenset((b"AT", b"FD", b"FL", b"SL", b"SS", b"SV", b"UL", b"US", b"UV"))


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """An encoded data set, without File Meta Information."""

    dataset: bytes
    transfer_syntax: str


def same_instance(one: Encoded, other: Encoded) -> bool:
    """Whether elements and pixels are equal; False where one of the two cannot be read or decoded."""
    try:
        ours, theirs = inflated(one), inflated(other)
        mine, their_own = elements_of(ours), elements_of(theirs)
    except (BrokenStructure, zlib.error):
        return False
    pixels = [(found.pop((tag,), None)) for found in (mine, their_own) for tag in sorted(tags.PIXELS)]
    recoded = ours.transfer_syntax != theirs.transfer_syntax and not (
        ours.transfer_syntax in NATIVE and theirs.transfer_syntax in NATIVE
    )
    if recoded:
        for path in OF_THE_CODING:
            mine.pop(path, None)
            their_own.pop(path, None)
    if mine != their_own:
        return False
    half = len(tags.PIXELS)
    if pixels[:half] == pixels[half:]:
        return True
    return recoded and None not in (pixels[half - 1], pixels[-1]) and same_pixels(ours, theirs)


def inflated(encoded: Encoded) -> Encoded:
    """The data set, inflated where its syntax is deflated. Raises: zlib.error."""
    if encoded.transfer_syntax not in DEFLATED:
        return encoded
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    return Encoded(dataset=stream.decompress(encoded.dataset, _MAX_INFLATED), transfer_syntax=EXPLICIT_LITTLE)


def elements_of(encoded: Encoded) -> dict[Path, bytes]:
    """Each element by its path, without those that belong to the encoding. Raises: BrokenStructure."""
    found: dict[Path, bytes] = {}
    for path, vr, raw in elements(encoded.dataset, encoded.transfer_syntax):
        # Group lengths and padding belong to the encoding, not to the instance.
        if path[-1] & 0xFFFF == 0 and path[-1] > 0xFFFF:
            continue
        if path[-1] != _TRAILING_PADDING:
            # Padding at the end of a value has no meaning (PS3.5 6.2), and toolkits write more or less of it.
            # Private elements have no VR in implicit VR, so they are compared without padding too.
            exact = vr in _NUMBERS and not path[-1] & 0x10000
            found[path] = raw if exact else raw.rstrip(b"\0 ")
    return found


def same_pixels(one: Encoded, other: Encoded) -> bool:
    """Whether all pixels are equal; frames are decoded one by one, so that memory holds two at most."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydicom's warnings quote values
            frames = zip_longest(_frames(one), _frames(other))
            return all(ours is not None and theirs is not None and _equal(ours, theirs) for ours, theirs in frames)
    except Exception:  # noqa: BLE001 # whatever a decoder raises, a person decides then
        return False


def _frames(encoded: Encoded) -> Iterator[np.ndarray]:
    head = part10.head(sop_class_uid="1.2", sop_instance_uid="1.2", transfer_syntax_uid=encoded.transfer_syntax)
    whole = dcmread(io.BytesIO(head + encoded.dataset), force=True)
    count = int(whole.get("NumberOfFrames") or 1)
    if encoded.transfer_syntax in NATIVE:
        frames: Iterable[bytes] = (native_frame(whole, number, count) for number in range(1, count + 1))
    else:
        frames = encapsulated_frames(whole, count)
    return (decoded(whole, encoded.transfer_syntax, frame, rgb=True) for frame in frames)


def _equal(ours: np.ndarray, theirs: np.ndarray) -> bool:
    kinds = [(one.dtype.kind, one.dtype.itemsize) for one in (ours, theirs)]  # whatever the byte order
    return kinds[0] == kinds[1] and bool(np.array_equal(ours, theirs))
