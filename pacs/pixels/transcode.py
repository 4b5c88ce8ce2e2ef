"""Decodes a frame, and says what memory that takes."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Final

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels.processing import convert_color_space
from pydicom.pixels.utils import pixel_array
from pydicom.uid import UID

from pacs.pixels import codecs
from pacs.pixels.codestream import NotDecodable, NotSupported
from pacs.pixels.image_pixel import JPEG_LOSSLESS, JPEG_LOSSY, RLE, ImagePixel, image_pixel, recoded_photometric
from pacs.pixels.opened import EXPLICIT_LITTLE, HTJ2K, NATIVE
from storage.open_transactions import outside_transaction

DEFLATED_FRAMES: Final = "1.2.840.10008.1.2.8.1"
"""Deflated Image Frame Compression (PS3.5 A.4.14): each frame a deflate stream of native pixels."""
DECODABLE: Final = NATIVE | codecs.DECODABLE | {DEFLATED_FRAMES}
_COPIES: Final = 3
"""Times that a frame is in memory while it is decoded: fragments of the codestream's samples, array, result."""
_COLOUR_COPIES: Final = 9
"""More of them where colours are converted, which pydicom does in floating point."""
_WITH_UNUSED_BITS: Final = JPEG_LOSSY | JPEG_LOSSLESS | {RLE}
"""Codestreams whose samples may have more bits than Bits Stored; JPEG-LS and JPEG 2000 say their own precision."""
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


@dataclass(frozen=True, kw_only=True)
class Decoded:
    """One decoded frame as it is written in a native syntax, colour by pixel."""

    array: np.ndarray
    """(rows, columns) or (rows, columns, samples)."""
    photometric: str


def decoded(header: Dataset, syntax: str, frame: bytes, *, rgb: bool) -> np.ndarray:
    """One frame as (rows, columns) or (rows, columns, samples), its unused bits cleared.

    ``rgb`` converts YBR; without it the colours are those of `recoded_photometric`. ``frame`` comes from
    `StoredInstance.frame`: a native one is in little endian. The caller holds `memory_for` bytes.

    Raises:
        NotDecodable: no decoder takes the frame, or it is shorter than the header promises.

    """
    outside_transaction("decoding a frame")
    image = image_pixel(header)
    frame, syntax = _taken(frame, syntax, image)
    if syntax in NATIVE:
        return _native(header, image, frame, rgb=rgb)
    array = _coded(frame, syntax, image, "RGB" if rgb else recoded_photometric(image.photometric))
    unused = image.bits - image.stored_bits
    if syntax not in _WITH_UNUSED_BITS or not 0 < unused < image.bits:
        return array
    return array << unused >> unused


def decoded_as_native(header: Dataset, syntax: str, frame: bytes) -> Decoded:
    """One compressed frame as it is written in a file of a native syntax.

    Colour becomes RGB, since IODs such as Ultrasound know no native YBR_FULL (PS3.3 C.8.5.6.1.2); what compaction made
    of native YBR_FULL becomes that again. Every bit of the other samples stays.

    Raises:
        NotDecodable: as `decoded`.

    """
    outside_transaction("decoding a frame")
    image = image_pixel(header)
    photometric = recoded_photometric(image.photometric)
    if photometric == "YBR_FULL" and syntax not in HTJ2K:
        photometric = "RGB"
    return Decoded(array=_all_bits(header, syntax, frame, image, photometric), photometric=photometric)


def native(header: Dataset, syntax: str, frame: bytes) -> bytes:
    """A frame in explicit little endian with all its bits, colour by pixel, in the colours of `recoded_photometric`.

    Raises:
        NotDecodable: see `decoded`.

    """
    outside_transaction("decoding a frame")
    image = image_pixel(header)
    array = _all_bits(header, syntax, frame, image, recoded_photometric(image.photometric))
    return packed(array) if image.bits == 1 else array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()


def _all_bits(header: Dataset, syntax: str, frame: bytes, image: ImagePixel, photometric: str) -> np.ndarray:
    frame, syntax = _taken(frame, syntax, image)
    if syntax not in NATIVE:
        return _coded(frame, syntax, image, photometric)
    if image.by_plane and image.bits % 8 == 0 and len(frame) >= image.frame_bytes:
        planes = np.frombuffer(frame, f"<u{image.sample_bytes}", image.rows * image.columns * image.samples)
        return np.ascontiguousarray(planes.reshape(image.samples, image.rows, image.columns).transpose(1, 2, 0))
    return _native(header, image, frame, rgb=False)


def _taken(frame: bytes, syntax: str, image: ImagePixel) -> tuple[bytes, str]:
    """The frame and its syntax; a deflated one inflated."""
    if not image.frame_bytes:
        raise NotDecodable("no image")
    if syntax == DEFLATED_FRAMES:
        return _inflated(frame, image.frame_bytes + 1), EXPLICIT_LITTLE
    return frame, syntax


def _coded(frame: bytes, syntax: str, image: ImagePixel, photometric: str) -> np.ndarray:
    one = codecs.samples(frame, syntax, image, rgb=photometric == "RGB")
    if {one.photometric, photometric} == {"RGB", "YBR_FULL"}:
        try:
            return convert_color_space(one.array, one.photometric, photometric)
        except (ValueError, NotImplementedError) as error:
            raise NotSupported("colours") from error
    return one.array


def _native(header: Dataset, image: ImagePixel, frame: bytes, *, rgb: bool) -> np.ndarray:
    if image.bits in (32, 64) and "PixelRepresentation" not in header:
        return _float(frame, image)
    try:
        return pixel_array(_single(header, frame, image), index=0, raw=not rgb)
    except Exception as error:
        raise NotDecodable("pixels") from error


def frame_bytes(header: Dataset) -> int:
    """Bytes of a decoded frame, as the header promises; 0 where it promises no image."""
    return image_pixel(header).frame_bytes


def memory_for(header: Dataset) -> int:
    """Bytes that decoding one frame takes, copies included: what the caller has to hold of `memory.MEMORY`."""
    image = image_pixel(header)
    return image.frame_bytes * (_COPIES + (_COLOUR_COPIES if image.photometric.startswith("YBR") else 0))


def _single(header: Dataset, frame: bytes, image: ImagePixel) -> Dataset:
    """A data set with the one native frame and what describes it."""
    single = Dataset()
    for keyword in _DESCRIBING:
        if keyword in header:
            setattr(single, keyword, header[keyword].value)
    single.NumberOfFrames = 1
    single.file_meta = FileMetaDataset()
    single.file_meta.TransferSyntaxUID = UID(EXPLICIT_LITTLE)
    single.PixelData = frame + b"\0" * (len(frame) % 2)
    single["PixelData"].VR = "OB" if image.bits <= 8 else "OW"
    return single


def _float(frame: bytes, image: ImagePixel) -> np.ndarray:
    """Float and Double Float Pixel Data, which have no Pixel Representation (PS3.3 C.7.6.24)."""
    try:
        return np.frombuffer(frame, f"<f{image.bits // 8}").reshape(image.rows, image.columns)
    except ValueError as error:
        raise NotDecodable("pixels") from error


def _inflated(frame: bytes, max_bytes: int) -> bytes:
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(frame, max_bytes)
    except zlib.error as error:
        raise NotDecodable("deflated") from error


def packed(array: np.ndarray) -> bytes:
    """Pack single bits, the first pixel in the least significant one (PS3.5 8.1.1)."""
    return np.packbits(array.ravel(), bitorder="little").tobytes()
