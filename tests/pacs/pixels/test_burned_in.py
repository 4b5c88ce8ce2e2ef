"""A name may stand in the pixels: the header says so, or pictures of this kind often have one."""

from __future__ import annotations

from typing import Any

import pytest
from pydicom.dataset import Dataset

from pacs.pixels.burned_in import names_burned_in

CT = {"Modality": "CT", "PhotometricInterpretation": "MONOCHROME2", "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"]}


@pytest.mark.parametrize(
    ("said", "may"),
    [
        ({}, False),
        ({"BurnedInAnnotation": "NO"}, False),
        ({"BurnedInAnnotation": "YES"}, True),
        ({"Modality": "US"}, None),
        ({"Modality": "US", "BurnedInAnnotation": "NO"}, False),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, None),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7.2"}, None),
        ({"ConversionType": "DF"}, None),
        ({"PhotometricInterpretation": "RGB"}, None),
        ({"ImageType": ["DERIVED", "SECONDARY"]}, None),
        ({"ImageType": ["DERIVED", "PRIMARY", "SCREEN SAVE"]}, None),
        ({"ImageType": ["DERIVED", "PRIMARY", "MPR"]}, False),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "LABEL", "NONE"], "BurnedInAnnotation": "NO"}, True),
        ({"ImageType": None, "Modality": None}, False),
    ],
)
def test_what_the_header_says_and_what_it_is(said: dict[str, Any], may: bool | None) -> None:
    header = Dataset()
    for keyword, value in (CT | said).items():
        setattr(header, keyword, value)

    assert names_burned_in(header) is may
