"""Codecs: every codestream comes back as the samples that its header describes (PS3.5 8.2, A.4)."""

from __future__ import annotations

import io
from typing import Final

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from pacs.pixels.codecs import samples
from pacs.pixels.codestream import NotDecodable, jpeg_header
from pacs.pixels.image_pixel import ImagePixel
from tests.codestreams import (
    HTJ2K,
    HTJ2K_LOSSLESS,
    HTJ2K_RPCL,
    JPEG_2000_LOSSLESS,
    JPEG_BASELINE,
    JPEG_EXTENDED,
    JPEG_LOSSLESS,
    JPEG_LOSSLESS_SV1,
    JPEG_LS,
    RLE,
    codestream,
    numbered_from_zero,
    rle,
    without_markers,
)

LOSSLESS: Final = (
    RLE,
    JPEG_LOSSLESS,
    JPEG_LOSSLESS_SV1,
    JPEG_LS,
    JPEG_2000_LOSSLESS,
    HTJ2K_LOSSLESS,
    HTJ2K_RPCL,
)
QUARTERS: Final = ((200, 30, 30), (30, 200, 30), (30, 30, 200), (200, 200, 30))
"""Colours of an image of 64 x 64 pixels: its quarters, from the left above."""


def described(array: np.ndarray, photometric: str, *, bits: int | None = None) -> ImagePixel:
    return ImagePixel(
        rows=array.shape[0],
        columns=array.shape[1],
        samples=1 if array.ndim == 2 else 3,
        bits=8 * array.itemsize,
        stored_bits=bits or 8 * array.itemsize,
        signed=array.dtype.kind == "i",
        photometric=photometric,
        by_plane=False,
    )


def slopes(kind: str, *, bits: int, colour: bool = False) -> np.ndarray:
    """37 x 29 samples that use every one of ``bits``, and no even number of them."""
    row, column = np.mgrid[:37, :29]
    lowest = -(1 << bits - 1) if kind.startswith("i") else 0
    planes = [((row * (each + 3) + column * (5 - each)) << bits) // 400 % (1 << bits) + lowest for each in range(3)]
    return np.stack(planes, -1).astype(kind) if colour else planes[0].astype(kind)


def quarters() -> np.ndarray:
    made = np.zeros((64, 64, 3), np.uint8)
    made[:32, :32], made[:32, 32:], made[32:, :32], made[32:, 32:] = QUARTERS
    return made


def of_quarters(array: np.ndarray) -> list[tuple[int, ...]]:
    return [tuple(int(each) for each in array[y, x]) for y, x in ((16, 16), (16, 48), (48, 16), (48, 48))]


@pytest.mark.parametrize("syntax", LOSSLESS)
@pytest.mark.parametrize(("kind", "bits"), [("u1", 8), ("i1", 8), ("u2", 12), ("i2", 12), ("u2", 16), ("i2", 16)])
def test_grey_comes_back_exactly(syntax: str, kind: str, bits: int) -> None:
    sent = slopes(kind, bits=bits)

    got = samples(codestream(sent, syntax, bits=bits), syntax, described(sent, "MONOCHROME2", bits=bits)).array

    assert got.dtype == sent.dtype
    assert np.array_equal(got, sent)


@pytest.mark.parametrize("syntax", LOSSLESS)
@pytest.mark.parametrize("photometric", ["RGB", "YBR_FULL", "YBR_RCT"])
@pytest.mark.parametrize("kind", ["u1", "u2"])
def test_colour_comes_back_exactly(syntax: str, photometric: str, kind: str) -> None:
    sent = slopes(kind, bits=8 * int(kind[1]), colour=True)
    coded = codestream(sent, syntax, bits=8 * sent.itemsize, transform=photometric == "YBR_RCT")

    got = samples(coded, syntax, described(sent, photometric))

    assert np.array_equal(got.array, sent)
    assert got.photometric == ("YBR_FULL" if photometric == "YBR_FULL" else "RGB")


@pytest.mark.parametrize("photometric", ["RGB", "YBR_FULL_422"])
def test_jpeg_is_as_near_as_its_quality(photometric: str) -> None:
    sent = slopes("u1", bits=8, colour=True)
    coded = codestream(sent, JPEG_BASELINE, bits=8, transform=photometric != "RGB")

    got = samples(coded, JPEG_BASELINE, described(sent, photometric), rgb=True)

    assert got.photometric == "RGB"
    assert np.abs(got.array.astype(int) - sent).max() <= 4


def test_jpeg_of_twelve_bits_comes_back_at_its_height() -> None:
    sent = slopes("u2", bits=12)

    got = samples(codestream(sent, JPEG_EXTENDED, bits=12), JPEG_EXTENDED, described(sent, "MONOCHROME2", bits=12))

    assert np.abs(got.array.astype(int) - sent).max() <= 2


def jfif(colour: np.ndarray, subsampling: int = 0) -> bytes:
    out = io.BytesIO()
    Image.fromarray(colour).save(out, "JPEG", quality=95, subsampling=subsampling)
    return out.getvalue()


def adobe(colour: np.ndarray) -> bytes:
    """As libjpeg writes RGB: Adobe's marker with transform 0, and components called R, G and B."""
    return bytes(imagecodecs.jpeg8_encode(colour, level=95, colorspace="RGB", outcolorspace="RGB"))


@pytest.mark.parametrize("header", ["RGB", "YBR_FULL", "YBR_FULL_422"])
@pytest.mark.parametrize(
    "codestream_",
    [
        pytest.param(jfif(quarters()), id="JFIF"),
        pytest.param(without_markers(jfif(quarters())), id="no marker, components 1, 2, 3"),
        pytest.param(without_markers(jfif(quarters(), subsampling=1)), id="no marker, chroma of half the width"),
        pytest.param(adobe(quarters()), id="Adobe without a transform"),
        pytest.param(without_markers(adobe(quarters())), id="no marker, components R, G, B"),
    ],
)
def test_a_jpeg_that_says_its_colours_is_believed_before_the_header(header: str, codestream_: bytes) -> None:
    got = samples(codestream_, JPEG_BASELINE, described(quarters(), header), rgb=True)

    for colour, expected in zip(of_quarters(got.array), QUARTERS, strict=True):
        assert np.abs(np.subtract(colour, expected)).max() <= 4


@pytest.mark.parametrize("header", ["RGB", "YBR_FULL"])
def test_a_jpeg_that_says_nothing_is_what_the_header_says(header: str) -> None:
    silent = numbered_from_zero(without_markers(adobe(quarters()) if header == "RGB" else jfif(quarters())))

    got = samples(silent, JPEG_BASELINE, described(quarters(), header), rgb=True)

    assert jpeg_header(silent).ycbcr is None
    assert np.abs(np.subtract(of_quarters(got.array)[0], QUARTERS[0])).max() <= 4


def test_a_codestream_of_another_size_than_its_header_is_not_decoded() -> None:
    sent = slopes("u2", bits=16)
    small = described(sent[:-1], "MONOCHROME2")

    for syntax in LOSSLESS[1:]:
        with pytest.raises(NotDecodable, match="size"):
            samples(codestream(sent, syntax, bits=16), syntax, small)


def test_more_bits_than_the_header_allocates_are_not_cut_off() -> None:
    sent = slopes("u2", bits=16)

    with pytest.raises(NotDecodable, match="precision"):
        samples(codestream(sent, JPEG_LS, bits=16), JPEG_LS, described(sent.astype("u1"), "MONOCHROME2"))


@pytest.mark.parametrize("syntax", [JPEG_2000_LOSSLESS, HTJ2K_RPCL])
def test_samples_that_a_codestream_calls_unsigned_take_the_sign_of_the_header(syntax: str) -> None:
    sent = slopes("i2", bits=16)

    got = samples(codestream(sent.view("u2"), syntax, bits=16), syntax, described(sent, "MONOCHROME2"))

    assert np.array_equal(got.array, sent)


def test_lossy_htj2k_of_black_and_white_does_not_overflow() -> None:
    sent = np.kron(np.indices((8, 8)).sum(0) % 2, np.ones((8, 8), int)).astype("u1") * 255

    got = samples(
        bytes(imagecodecs.htj2k_encode(sent, reversible=False, level=0.05)), HTJ2K, described(sent, "MONOCHROME2")
    )

    assert np.abs(got.array.astype(int) - sent).max() < 128


def test_single_bits_in_rle_are_unpacked_from_the_lowest() -> None:
    sent = (np.indices((7, 9)).sum(0) % 3 == 0).astype("u1")
    packed = np.packbits(sent.ravel(), bitorder="little").reshape(1, -1)
    image = described(sent, "MONOCHROME2", bits=1)
    single = ImagePixel(**{**image.__dict__, "bits": 1})

    assert np.array_equal(samples(rle(packed), RLE, single).array, sent)


def test_rle_segments_may_be_padded_and_not_cut() -> None:
    sent = slopes("u1", bits=8)
    padded = rle(sent) + b"\x03pads"
    cut = rle(sent)[:-40]

    assert np.array_equal(samples(padded, RLE, described(sent, "MONOCHROME2")).array, sent)
    with pytest.raises(NotDecodable):
        samples(cut, RLE, described(sent, "MONOCHROME2"))


@pytest.mark.parametrize("syntax", [*LOSSLESS, JPEG_BASELINE, "1.2.840.10008.1.2.4.100"])
@pytest.mark.parametrize("broken", [b"", b"\0" * 200, b"\xff\xd8\xff\xda", b"\xff\x4f\xff\x51\0\x29" + b"\xff" * 60])
def test_what_is_no_codestream_is_not_decodable(syntax: str, broken: bytes) -> None:
    with pytest.raises(NotDecodable):
        samples(broken, syntax, described(slopes("u1", bits=8), "MONOCHROME2"))


@pytest.mark.parametrize("syntax", [JPEG_BASELINE, JPEG_LOSSLESS_SV1, JPEG_LS])
def test_a_jpeg_that_is_cut_is_not_made_up(syntax: str) -> None:
    """Decoders fill what is missing with grey or black, which looks like tissue that ends."""
    sent = slopes("u1", bits=8)
    whole = codestream(sent, syntax, bits=8)
    image = described(sent, "MONOCHROME2")

    assert samples(whole + b"\0", syntax, image).array.shape == sent.shape
    for kept in (len(whole) // 2, len(whole) - 2):
        with pytest.raises(NotDecodable):
            samples(whole[:kept] + b"\0" * (kept % 2), syntax, image)
