"""Decodes a frame, and says what memory that takes."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.utils import pixel_array
from pydicom.uid import UID

from pacs.errors import UnreadableData
from pacs.pixels.opened import EXPLICIT_LITTLE, HTJ2K, NATIVE
from storage.open_transactions import outside_transaction

DEFLATED_FRAMES: Final = "1.2.840.10008.1.2.8.1"
"""Deflated Image Frame Compression (PS3.5 A.4.14): each frame a deflate stream of native pixels."""
_COPIES: Final = 3
"""Times that a frame is in memory while it is decoded: fragments of the codestream's samples, array, result."""
_COLOUR_COPIES: Final = 9
"""More of them where colours are converted, which pydicom does in floating point."""
_DESCRIBING: Final = (
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "PlanarConfiguration",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
)


class NotDecodable(UnreadableData):
    """The pixels cannot be decoded; ``reason`` never quotes a value of the data set."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class Decoded:
    """One decoded frame, and what the decoder says of its colours."""

    array: np.ndarray
    """(rows, columns) or (rows, columns, samples)."""
    photometric: str
    by_plane: bool


def decoded(header: Dataset, syntax: str, frame: bytes, *, rgb: bool) -> np.ndarray:
    """One frame as (rows, columns) or (rows, columns, samples); ``rgb`` converts YBR.

    ``frame`` comes from `StoredInstance.frame`: a native one is in little endian. The caller holds `memory_for` bytes.

    Raises:
        NotDecodable: no decoder takes the frame, or it is shorter than the header promises.

    """
    outside_transaction("decoding a frame")
    bits = _number(header, "BitsAllocated")
    if not bits or not frame_bytes(header):
        raise NotDecodable("no image")
    if syntax == DEFLATED_FRAMES:
        frame, syntax = _inflated(frame, frame_bytes(header) + 1), EXPLICIT_LITTLE
    if bits in (32, 64) and "PixelRepresentation" not in header and syntax in NATIVE:
        return _float(frame, header, bits)
    try:
        return pixel_array(_single(header, syntax, frame), index=0, raw=not rgb)
    except Exception as error:
        raise NotDecodable("pixels") from error


def decoded_as_native(header: Dataset, syntax: str, frame: bytes) -> Decoded:
    """One compressed frame as it is written in a native syntax: colour becomes RGB, colour by pixel.

    Raises:
        NotDecodable: as `decoded`.

    """
    outside_transaction("decoding a frame")
    if not frame_bytes(header):
        raise NotDecodable("no image")
    try:
        options: dict[str, Any] = {"as_rgb": not _is_ybr_as_native(header, syntax)}
        array, told = get_decoder(UID(syntax)).as_array(_single(header, syntax, frame), index=0, **options)
    except Exception as error:
        raise NotDecodable("pixels") from error
    return Decoded(
        array=array,
        photometric=str(told["photometric_interpretation"]),
        by_plane=bool(told.get("planar_configuration", 0)),
    )


def frame_bytes(header: Dataset) -> int:
    """Bytes of a decoded frame, as the header promises; 0 where it promises no image."""
    pixels = _number(header, "Rows") * _number(header, "Columns") * max(1, _number(header, "SamplesPerPixel"))
    return max(0, pixels) * ((max(0, _number(header, "BitsAllocated")) + 7) // 8)


def memory_for(header: Dataset) -> int:
    """Bytes that decoding one frame takes, copies included: what the caller has to hold of `memory.MEMORY`."""
    converts = str(header.get("PhotometricInterpretation", "")).startswith("YBR")
    return frame_bytes(header) * (_COPIES + (_COLOUR_COPIES if converts else 0))


def _single(header: Dataset, syntax: str, frame: bytes) -> Dataset:
    """A data set with the one frame and what describes it."""
    bits = _number(header, "BitsAllocated")
    single = Dataset()
    for keyword in _DESCRIBING:
        if keyword in header:
            setattr(single, keyword, header[keyword].value)
    single.NumberOfFrames = 1
    single.file_meta = FileMetaDataset()
    native = syntax in NATIVE
    single.file_meta.TransferSyntaxUID = UID(EXPLICIT_LITTLE if native else syntax)
    single.PixelData = frame + b"\0" * (len(frame) % 2) if native else encapsulate([frame])
    single["PixelData"].VR = "OB" if bits <= 8 or not native else "OW"
    single["PixelData"].is_undefined_length = not native
    return single


def _float(frame: bytes, header: Dataset, bits: int) -> np.ndarray:
    """Float and Double Float Pixel Data, which have no Pixel Representation (PS3.3 C.7.6.24)."""
    try:
        return np.frombuffer(frame, f"<f{bits // 8}").reshape(header.Rows, header.Columns)
    except ValueError as error:
        raise NotDecodable("pixels") from error


def _inflated(frame: bytes, max_bytes: int) -> bytes:
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(frame, max_bytes)
    except zlib.error as error:
        raise NotDecodable("deflated") from error


def native(header: Dataset, syntax: str, frame: bytes) -> bytes:
    """A frame in explicit little endian; colour becomes RGB, colour by pixel.

    YBR_FULL in HTJ2K stays YBR_FULL, as the header says that the client has.

    Raises:
        NotDecodable: see `decoded`.

    """
    if syntax in NATIVE:
        return frame
    array = decoded(header, syntax, frame, rgb=not _is_ybr_as_native(header, syntax))
    if _number(header, "BitsAllocated") == 1:
        return packed(array)
    return array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()


def _is_ybr_as_native(header: Dataset, syntax: str) -> bool:
    """Whether the samples of the codestream equal the native ones, without a colour transform (PS3.5 8.2.4)."""
    return syntax in HTJ2K and str(header.get("PhotometricInterpretation", "")) == "YBR_FULL"


def packed(array: np.ndarray) -> bytes:
    """Pack single bits, the first pixel in the least significant one (PS3.5 8.1.1)."""
    return np.packbits(array.ravel(), bitorder="little").tobytes()


def _number(dataset: Dataset, keyword: str) -> int:
    try:
        return int(dataset.get(keyword) or 0)
    except (TypeError, ValueError):
        return 0
