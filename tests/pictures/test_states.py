"""Presentation states of other makers: offered by name, and over the pictures only when somebody chooses one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from tests.builders import image, new_uid
from tests.pictures import desk
from tests.pictures.test_layers import RED, items

SIDE: Final = 64
GREY_STATE: Final = "1.2.840.10008.5.1.4.1.1.11.1"
AREA: Final = (9, 17, 40, 48)
"""Columns and rows of the displayed area from 1: 32 by 32 pixels."""

INK: Final = """spots => {
  const cell = document.querySelector('tierread-cell')
  const canvas = cell.querySelector('canvas.over')
  const [a, b, c, d, e, f] = cell.stack.affineOf(cell.picture.imageId)
  return spots.map(([column, row]) => {
    const [x, y] = [a * column + c * row + e, b * column + d * row + f].map(each => Math.round(each * devicePixelRatio))
    return [...canvas.getContext('2d').getImageData(x, y, 1, 1).data]
  })
}"""
"""Red, green, blue and alpha of what lies over places of the picture, in columns and rows from its outer corner."""
EXTENT: Final = """() => {
  const cell = document.querySelector('tierread-cell')
  const [a, b, c, d] = cell.stack.affineOf(cell.picture.imageId)
  const { clientWidth, clientHeight } = cell.querySelector('.viewport')
  return [a, b, c, d, clientWidth, clientHeight]
}"""


@pytest.fixture
def picture() -> Dataset:
    return image(rows=SIDE, columns=SIDE, Modality="DX", WindowCenter=2048, WindowWidth=4096)


def state_of(picture: Dataset) -> Dataset:
    """A red line along row 24, shutters leaving rows 20 to 56 but a spot, a window, a quarter clockwise, an area."""
    made = image(
        SOPClassUID=GREY_STATE, Modality="PR", SeriesNumber=8, SeriesInstanceUID=new_uid(), Manufacturer="Other Works"
    )
    for keyword in ("PixelData", "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"):
        del made[keyword]
    made.StudyInstanceUID, made.SOPInstanceUID = picture.StudyInstanceUID, new_uid()
    made.ContentLabel, made.ContentDescription, made.ContentCreatorName = "AXIS", "Axis of the heart", "Wang^Wei"
    made.PresentationCreationDate, made.PresentationCreationTime = "20260301", "141503"
    named = items(ReferencedSOPClassUID=picture.SOPClassUID, ReferencedSOPInstanceUID=picture.SOPInstanceUID)
    series = items(SeriesInstanceUID=picture.SeriesInstanceUID, ReferencedImageSequence=Sequence([named]))
    made.ReferencedSeriesSequence = Sequence([series])
    layer = items(GraphicLayer="MARKS", GraphicLayerOrder=1, GraphicLayerRecommendedDisplayCIELabValue=RED)
    made.GraphicLayerSequence = Sequence([layer])
    line = items(
        GraphicAnnotationUnits="PIXEL", GraphicDimensions=2, NumberOfGraphicPoints=2, GraphicType="POLYLINE",
        GraphicData=[12, 24, 36, 24], GraphicFilled="N",
    )  # fmt: skip
    made.GraphicAnnotationSequence = Sequence([items(GraphicLayer="MARKS", GraphicObjectSequence=Sequence([line]))])
    left, top, right, bottom = AREA
    area = items(
        DisplayedAreaTopLeftHandCorner=[left, top], DisplayedAreaBottomRightHandCorner=[right, bottom],
        PresentationSizeMode="SCALE TO FIT", PresentationPixelAspectRatio=[1, 1],
    )  # fmt: skip
    made.DisplayedAreaSelectionSequence = Sequence([area])
    made.SoftcopyVOILUTSequence = Sequence([items(WindowCenter="300", WindowWidth="200")])
    made.ImageRotation, made.ImageHorizontalFlip, made.PresentationLUTShape = 90, "N", "IDENTITY"
    made.ShutterShape, made.ShutterPresentationValue = ["RECTANGULAR", "BITMAP"], 0
    made.ShutterOverlayGroup = 0x6002
    bits = np.zeros((SIDE, SIDE), np.uint8)
    bits[30:34, 20:24] = 1
    for element, vr, value in (
        (0x0010, "US", SIDE), (0x0011, "US", SIDE), (0x0040, "CS", "G"), (0x0050, "SS", [1, 1]), (0x0100, "US", 1),
        (0x0102, "US", 0), (0x3000, "OW", np.packbits(bits, bitorder="little").tobytes()),
    ):  # fmt: skip
        made.add_new((0x6002, element), vr, value)
    made.ShutterLeftVerticalEdge, made.ShutterRightVerticalEdge = 1, SIDE
    made.ShutterUpperHorizontalEdge, made.ShutterLowerHorizontalEdge = 20, 56
    return made


@pytest.fixture
def page(picture: Dataset, sqlite_template: Path, tmp_path: Path) -> Iterator[Page]:
    with desk.holding([picture, state_of(picture)], sqlite_template, tmp_path) as opened:
        expect(opened.locator(".overlay .bottom-right")).to_contain_text("W 4096")
        yield opened


def test_a_state_is_offered_by_name_and_stands_over_its_picture_when_it_is_chosen(page: Page) -> None:
    window: Any = page.locator(".overlay .bottom-right")

    # Given the list, in which nothing is chosen.
    page.locator(".layers-button").click()
    menu = page.locator(".layers-menu")
    offered = menu.locator("label.state", has_text="AXIS")
    expect(offered).to_contain_text("Axis of the heart")
    expect(offered).to_contain_text("Wang Wei")
    expect(offered).to_contain_text("Other Works")
    expect(menu.locator("label.state input").first).to_be_checked()
    expect(window).to_contain_text("W 4096 · L 2048")

    # When it is chosen, the picture stands as it says.
    offered.locator("input").check()
    expect(window).to_contain_text("W 200 · L 300")
    expect(page.locator(".over-words")).to_contain_text("AXIS")
    on_line, inside, covered, by_bits = page.evaluate(INK, [[24, 24], [24, 40], [24, 18], [22, 32]])
    assert (on_line[0] > 200, on_line[1] < 60, on_line[3]) == (True, True, 255)
    assert inside == [0, 0, 0, 0]
    assert covered == by_bits == [0, 0, 0, 255]
    expect(page.locator(".over-words")).not_to_contain_text("不显示")  # nothing of it is lost
    a, b, c, d, width, height = page.evaluate(EXTENT)
    # A quarter clockwise: the columns lead down, the rows to the left; 32 pixels fill the shorter side.
    assert [round(each, 3) for each in (a, d)] == [0, 0]
    assert b == pytest.approx(min(width, height) / 32, rel=0.02)
    assert c == pytest.approx(-b, rel=0.001)

    # And without it as it was taken.
    menu.locator("label.state input").first.check()
    expect(window).to_contain_text("W 4096 · L 2048")
    assert page.evaluate(INK, [[24, 24]]) == [[0, 0, 0, 0]]
