"""What differs between two instances is named, whatever their encoding, and their pixels are compared."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from pacs.pixels.differences import Differences, Pixels, differences
from pacs.pixels.sameness import Encoded
from tests.builders import BIG_ENDIAN, DEFLATED, compressed, encoded, image
from tests.wire import EXPLICIT_LITTLE, IMPLICIT_LITTLE

UIDS = {"SOPInstanceUID": "1.2.3", "StudyInstanceUID": "1.2.4", "SeriesInstanceUID": "1.2.5"}
RLE = "1.2.840.10008.1.2.5"


def made(syntax: str = EXPLICIT_LITTLE, **changed: object) -> Encoded:
    dataset = image(rows=64, columns=64, **(UIDS | changed))
    if syntax == RLE:
        compressed(dataset, RLE)
    return Encoded(dataset=encoded(dataset, syntax), transfer_syntax=syntax)


def named(found: Differences | None) -> dict[str, tuple[str | None, str | None]]:
    assert found is not None
    return {one.keyword: (one.stored, one.newcomer) for one in found.attributes}


@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE, IMPLICIT_LITTLE, BIG_ENDIAN, DEFLATED, RLE])
def test_attributes_are_named_and_pixels_compared_in_any_encoding(syntax: str) -> None:
    found = differences(made(), made(syntax, PatientName="Pia^Patient=皮雅", InstanceNumber=2, PatientSex=None))

    assert named(found) == {
        "PatientName": ("Pia^Patient=皮亚", "Pia^Patient=皮雅"),
        "PatientSex": ("F", None),
        "InstanceNumber": ("1", "2"),
    }
    assert found is not None
    assert (found.pixels, found.more) == (Pixels.SAME, 0)


@pytest.mark.parametrize(
    ("pixels", "syntax", "expected"),
    [
        (bytes(64 * 64 * 2), EXPLICIT_LITTLE, Pixels.OTHER),
        (bytes(64 * 64 * 2), RLE, Pixels.OTHER),
        (None, EXPLICIT_LITTLE, Pixels.OTHER),
    ],
)
def test_other_pixels_are_seen(pixels: bytes | None, syntax: str, expected: Pixels) -> None:
    found = differences(made(), made(syntax, PixelData=pixels))

    assert (found and found.pixels, named(found)) == (expected, {})


def test_of_two_without_pixels_none_are_compared() -> None:
    found = differences(made(PixelData=None), made(PixelData=None, Modality="SR"))

    assert (found and found.pixels, named(found)) == (Pixels.NONE, {"Modality": ("CT", "SR")})


def test_a_private_attribute_and_one_in_a_sequence_are_named() -> None:
    def with_code(value: str) -> Encoded:
        dataset = image(**UIDS)
        item = Dataset()
        item.CodeValue = value
        dataset.AnatomicRegionSequence = Sequence([item])
        dataset.add_new(0x00091001, "US", len(value))
        return Encoded(dataset=encoded(dataset), transfer_syntax=EXPLICIT_LITTLE)

    assert named(differences(with_code("A"), with_code("BB"))) == {
        "(0009,1001)": ("01", "02"),
        "AnatomicRegionSequence > CodeValue": ("A", "BB"),
    }


def test_text_is_read_as_it_is_meant_on_either_side() -> None:
    utf8, gbk = image(**UIDS), image(**UIDS)
    for one, charset in ((utf8, "ISO_IR 192"), (gbk, "GB18030")):
        one.SpecificCharacterSet = charset
    found = differences(
        Encoded(dataset=encoded(utf8), transfer_syntax=EXPLICIT_LITTLE),
        Encoded(dataset=encoded(gbk), transfer_syntax=EXPLICIT_LITTLE),
    )

    assert named(found)["PatientName"] == ("Pia^Patient=皮亚",) * 2


def test_what_has_no_structure_is_not_compared() -> None:
    assert differences(made(), Encoded(dataset=made().dataset[:-5], transfer_syntax=EXPLICIT_LITTLE)) is None
