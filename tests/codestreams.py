"""Frames encoded in every transfer syntax that a device may send, by imagecodecs and by rules of the standard."""

from __future__ import annotations

import struct
from typing import Final

import imagecodecs
import numpy as np

RLE: Final = "1.2.840.10008.1.2.5"
JPEG_BASELINE: Final = "1.2.840.10008.1.2.4.50"
JPEG_EXTENDED: Final = "1.2.840.10008.1.2.4.51"
JPEG_LOSSLESS: Final = "1.2.840.10008.1.2.4.57"
JPEG_LOSSLESS_SV1: Final = "1.2.840.10008.1.2.4.70"
JPEG_LS: Final = "1.2.840.10008.1.2.4.80"
JPEG_LS_NEAR: Final = "1.2.840.10008.1.2.4.81"
JPEG_2000_LOSSLESS: Final = "1.2.840.10008.1.2.4.90"
JPEG_2000: Final = "1.2.840.10008.1.2.4.91"
HTJ2K_LOSSLESS: Final = "1.2.840.10008.1.2.4.201"
HTJ2K_RPCL: Final = "1.2.840.10008.1.2.4.202"
HTJ2K: Final = "1.2.840.10008.1.2.4.203"
LOSSY: Final = frozenset((JPEG_BASELINE, JPEG_EXTENDED, JPEG_LS_NEAR, JPEG_2000, HTJ2K))


def codestream(array: np.ndarray, transfer_syntax: str, *, bits: int, transform: bool = False) -> bytes:
    """One frame of (rows, columns) or (rows, columns, 3) samples, of which ``bits`` are used.

    ``transform``: colours pass the component transform of JPEG 2000, or become YCbCr in JPEG.
    """
    colour = array.ndim > 2
    unsigned = array.view(f"u{array.itemsize}") & ((1 << bits) - 1)  # JPEG knows no sign
    match transfer_syntax:
        case "1.2.840.10008.1.2.5":
            return rle(array)
        case "1.2.840.10008.1.2.4.50" | "1.2.840.10008.1.2.4.51":
            spaces = {} if not colour else {"colorspace": "RGB", "outcolorspace": "YCBCR" if transform else "RGB"}
            return bytes(
                imagecodecs.jpeg8_encode(
                    unsigned, level=95, bitspersample=12 if bits > 8 else 8, subsampling="444", **spaces
                )
            )
        case "1.2.840.10008.1.2.4.57" | "1.2.840.10008.1.2.4.70":
            predictor = 1 if transfer_syntax == JPEG_LOSSLESS_SV1 else 6
            return bytes(
                imagecodecs.jpeg8_encode(unsigned, lossless=True, predictor=predictor, bitspersample=max(bits, 2))
            )
        case "1.2.840.10008.1.2.4.80" | "1.2.840.10008.1.2.4.81":
            return bytes(
                imagecodecs.jpegls_encode(array.view(unsigned.dtype), level=2 if transfer_syntax == JPEG_LS_NEAR else 0)
            )
        case "1.2.840.10008.1.2.4.90":
            return bytes(imagecodecs.jpeg2k_encode(array, codecformat="j2k", reversible=True, mct=transform))
        case "1.2.840.10008.1.2.4.91":
            return bytes(imagecodecs.jpeg2k_encode(array, codecformat="j2k", level=60, reversible=False, mct=transform))
        case _:
            lossless = transfer_syntax != HTJ2K
            more = {} if lossless else {"level": 0.001}
            return bytes(
                imagecodecs.htj2k_encode(
                    array, rgb=transform if colour else None, reversible=lossless, tlm=True, tilepart=1, **more
                )
            )


def rle(array: np.ndarray) -> bytes:
    """RLE Lossless (PS3.5 G): a segment for each byte of a sample, the highest first, each padded to an even length."""
    planes = [array[..., each] for each in range(array.shape[2])] if array.ndim > 2 else [array]
    segments = [
        packed + b"\0" * (len(packed) % 2)
        for plane in planes
        for at in reversed(range(array.itemsize))
        for packed in [
            _literal_rows(np.ascontiguousarray(plane).view(np.uint8).reshape(*plane.shape, -1)[..., at]),
        ]
    ]
    offsets, at = [], 64
    for segment in segments:
        offsets.append(at)
        at += len(segment)
    return struct.pack("<16I", len(segments), *offsets, *[0] * (15 - len(segments))) + b"".join(segments)


def _literal_rows(plane: np.ndarray) -> bytes:
    """PackBits that begins anew with each row, as G.3.1 asks."""
    return b"".join(bytes(imagecodecs.packbits_encode(row.tobytes())) for row in plane)


def without_markers(jpeg: bytes) -> bytes:
    """A JPEG without its application segments, as some ultrasound devices write it."""
    kept, at = jpeg[:2], 2
    while jpeg[at + 1] != 0xDA:
        (length,) = struct.unpack_from(">H", jpeg, at + 2)
        if not 0xE0 <= jpeg[at + 1] <= 0xEF:
            kept += jpeg[at : at + 2 + length]
        at += 2 + length
    return kept + jpeg[at:]


def numbered_from_zero(jpeg: bytes) -> bytes:
    """A baseline JPEG with the component numbers 0, 1 and 2, which say nothing of its colours."""
    at = jpeg.index(b"\xff\xc0") + 10
    scan = jpeg.index(b"\xff\xda") + 5
    changed = bytearray(jpeg)
    for each in range(3):
        changed[at + 3 * each] = changed[scan + 2 * each] = each
    return bytes(changed)
