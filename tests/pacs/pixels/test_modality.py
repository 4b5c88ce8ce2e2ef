"""The modality LUT, by PS3.3 C.11.1."""

from __future__ import annotations

import pytest

from pacs.pixels.lookup_table import LITTLE
from pacs.pixels.modality import modality_of
from tests.pacs.pixels.shades import header, row, table

ANGIOGRAPHY = "1.2.840.10008.5.1.4.1.1.12.1"


def test_a_table_goes_before_the_rescale_beside_it() -> None:
    made = header(ModalityLUTSequence=[table([3, 1, 16], [100, 200, 300])], RescaleSlope=2, RescaleIntercept=0)

    assert modality_of(made, LITTLE)(row(0, 1, 2, 3, 9)).tolist() == [[100, 100, 200, 300, 300]]


def test_the_table_of_an_angiogram_is_not_for_display() -> None:
    """PS3.3 C.8.7.1.1.2: it leads back to what the detector measured; DCMTK and Cornerstone leave it out too."""
    made = header(SOPClassUID=ANGIOGRAPHY, ModalityLUTSequence=[table([2, 0, 16], [9, 8])])

    assert modality_of(made, LITTLE)(row(0, 1)).tolist() == [[0, 1]]


def test_the_first_input_of_signed_pixels_is_signed_though_its_vr_says_us() -> None:
    made = header(PixelRepresentation=1, ModalityLUTSequence=[table([3, 65535, 16], [5, 6, 7])])

    assert modality_of(made, LITTLE)(row(-2, -1, 0, 1, dtype="<i2")).tolist() == [[5, 5, 6, 7]]


@pytest.mark.parametrize("slope", ["0", None, "x"])
def test_a_slope_that_says_nothing_changes_nothing(slope: str | None) -> None:
    made = header(RescaleSlope=1, RescaleIntercept=0)
    made.RescaleSlope = None if slope == "x" else slope

    assert modality_of(made, LITTLE)(row(3, 4)).tolist() == [[3, 4]]


def test_slope_and_intercept_are_exact() -> None:
    made = header(RescaleSlope="0.5", RescaleIntercept="-1024.25")

    assert modality_of(made, LITTLE)(row(0, 3)).tolist() == [[-1024.25, -1022.75]]
