"""The presentation LUT: which end of the grey levels is white, and how colours reach 8 bits (PS3.3 C.11.6)."""

from __future__ import annotations

import io
from typing import Any, Final, cast

import numpy as np
from PIL import Image, ImageCms
from pydicom.dataset import Dataset

_SRGB: Final = ImageCms.createProfile("sRGB")


def is_inverse(header: Dataset) -> bool:
    """Whether the highest value is black.

    Presentation LUT Shape says it (PS3.3 C.8.11.3.1.2, C.11.6), or else Photometric Interpretation: with MONOCHROME1
    the lowest value is white (C.7.6.3.1.2).
    """
    shape = str(header.get("PresentationLUTShape") or "")
    if shape in ("IDENTITY", "INVERSE"):
        return shape == "INVERSE"
    return str(header.get("PhotometricInterpretation", "")) == "MONOCHROME1"


def colours_in_8_bits(array: np.ndarray, header: Dataset) -> np.ndarray:
    """RGB of any bits as RGB of 8."""
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array[..., :3])
    bits = int(header.get("BitsStored") or 16)
    return (array[..., :3].astype(np.uint64) * 255 // max(1, (1 << bits) - 1)).clip(0, 255).astype(np.uint8)


def in_srgb(image: Image.Image, header: Dataset) -> Image.Image:
    """A colour picture as screens take it, where the header says what its colours are (ICC Profile, PS3.3 C.11.15).

    A profile that cannot be read describes nothing: the colours stay as they are stored.
    """
    paths = header.get("OpticalPathSequence") or [Dataset()]  # PS3.3 C.8.12.5: whole slides have it there
    profile = header.get("ICCProfile") or paths[0].get("ICCProfile")
    if image.mode != "RGB" or not isinstance(profile, bytes):
        return image
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if cast("Any", own.profile).xcolor_space.strip() != "RGB":
            return image
        return ImageCms.profileToProfile(image, own, _SRGB) or image
    except (ImageCms.PyCMSError, OSError):
        return image
