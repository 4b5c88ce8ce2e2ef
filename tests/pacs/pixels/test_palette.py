"""Palettes, by PS3.3 C.7.6.3.1.5, C.7.6.3.1.6 and C.7.9.2."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset

from pacs.pixels.lookup_table import BIG, LITTLE
from pacs.pixels.palette import BadPalette, is_supplemental, palette_of
from tests.pacs.pixels.shades import header, row

RAMP = bytes(range(256))
WORDS = np.arange(256, dtype="<u2").tobytes()


def coloured(descriptor: list[int], red: Any, *, segmented: bool = False, vr: str = "US", **shown: Any) -> Dataset:
    """A header whose green and blue are black."""
    made = header(**{"PhotometricInterpretation": "PALETTE COLOR"} | shown)
    for colour, data in (("Red", red), ("Green", bytes(len(red))), ("Blue", bytes(len(red)))):
        made.add_new(f"{colour}PaletteColorLookupTableDescriptor", vr, descriptor)
        black = b""
        if segmented and colour != "Red":
            count = descriptor[0]
            black = np.array([0, 1, 0, 1, count - 1, 0], "<u2").tobytes()
        made.add_new(f"{'Segmented' if segmented else ''}{colour}PaletteColorLookupTableData", "OW", black or data)
    return made


def red_of(made: Dataset, values: np.ndarray, words: str = LITTLE) -> list[int]:
    return palette_of(made, words)(values)[0, :, 0].tolist()


@pytest.mark.parametrize(
    ("descriptor", "red", "values", "expected"),
    [
        ([256, 0, 8], RAMP, [0, 64, 255], [0, 64, 255]),
        ([256, 0, 8], WORDS, [0, 64, 255], [0, 64, 255]),  # a word an entry
        ([256, 0, 16], WORDS, [0, 64, 255], [0, 64, 255]),  # and 16 bits that are 8
        ([255, 0, 8], RAMP[:255] + b"\0", [0, 254, 255], [0, 254, 254]),  # the padding is no entry
        ([1024, 0, 8], bytes(i // 4 for i in range(1024)), [0, 256, 1023, 4000], [0, 64, 255, 255]),
        (
            [4, 10, 16],
            np.array([0, 0x1234, 0x80FF, 0xFFFF], "<u2").tobytes(),
            [0, 10, 11, 12, 13],
            [0, 0, 18, 128, 255],
        ),
    ],
)
def test_entries_are_found_whatever_their_layout(
    descriptor: list[int], red: bytes, values: list[int], expected: list[int]
) -> None:
    assert red_of(coloured(descriptor, red), row(*values)) == expected


def test_a_table_of_65536_entries_says_0() -> None:
    red = np.arange(65536, dtype="<u2").tobytes()

    assert red_of(coloured([0, 0, 16], red), row(0, 256, 65535)) == [0, 1, 255]


def test_the_first_value_of_signed_pixels_is_signed() -> None:
    made = coloured([4, 65534, 8], b"\1\2\3\4", PixelRepresentation=1)

    assert red_of(made, row(-3, -2, -1, 0, 1, 2, dtype="<i2")) == [1, 1, 2, 3, 4, 4]


def test_words_in_big_endian_are_turned() -> None:
    red = np.array([0, 0x8000, 0xFFFF], ">u2").tobytes()

    assert red_of(coloured([3, 0, 16], red), row(0, 1, 2), BIG) == [0, 128, 255]


def test_segments_are_expanded() -> None:
    """Two entries, a line of four, and the first segment once more: 0, 256, 20 % steps to 51456, 0, 256."""
    units = [0, 2, 0, 256, 1, 4, 51456, 2, 1, 0, 0]
    made = coloured([8, 0, 16], np.array(units, "<u2").tobytes(), segmented=True)

    assert red_of(made, row(*range(8))) == [0, 1, 51, 101, 151, 201, 0, 1]


@pytest.mark.parametrize(
    "units", [[1, 4, 7], [3, 1, 1, 1], [2, 1, 0, 0], [0, 1, 5, 2, 1, 3, 0], [0, 1, 5, 2, 9, 99, 0]]
)
def test_segments_that_lead_nowhere_are_refused(units: list[int]) -> None:
    with pytest.raises(BadPalette):
        palette_of(coloured([8, 0, 16], np.array(units, "<u2").tobytes(), segmented=True), LITTLE)


def test_a_missing_table_is_refused() -> None:
    made = coloured([4, 0, 8], b"\1\2\3\4")
    del made.BluePaletteColorLookupTableData

    with pytest.raises(BadPalette):
        palette_of(made, LITTLE)


def test_only_a_frame_that_says_colour_is_supplemented() -> None:
    made = coloured([4, 0, 8], b"\1\2\3\4", PhotometricInterpretation="MONOCHROME2")

    assert not is_supplemental(made)
    made.PixelPresentation = "COLOR"
    assert is_supplemental(made)
