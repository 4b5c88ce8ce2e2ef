"""The one family of codecs, imagecodecs: decodes a codestream into the samples that its header describes.

What each decoder gives back, measured with imagecodecs 2026.3.6: libjpeg-turbo unsigned samples in the colours that it
is asked for; CharLS unsigned ones, colour by pixel in every interleave mode; OpenJPEG and OpenJPH samples as signed as
the codestream says, without its component transform, colour by pixel. OpenJPH lets samples of the lossy filter
overflow, so OpenJPEG decodes those. PackBits is unpacked segment by segment.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

import imagecodecs
import numpy as np

from pacs.pixels.codestream import Codestream, NotDecodable, NotSupported, is_cut, jpeg2000_header, jpeg_header
from pacs.pixels.image_pixel import JPEG_2000, JPEG_LOSSLESS, JPEG_LOSSY, JPEG_LS, RLE, ImagePixel, recoded_photometric
from pacs.pixels.opened import HTJ2K

DECODABLE: Final = JPEG_LOSSY | JPEG_LOSSLESS | JPEG_LS | JPEG_2000 | HTJ2K | {RLE}
"""Transfer syntaxes of codestreams that `samples` decodes."""
_RLE_HEADER_BYTES: Final = 64
_RLE_EXCESS_BYTES: Final = 1024
"""A segment may decode to more than its pixels by padding of its encoder."""


@dataclass(frozen=True, kw_only=True)
class Samples:
    """One decoded frame with all allocated bits."""

    array: np.ndarray
    """(rows, columns) or (rows, columns, samples), little endian, of the header's sample type."""
    photometric: str
    """What its colours are: RGB, YBR_FULL or the header's."""


def samples(frame: bytes, syntax: str, image: ImagePixel, *, rgb: bool = False) -> Samples:
    """Decode a codestream; ``rgb``: where the decoder itself can convert YCbCr, it does.

    Memory is bounded by the header: a codestream of another size is not decoded.

    Raises:
        NotDecodable: no decoder takes it, or it contradicts its header.

    """
    if image.sample_bytes not in (1, 2, 4, 8) or not image.frame_bytes:
        raise NotSupported("no image")
    photometric = recoded_photometric(image.photometric)
    if syntax in JPEG_LOSSY | JPEG_LOSSLESS | JPEG_LS and is_cut(frame):
        raise NotDecodable("it stops before its end")
    try:
        if syntax in JPEG_LOSSY:
            return _jpeg(frame, image, rgb=rgb)
        if syntax in JPEG_LOSSLESS | JPEG_LS:
            told = _checked(jpeg_header(frame), image)
            return _as_header(_predicted(frame, syntax, image), image, told, photometric)
        if syntax in JPEG_2000 | HTJ2K:
            told = _checked(jpeg2000_header(frame), image)
            fast = syntax in HTJ2K and not told.irreversible
            array = (imagecodecs.htj2k_decode if fast else imagecodecs.jpeg2k_decode)(frame, planar=False)
            return _as_header(array, image, told, photometric)
        if syntax == RLE:
            return Samples(array=_rle(frame, image), photometric=photometric)
    except NotDecodable:
        raise
    except Exception as error:  # each codec has errors of its own, and they are all the frame's
        raise NotDecodable("pixels") from error
    raise NotSupported("transfer syntax")


def is_ycbcr(told: Codestream, photometric: str) -> bool:
    """Whether three components of a JPEG codestream are YCbCr: its own word before the header's (docs/pictures.md)."""
    return photometric.startswith("YBR") if told.ycbcr is None else told.ycbcr


def _jpeg(frame: bytes, image: ImagePixel, *, rgb: bool) -> Samples:
    told = _checked(jpeg_header(frame), image)
    if image.samples == 1:
        return _as_header(imagecodecs.jpeg8_decode(frame), image, told, image.photometric)
    if image.samples != 3:
        raise NotSupported("components")
    ycbcr = is_ycbcr(told, image.photometric)
    coded = "YCBCR" if ycbcr else "RGB"
    array = imagecodecs.jpeg8_decode(frame, colorspace=coded, outcolorspace="RGB" if rgb else coded)
    return _as_header(array, image, told, "YBR_FULL" if ycbcr and not rgb else "RGB")


def _predicted(frame: bytes, syntax: str, image: ImagePixel) -> np.ndarray:
    """Samples of JPEG-LS or lossless JPEG, without a colour transform."""
    if syntax in JPEG_LS:
        return imagecodecs.jpegls_decode(frame)
    if image.samples == 1:
        return imagecodecs.jpeg8_decode(frame)
    return imagecodecs.jpeg8_decode(frame, colorspace="RGB", outcolorspace="RGB")


def _checked(told: Codestream, image: ImagePixel) -> Codestream:
    if (told.rows, told.columns, told.components) != (image.rows, image.columns, image.samples):
        raise NotDecodable("size")
    if told.precision > 8 * image.sample_bytes:
        raise NotDecodable("precision")
    return told


def _as_header(array: np.ndarray, image: ImagePixel, told: Codestream, photometric: str) -> Samples:
    """Samples in the header's type; where codestream and header differ in the sign, the coded bits count."""
    kind = f"<{'i' if image.signed else 'u'}{image.sample_bytes}"
    if array.shape[:2] != (image.rows, image.columns):
        raise NotDecodable("size")
    if told.signed == image.signed:
        return Samples(array=array.astype(kind, copy=False), photometric=photometric)
    unused = 8 * image.sample_bytes - told.precision
    bits = array.astype(f"<u{image.sample_bytes}", copy=False)
    return Samples(array=(bits << unused).view(kind) >> unused, photometric=photometric)


def _rle(frame: bytes, image: ImagePixel) -> np.ndarray:
    """RLE Lossless (PS3.5 G): a segment for each byte of a sample, the highest first, and for each component."""
    if len(frame) < _RLE_HEADER_BYTES:
        raise NotDecodable("RLE header")
    count, *offsets = struct.unpack_from("<16I", frame)
    if count != image.samples * image.sample_bytes:
        raise NotDecodable("RLE segments")
    pixels = image.rows * image.columns
    needed = (pixels + 7) // 8 if image.bits == 1 else pixels
    planes = np.empty((image.samples, needed, image.sample_bytes), np.uint8)
    ends = [*offsets[1:count], len(frame)]
    room = bytearray(needed + _RLE_EXCESS_BYTES)
    for at, (start, end) in enumerate(zip(offsets, ends, strict=False)):
        content = np.frombuffer(imagecodecs.packbits_decode(frame[start:end], out=room), np.uint8)
        if content.size < needed:
            raise NotDecodable("RLE segment")
        sample, byte = divmod(at, image.sample_bytes)
        planes[sample, :, image.sample_bytes - 1 - byte] = content[:needed]
    array = planes.reshape(-1)
    if image.bits == 1:
        array = np.unpackbits(planes[..., 0], axis=1, count=pixels, bitorder="little").reshape(-1)
    kind = f"<{'i' if image.signed and image.bits > 1 else 'u'}{image.sample_bytes}"
    array = array.view(kind).reshape(image.samples, image.rows, image.columns)
    return array[0] if image.samples == 1 else np.ascontiguousarray(array.transpose(1, 2, 0))
