"""The header of one frame, by PS3.3 C.7.6.16."""

from __future__ import annotations

from pydicom.dataset import Dataset

from pacs.pixels.frame_header import frame_header
from tests.pacs.pixels.shades import header


def item(**values: object) -> Dataset:
    made = Dataset()
    for keyword, value in values.items():
        setattr(made, keyword, value)
    return made


def test_a_frames_groups_go_before_the_shared_ones() -> None:
    shared = item(
        PixelMeasuresSequence=[item(PixelSpacing=[2, 1])],
        PixelValueTransformationSequence=[item(RescaleSlope=1, RescaleIntercept=-1024)],
        FrameVOILUTSequence=[item(WindowCenter=40, WindowWidth=400)],
    )
    own = item(
        FrameVOILUTSequence=[item(WindowCenter=-600, WindowWidth=1500)],
        CTImageFrameTypeSequence=[item(PixelPresentation="COLOR", FrameType=["DERIVED"])],
    )
    made = header(
        PixelPresentation="MIXED",
        SharedFunctionalGroupsSequence=[shared],
        PerFrameFunctionalGroupsSequence=[Dataset(), own],
    )
    first, second = frame_header(made, 1), frame_header(made, 2)

    assert (first.WindowCenter, first.RescaleIntercept, first.PixelSpacing[0]) == (40, -1024, 2)
    assert (second.WindowCenter, second.RescaleIntercept) == (-600, -1024)
    assert (first.PixelPresentation, second.PixelPresentation) == ("MIXED", "COLOR")
    assert "FrameType" not in second


def test_a_classic_header_is_its_own() -> None:
    made = header()

    assert frame_header(made, 1) is made
