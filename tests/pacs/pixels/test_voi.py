"""Windows and VOI tables, by PS3.3 C.11.2."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pacs.pixels.lookup_table import LITTLE, LookupTable
from pacs.pixels.modality import modality_of
from pacs.pixels.voi import Shape, Window, full_range, promised_range, voi_of
from tests.pacs.pixels.shades import IMPLICIT, header, row, table
from tests.wire import EXPLICIT_LITTLE


def voi(**shown: Any) -> Window | LookupTable | None:
    made = header(**shown)
    return voi_of(made, modality_of(made, LITTLE), LITTLE)


@pytest.mark.parametrize(
    ("center", "width", "function", "used"),
    [
        (50, 100, None, Window(center=50, width=100)),
        (50, 1, "LINEAR", Window(center=50, width=1)),
        (50, 0, "LINEAR", None),
        (50, "0.5", "LINEAR", None),
        (50, "0.5", "LINEAR_EXACT", Window(center=50, width=0.5, shape=Shape.LINEAR_EXACT)),
        (50, 0, "SIGMOID", None),
        (50, 10, "SIGMOID", Window(center=50, width=10, shape=Shape.SIGMOID)),
        ([40, -600], [400, 1500], None, Window(center=40, width=400)),
        ([0, -600], [0, 1500], None, Window(center=-600, width=1500)),
        (50, 100, "LOGARITHMIC", Window(center=50, width=100)),
        (50, None, None, None),
    ],
)
def test_the_first_window_that_means_something_is_used(center: Any, width: Any, function: Any, used: Any) -> None:
    shown: dict[str, Any] = {"WindowCenter": center} | ({} if width is None else {"WindowWidth": width})

    assert voi(**shown, **({} if function is None else {"VOILUTFunction": function})) == used


def test_a_window_of_one_is_a_threshold() -> None:
    """PS3.3 C.11.2.1.2.1: x <= c - 0.5 is black, x > c - 0.5 is white."""
    assert Window(center=500, width=1)(row(498, 499, 500, 501)).tolist() == [[0, 0, 255, 255]]


def test_the_window_goes_before_the_table_beside_it() -> None:
    assert isinstance(voi(VOILUTSequence=[table([2, 0, 8], [0, 255])], WindowCenter=1, WindowWidth=2), Window)
    assert isinstance(voi(VOILUTSequence=[table([2, 0, 8], [0, 255])], WindowCenter=1, WindowWidth=0), LookupTable)


@pytest.mark.parametrize(
    ("vr", "first", "syntax"), [("SS", -1024, EXPLICIT_LITTLE), ("US", 64512, EXPLICIT_LITTLE), ("US", 64512, IMPLICIT)]
)
def test_the_first_input_behind_a_negative_intercept_is_signed(vr: str, first: int, syntax: str) -> None:
    item = table([4096, first, 12], list(range(4096)), vr)
    made = header(syntax, VOILUTSequence=[item], RescaleSlope=1, RescaleIntercept=-1024)
    found = voi_of(made, modality_of(made, LITTLE), LITTLE)

    assert isinstance(found, LookupTable)
    assert found(row(-2000, -1024, -1023, 0, 4000, dtype="<i2")).tolist() == [[0, 0, 1, 1024, 4095]]


def test_values_below_the_first_input_get_the_first_entry() -> None:
    found = voi(VOILUTSequence=[table([2, 0, 12], [7, 4095])], RescaleSlope=1, RescaleIntercept=-16)

    assert isinstance(found, LookupTable)
    assert found(row(-16, -1, 0, 1, 2, dtype="<i2")).tolist() == [[7, 7, 7, 4095, 4095]]
    assert found.in_8_bits()(row(-1, 1, dtype="<i2")).tolist() == [[0, 255]]


def test_a_large_first_input_of_unsigned_values_stays_large() -> None:
    found = voi(VOILUTSequence=[table([2, 40000, 8], [1, 2])], BitsStored=16, HighBit=15)

    assert isinstance(found, LookupTable)
    assert found.first == 40000


def test_without_a_window_the_range_is_from_end_to_end_without_padding() -> None:
    made = header(PixelPaddingValue=0, PixelPaddingRangeLimit=10)
    found = full_range(row(0, 5, 10, 100, 300), made, modality_of(made, LITTLE))

    assert found(row(100, 200, 300)).tolist() == [[0, 128, 255]]


def test_padding_of_signed_pixels_is_signed_though_its_vr_says_us() -> None:
    made = header(PixelRepresentation=1)
    made.add_new("PixelPaddingValue", "US", 63536)
    found = full_range(row(-2000, -1000, 1000, dtype="<i2"), made, modality_of(made, LITTLE))

    assert (found.center, found.width) == (0, 2000)


@pytest.mark.parametrize("values", [(7, 7), ()])
def test_a_flat_picture_is_grey(values: tuple[int, ...]) -> None:
    made = header()
    found = full_range(row(*values), made, modality_of(made, LITTLE))

    assert found(row(*values)).tolist() == [[128] * len(values)]


def test_what_is_no_number_does_not_count() -> None:
    made = header()
    found = full_range(np.array([[np.nan, 1.0, 3.0, np.inf]], "<f4"), made, modality_of(made, LITTLE))

    assert (found.center, found.width) == (2, 2)


def test_single_bits_and_fractions_have_their_range() -> None:
    assert promised_range(header(BitsAllocated=1)) == Window(center=0.5, width=1, shape=Shape.LINEAR_EXACT)
    assert promised_range(header(MaximumFractionalValue=100)) == Window(center=50, width=100, shape=Shape.LINEAR_EXACT)
    assert promised_range(header()) is None
