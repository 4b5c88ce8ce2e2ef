"""The Image Pixel Module (PS3.3 C.7.6.3): what the samples of an instance are, as stored and once they are recoded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pydicom.dataset import Dataset

JPEG_LOSSY: Final = frozenset(f"1.2.840.10008.1.2.4.{number}" for number in (50, 51, 53, 55))
JPEG_LOSSLESS: Final = frozenset(("1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70"))
JPEG_LS: Final = frozenset(("1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"))
JPEG_2000: Final = frozenset(("1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"))
RLE: Final = "1.2.840.10008.1.2.5"
_TRANSFORMED: Final = frozenset(("YBR_RCT", "YBR_ICT"))
"""Component transforms of JPEG 2000, which its decoder takes back (PS3.5 8.2.4)."""


@dataclass(frozen=True, kw_only=True)
class ImagePixel:
    rows: int
    columns: int
    samples: int
    bits: int
    """Bits Allocated."""
    stored_bits: int
    signed: bool
    photometric: str
    by_plane: bool

    @property
    def sample_bytes(self) -> int:
        """Bytes of a decoded sample; a single bit takes one."""
        return (self.bits + 7) // 8

    @property
    def frame_bytes(self) -> int:
        """Bytes of a decoded frame; 0 where there is no image."""
        return self.rows * self.columns * self.samples * self.sample_bytes


def image_pixel(header: Dataset) -> ImagePixel:
    """The module of a header; what is missing or no number is 0, and of a type that defaults, its default."""
    bits = _number(header, "BitsAllocated")
    return ImagePixel(
        rows=_number(header, "Rows"),
        columns=_number(header, "Columns"),
        samples=_number(header, "SamplesPerPixel") or 1,
        bits=bits,
        stored_bits=_number(header, "BitsStored") or bits,
        signed=_number(header, "PixelRepresentation") == 1,
        photometric=str(header.get("PhotometricInterpretation", "")),
        by_plane=_number(header, "SamplesPerPixel") > 1 and _number(header, "PlanarConfiguration") == 1,
    )


def recoded_photometric(photometric: str) -> str:
    """Photometric Interpretation of frames that leave in another form than the stored one.

    JPEG 2000's transforms are taken back, and every pixel has its own chroma. YBR_FULL stays: converting it would
    change its samples, and whoever has the JPEG codestream instead is told the truth by it too.
    """
    if photometric in _TRANSFORMED:
        return "RGB"
    return "YBR_FULL" if photometric == "YBR_FULL_422" else photometric


def is_by_pixel(header: Dataset) -> bool:
    """Whether native samples lie as they go out: colour by pixel, each pixel with its own chroma."""
    image = image_pixel(header)
    return not image.by_plane and recoded_photometric(image.photometric) == image.photometric


def _number(dataset: Dataset, keyword: str) -> int:
    try:
        return max(0, int(dataset.get(keyword) or 0))
    except (TypeError, ValueError):
        return 0
