"""Transcodes a frame or an instance to an uncompressed transfer syntax."""

from __future__ import annotations

import io
import zlib
from typing import Final

import numpy as np
from pydicom import dcmwrite
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels.utils import pixel_array
from pydicom.uid import UID

from pacs.dataset.part10 import head
from pacs.errors import UnreadableData
from pacs.pixels.opened import (
    DEFLATED,
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    HTJ2K,
    IMPLICIT_LITTLE,
    NATIVE,
    WORD_BYTES,
    Unreadable,
    little_endian,
    little_endian_pixels,
)
from storage.open_transactions import outside_transaction

DEFLATED_FRAMES: Final = "1.2.840.10008.1.2.8.1"
"""Deflated Image Frame Compression (PS3.5 A.4.14): each frame a deflate stream of native pixels."""
MAX_FRAME_BYTES: Final = 512 << 20
"""Largest decoded frame; Rows and Columns of a hostile header may promise more."""
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


def decoded(header: Dataset, syntax: str, frame: bytes, *, rgb: bool) -> np.ndarray:
    """One frame as (rows, columns) or (rows, columns, samples); ``rgb`` converts YBR.

    ``frame`` comes from `StoredInstance.frame`: a native one is in little endian.

    Raises:
        NotDecodable: no decoder takes the frame, or it is shorter than the header promises.

    """
    outside_transaction("decoding a frame")
    bits = _number(header, "BitsAllocated")
    promised = _number(header, "Rows") * _number(header, "Columns") * max(1, _number(header, "SamplesPerPixel"))
    if not promised or not bits:
        raise NotDecodable("no image")
    if promised * ((bits + 7) // 8) > MAX_FRAME_BYTES:
        raise NotDecodable("too large")
    if syntax == DEFLATED_FRAMES:
        frame, syntax = _inflated(frame, MAX_FRAME_BYTES), EXPLICIT_LITTLE
    if bits in (32, 64) and "PixelRepresentation" not in header and syntax in NATIVE:
        return _float(frame, header, bits)
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
    try:
        return pixel_array(single, index=0, raw=not rgb)
    except Exception as error:
        raise NotDecodable("pixels") from error


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
        return _packed(array)
    return array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()


def _is_ybr_as_native(header: Dataset, syntax: str) -> bool:
    """Whether the samples of the codestream equal the native ones, without a colour transform (PS3.5 8.2.4)."""
    return syntax in HTJ2K and str(header.get("PhotometricInterpretation", "")) == "YBR_FULL"


def _packed(array: np.ndarray) -> bytes:
    """Pack single bits, the first pixel in the least significant one (PS3.5 8.1.1)."""
    return np.packbits(array.ravel(), bitorder="little").tobytes()


def _pixels_in(whole: Dataset) -> int:
    return _number(whole, "Rows") * _number(whole, "Columns") * max(1, _number(whole, "NumberOfFrames"))


def to_little(whole: FileDataset, wanted: str = EXPLICIT_LITTLE) -> bytes:
    """A PS3.10 file in Explicit or Implicit VR Little Endian.

    Raises:
        NotDecodable: the pixels cannot be decoded.

    """
    syntax = str(whole.file_meta.TransferSyntaxUID)
    if syntax not in NATIVE:
        try:
            whole.decompress(as_rgb=not _is_ybr_as_native(whole, syntax), generate_instance_uid=False)
        except Exception as error:
            raise NotDecodable("pixels") from error
        if _number(whole, "BitsAllocated") == 1:  # pydicom decodes to a byte for each pixel
            bits = _packed(np.frombuffer(whole.PixelData, np.uint8)[: _pixels_in(whole)])
            whole.PixelData = bits + b"\0" * (len(bits) % 2)
    elif syntax == EXPLICIT_BIG:
        if "PixelData" in whole:
            whole["PixelData"].value = little_endian_pixels(whole)
        _swap_words(whole)
    return file_bytes(whole, wanted)


def file_bytes(dataset: FileDataset, syntax: str) -> bytes:
    """The data set as a PS3.10 file, with an empty preamble and our meta information.

    Raises:
        Unreadable: an element cannot be written.

    """
    before = str(dataset.file_meta.TransferSyntaxUID)
    plain = Dataset()
    plain.update(dataset)
    out = io.BytesIO()
    try:
        if syntax != before:
            for _ in plain.iterall():
                pass  # converts elements that are still raw in the encoding that they were read from
        dcmwrite(
            out,
            plain,
            implicit_vr=syntax == IMPLICIT_LITTLE,
            little_endian=syntax != EXPLICIT_BIG,
            force_encoding=True,
            enforce_file_format=False,
        )
    except Exception as error:
        raise Unreadable("cannot be written") from error
    written = out.getvalue()
    if syntax in DEFLATED:
        deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        written = deflate.compress(written) + deflate.flush()
    meta = head(
        sop_class_uid=str(dataset.get("SOPClassUID") or dataset.file_meta.get("MediaStorageSOPClassUID", "")),
        sop_instance_uid=str(dataset.get("SOPInstanceUID", "")),
        transfer_syntax_uid=syntax,
    )
    return meta + written + b"\0" * (len(written) % 2)


def _swap_words(dataset: Dataset) -> None:
    """Swap the words of all elements except pixel data, at every depth; pydicom swaps numbers when it reads them."""
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value:
                _swap_words(item)
        elif element.VR in WORD_BYTES and element.tag.group != 0x7FE0 and isinstance(element.value, bytes):
            element.value = little_endian(element.value, WORD_BYTES[element.VR])


def _number(dataset: Dataset, keyword: str) -> int:
    try:
        return int(dataset.get(keyword) or 0)
    except (TypeError, ValueError):
        return 0
