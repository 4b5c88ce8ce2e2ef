"""The forms in which a frame goes out: as stored, native, or HTJ2K lossless RPCL encoded on demand."""

from __future__ import annotations

from typing import Final

import imagecodecs
import numpy as np
from pydicom.dataset import Dataset

from pacs.pixels.codecs import is_ycbcr
from pacs.pixels.codestream import NotDecodable, NotSupported, is_cut, jpeg2000_header, jpeg_header
from pacs.pixels.image_pixel import JPEG_2000, JPEG_LOSSLESS, JPEG_LOSSY, JPEG_LS, is_by_pixel, recoded_photometric
from pacs.pixels.memory import MEMORY
from pacs.pixels.opened import EXPLICIT_LITTLE, NATIVE, StoredInstance
from pacs.pixels.transcode import decoded, frame_bytes, memory_for, native
from storage.open_transactions import outside_transaction

OCTETS: Final = "application/octet-stream"
HTJ2K_RPCL: Final = "1.2.840.10008.1.2.4.202"
HTJ2K_MEDIA: Final = "image/jphc"
# PS3.18 Tables 8.7.3-2 and 8.7.3-4: media types of stored codestreams.
MEDIA_OF: Final = {
    "1.2.840.10008.1.2.4.50": "image/jpeg",
    "1.2.840.10008.1.2.4.51": "image/jpeg",
    "1.2.840.10008.1.2.4.57": "image/jpeg",
    "1.2.840.10008.1.2.4.70": "image/jpeg",
    "1.2.840.10008.1.2.4.80": "image/jls",
    "1.2.840.10008.1.2.4.81": "image/jls",
    "1.2.840.10008.1.2.4.90": "image/jp2",
    "1.2.840.10008.1.2.4.91": "image/jp2",
    "1.2.840.10008.1.2.4.92": "image/jpx",
    "1.2.840.10008.1.2.4.93": "image/jpx",
    "1.2.840.10008.1.2.4.201": HTJ2K_MEDIA,
    "1.2.840.10008.1.2.4.202": HTJ2K_MEDIA,
    "1.2.840.10008.1.2.4.203": HTJ2K_MEDIA,
    "1.2.840.10008.1.2.5": "image/dicom-rle",
}
LOSSLESS: Final = NATIVE | {
    "1.2.840.10008.1.2.4.57",
    "1.2.840.10008.1.2.4.70",
    "1.2.840.10008.1.2.4.80",
    "1.2.840.10008.1.2.4.90",
    "1.2.840.10008.1.2.4.201",
    "1.2.840.10008.1.2.4.202",
    "1.2.840.10008.1.2.5",
}
# YBR_FULL would be as exact, but decoders in browsers show it in wrong colours.
_ELIGIBLE: Final = frozenset(("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR", "RGB"))
LOWEST_RESOLUTION_PIXELS: Final = 64


def stored_syntax(opened: StoredInstance) -> str:
    """The transfer syntax of frames that are sent as stored; native ones are in little endian."""
    return EXPLICIT_LITTLE if opened.syntax in NATIVE else opened.syntax


def stored_media(opened: StoredInstance) -> str:
    return MEDIA_OF.get(opened.syntax, OCTETS)


def may_be_htj2k(opened: StoredInstance, header: Dataset, number: int) -> bool:
    """Whether HTJ2K reproduces the pixels of frame ``number`` exactly, and is worth it.

    True for integer samples of 8 or 16 bits (OpenJPEG cannot read 32) that were not lossy before. Of the lossy ones for
    those that decoders in browsers take for something else.
    """
    return (
        opened.instance.frames > 0
        and "FloatPixelData" not in header
        and header.get("BitsAllocated") in (8, 16)
        and header.get("SamplesPerPixel", 1) in (1, 3)
        and recoded_photometric(str(header.get("PhotometricInterpretation", ""))) in _ELIGIBLE
        and (opened.syntax in LOSSLESS or is_misread(opened, header, number))
    )


def is_misread(opened: StoredInstance, header: Dataset, number: int) -> bool:
    """Whether decoders in browsers show a codestream otherwise than it is.

    Lossy JPEG with more than 8 bits or in other colours, JPEG 2000 of another sign than the header's; any JPEG that is
    cut, of which they draw the rest as though it were grey or black tissue.
    """
    try:
        if opened.syntax in JPEG_2000:
            return jpeg2000_header(opened.frame(number)).signed != (header.get("PixelRepresentation") == 1)
        if opened.syntax in JPEG_LOSSY | JPEG_LOSSLESS | JPEG_LS and is_cut(opened.frame(number)):
            return True
        if opened.syntax not in JPEG_LOSSY:
            return False
        told = jpeg_header(opened.frame(number))
    except NotDecodable:
        return False
    photometric = str(header.get("PhotometricInterpretation", ""))
    return told.precision > 8 or (told.components == 3 and told.guess != is_ycbcr(told, photometric))


def native_form(opened: StoredInstance, header: Dataset, number: int) -> bytes:
    """One frame in explicit little endian, as its metadata describe it.

    Raises:
        NoSuchFrame, Unreadable, NotDecodable: as the frame itself.
        TooLarge, Busy: see `pacs.pixels.memory`.

    """
    frame = opened.frame(number)
    if opened.syntax in NATIVE and is_by_pixel(header):
        return frame
    with MEMORY.hold(memory_for(header)):
        return native(header, opened.syntax, frame)


def htj2k_form(opened: StoredInstance, header: Dataset, number: int) -> bytes:
    """One frame as HTJ2K lossless RPCL, with TLM and a tile-part for each resolution.

    Raises:
        NoSuchFrame, Unreadable, NotDecodable: as the frame itself.
        TooLarge, Busy: see `pacs.pixels.memory`.

    """
    frame = opened.frame(number)
    if opened.syntax == HTJ2K_RPCL:
        return frame
    transformed = recoded_photometric(str(header.get("PhotometricInterpretation", ""))) == "RGB"
    with MEMORY.hold(memory_for(header) + 2 * frame_bytes(header)):  # with the codestream, which may grow
        return htj2k(decoded(header, opened.syntax, frame, rgb=False), rgb=transformed)


def htj2k(array: np.ndarray, *, rgb: bool) -> bytes:
    """Encode (rows, columns) or (rows, columns, 3) of 8 or 16 bit integers; the pixels come back exactly.

    ``rgb``: whether three samples get the reversible colour transform.

    Raises:
        NotDecodable: the encoder refuses the array.

    """
    outside_transaction("encoding a frame")
    if array.dtype.itemsize > 2 or array.dtype.kind not in "iu":
        raise NotSupported("sample type")
    resolutions = 0
    while max(array.shape[:2]) >> resolutions > LOWEST_RESOLUTION_PIXELS:
        resolutions += 1
    try:
        encoded = imagecodecs.htj2k_encode(
            np.ascontiguousarray(array),
            rgb=rgb and array.ndim > 2,
            reversible=True,
            tlm=True,
            tilepart=1,
            resolutions=resolutions,
        )
    except (RuntimeError, ValueError) as error:
        raise NotDecodable("encoder") from error
    return bytes(encoded)
