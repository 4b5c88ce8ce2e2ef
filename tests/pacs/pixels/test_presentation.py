"""White, black and the colours of a screen, by PS3.3 C.7.6.3.1.2, C.11.6 and C.11.15."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageCms

from pacs.pixels.presentation import colours_in_8_bits, in_srgb, is_inverse
from tests.pacs.pixels.shades import header


@pytest.mark.parametrize(
    ("photometric", "shape", "inverse"),
    [
        ("MONOCHROME1", None, True),
        ("MONOCHROME2", None, False),
        ("MONOCHROME1", "INVERSE", True),
        ("MONOCHROME2", "IDENTITY", False),
        ("MONOCHROME2", "INVERSE", True),
        ("MONOCHROME1", "IDENTITY", False),
    ],
)
def test_the_shape_says_it_before_the_photometric_interpretation(
    photometric: str, shape: str | None, inverse: bool
) -> None:
    said = {} if shape is None else {"PresentationLUTShape": shape}

    assert is_inverse(header(PhotometricInterpretation=photometric, **said)) is inverse


def with_red_as_blue(profile: bytes) -> bytes:
    """The profile with its red and blue colorants exchanged (ICC.1 9.2)."""
    return profile.replace(b"rXYZ", b"tmp_").replace(b"bXYZ", b"rXYZ").replace(b"tmp_", b"bXYZ")


def test_a_profile_takes_colours_to_the_screen() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture = Image.fromarray(np.array([[[200, 100, 50]]], np.uint8))

    same = np.asarray(in_srgb(picture, header(ICCProfile=srgb)))
    turned = np.asarray(in_srgb(picture, header(ICCProfile=with_red_as_blue(srgb))))
    damaged = np.asarray(in_srgb(picture, header(ICCProfile=b"\0" * 64)))

    assert np.abs(same.astype(int) - [200, 100, 50]).max() <= 1
    assert np.abs(turned.astype(int) - [50, 100, 200]).max() <= 1
    assert damaged.tolist() == [[[200, 100, 50]]]


def test_colours_of_more_bits_lose_the_lowest() -> None:
    made = header(BitsStored=12)

    assert colours_in_8_bits(np.array([[[0, 2048, 4095]]], "<u2"), made).tolist() == [[[0, 127, 255]]]
    made.BitsStored = 32
    assert colours_in_8_bits(np.array([[[0, 1 << 31, (1 << 32) - 1]]], "<u4"), made).tolist() == [[[0, 127, 255]]]
