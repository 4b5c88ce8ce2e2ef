"""The header of a codestream: its size, samples and colours, read without decoding it."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from pacs.errors import UnreadableData

_SOC_SIZ: Final = b"\xff\x4f\xff\x51"
"""A JPEG 2000 codestream begins with these two markers (ISO/IEC 15444-1 A.2), also inside a JP2 file."""
_COD: Final = 0xFF52
_SOT: Final = 0xFF90
_LOSSLESS: Final = frozenset((0xC3, 0xF7))
"""Frames by prediction (ITU-T T.81 annex H) and of JPEG-LS (T.87)."""
_SOF: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC} | {0xF7}
_SOS: Final = 0xDA
_ALONE: Final = frozenset((0x01, *range(0xD0, 0xD9)))
"""Markers without a segment."""
_APP0: Final = 0xE0
_APP14: Final = 0xEE
_LETTERS: Final = ([82, 71, 66], [114, 103, 98])
"""Component identifiers "RGB" and "rgb"."""
_JFIF_NUMBERS: Final = [1, 2, 3]
_END: Final = b"\xff\xd9"
"""EOI: entropy-coded samples hold no such marker (ITU-T T.81 B.1.1.5, T.87 A.1)."""
_SCAN: Final = b"\xff\xda"


class NotDecodable(UnreadableData):
    """The pixels cannot be decoded; ``reason`` never quotes a value of the data set."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotSupported(NotDecodable):
    """Nothing is wrong with the pixels: no decoder here takes their kind (video, a sample type, colours)."""


@dataclass(frozen=True, kw_only=True)
class Codestream:
    rows: int
    columns: int
    components: int
    precision: int
    """Bits of a sample."""
    signed: bool = False
    irreversible: bool = False
    """JPEG 2000: the 9-7 filter, which loses; other codestreams say what they lose by their kind."""
    ycbcr: bool | None = None
    """JPEG with three components: whether they are YCbCr; None where the codestream does not say."""
    guess: bool = False
    """JPEG: whether a decoder that sees the codestream alone takes three components for YCbCr."""


def jpeg_header(data: bytes) -> Codestream:
    """The header of a JPEG or JPEG-LS codestream (ITU-T T.81 B.2, T.87 C.2).

    Raises:
        NotDecodable: it is none, or has no frame header.

    """
    jfif, adobe, at = False, None, 2
    if data[:2] != b"\xff\xd8":
        raise NotDecodable("no JPEG")
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            raise NotDecodable("JPEG marker")
        marker = data[at + 1]
        if marker == 0xFF or marker in _ALONE:  # fill bytes may stand before a marker
            at += 1 if marker == 0xFF else 2
            continue
        (length,) = struct.unpack_from(">H", data, at + 2)
        body = data[at + 4 : at + 2 + length]
        if marker == _APP0 and body.startswith(b"JFIF"):
            jfif = True
        elif marker == _APP14 and body.startswith(b"Adobe") and len(body) >= 12:
            adobe = body[11]
        elif marker in _SOF and len(body) >= 6 + 3 * body[5]:
            return _jpeg_frame(marker, body, jfif=jfif, adobe=adobe)
        elif marker == _SOS:
            break
        at += 2 + max(2, length)
    raise NotDecodable("no JPEG frame")


def _jpeg_frame(marker: int, body: bytes, *, jfif: bool, adobe: int | None) -> Codestream:
    precision, rows, columns, components = struct.unpack_from(">BHHB", body)
    identifiers = [body[6 + 3 * at] for at in range(components)]
    sampling = {body[7 + 3 * at] for at in range(components)}
    lossless = marker in _LOSSLESS
    return Codestream(
        rows=rows,
        columns=columns,
        components=components,
        precision=precision,
        ycbcr=None if components != 3 or lossless else _ycbcr(jfif, adobe, identifiers, sampling),
        guess=components == 3 and not lossless and _guess(jfif, adobe, identifiers),
    )


def _ycbcr(jfif: bool, adobe: int | None, identifiers: list[int], sampling: set[int]) -> bool | None:  # noqa: FBT001
    """What the markers say; without any, the component numbers of JFIF do, and chroma of fewer samples."""
    if jfif or adobe is not None:
        return jfif or adobe != 0
    if identifiers in _LETTERS:
        return False
    return True if len(sampling) > 1 or identifiers == _JFIF_NUMBERS else None


def _guess(jfif: bool, adobe: int | None, identifiers: list[int]) -> bool:  # noqa: FBT001
    """How libjpeg, and so a browser, sees three components: YCbCr but for Adobe's transform 0 and the letters RGB."""
    if jfif or adobe is not None:
        return jfif or adobe != 0
    return identifiers != _LETTERS[0]


def is_cut(data: bytes) -> bool:
    """Whether a JPEG or JPEG-LS codestream stops before its end: decoders make up what is missing, and say nothing.

    A picture of its own in an application segment has an end as well, before the last scan begins.
    """
    return data.rfind(_END) < data.rfind(_SCAN)


def jpeg2000_header(data: bytes) -> Codestream:
    """The header of a JPEG 2000 or HTJ2K codestream (ISO/IEC 15444-1 A.5, A.6).

    Raises:
        NotDecodable: it is none.

    """
    start = data.find(_SOC_SIZ)
    if start < 0 or len(data) < start + 46:
        raise NotDecodable("no JPEG 2000")
    right, bottom, left, top = struct.unpack_from(">4I", data, start + 8)
    (components,) = struct.unpack_from(">H", data, start + 40)
    depth = data[start + 42]
    return Codestream(
        rows=bottom - top,
        columns=right - left,
        components=components,
        precision=(depth & 0x7F) + 1,
        signed=bool(depth & 0x80),
        irreversible=_irreversible(data, start + 4 + int.from_bytes(data[start + 4 : start + 6], "big")),
    )


def _irreversible(data: bytes, at: int) -> bool:
    """Whether the coding style default (COD) in the main header names the 9-7 filter."""
    while at + 4 <= len(data):
        marker, length = struct.unpack_from(">HH", data, at)
        if marker == _SOT or marker < 0xFF00:
            return False
        if marker == _COD:
            return len(data) > at + 13 and data[at + 13] == 0
        at += 2 + length
    return False
