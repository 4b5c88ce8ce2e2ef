"""Segments, contours and doses over slices, read back from a real canvas, however the picture stands."""

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
from tests.pictures.test_reformatted import (
    COLUMNS,
    NOTES,
    PIXEL_MM,
    ROWS,
    SLICE_MM,
    SLICES,
    SPACE,
    STUDY,
    at,
    press,
    slices,
)
from tests.running import wait_until

ORIGIN: Final = (-8, 20, 100)
"""The middle of the first pixel of the lowest slice."""
# One pixel to the right of that, and odd in size: frames of 713 bits begin within bytes.
WIDE, HIGH = 31, 23
SEGMENTED: Final = (5, 6)
MASK: Final = np.random.default_rng(7).random((len(SEGMENTED), HIGH, WIDE)) < 0.4
RED: Final = [35_579, 53_664, 50_857]
"""CIELab of sRGB (255, 0, 0)."""
HEART: Final = (4, 10, 6, 13)
"""The first column and row within, and the first ones behind; drawn on slice 5 along the edges of pixels."""

COVERED: Final = """([points, colour]) => {
  const cell = document.querySelector('tierread-cell')
  const canvas = cell.querySelector('canvas.over')
  const { data, width, height } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
  return points.map(point => {
    const [x, y] = cell.stack.onScreenAt(point).map(each => Math.floor(each * devicePixelRatio))
    if (x < 0 || y < 0 || x >= width || y >= height) return null
    const [red, green, blue, alpha] = data.slice(4 * (y * width + x), 4 * (y * width + x) + 4)
    return alpha > 0 && [red, green, blue].every((each, at) => Math.abs(each - colour[at]) < 12)
  })
}"""
"""Whether something of a colour lies over points of the patient; null outside of the viewport."""


def segmentation() -> Dataset:
    """Of one segment on two slices; its frames name no image, and have pixels of their own."""
    made = over("1.2.840.10008.5.1.4.1.1.66.4", "SEG", 8)
    made.Rows, made.Columns, made.NumberOfFrames = HIGH, WIDE, len(SEGMENTED)
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 1, 1, 0, 0
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    made.SegmentationType, made.ContentLabel = "BINARY", "NODULES"
    made.SegmentSequence = Sequence([items(SegmentNumber=1, SegmentLabel="结节", RecommendedDisplayCIELabValue=RED)])
    measures = items(PixelSpacing=[PIXEL_MM, PIXEL_MM], SliceThickness=SLICE_MM, SpacingBetweenSlices=SLICE_MM)
    orientation = items(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])
    made.SharedFunctionalGroupsSequence = Sequence(
        [items(PixelMeasuresSequence=Sequence([measures]), PlaneOrientationSequence=Sequence([orientation]))]
    )
    made.PerFrameFunctionalGroupsSequence = Sequence(
        [
            items(
                SegmentIdentificationSequence=Sequence([items(ReferencedSegmentNumber=1)]),
                PlanePositionSequence=Sequence([items(ImagePositionPatient=list(point(1, 0, k)))]),
            )
            for k in SEGMENTED
        ]
    )
    packed = np.packbits(MASK.ravel(), bitorder="little").tobytes()
    made.PixelData = packed + b"\0" * (len(packed) % 2)
    made["PixelData"].VR = "OB"
    return made


def structure_set() -> Dataset:
    made = over("1.2.840.10008.5.1.4.1.1.481.3", "RTSTRUCT", 9)
    made.StructureSetLabel = "PLAN"
    made.StructureSetROISequence = Sequence([items(ROINumber=3, ReferencedFrameOfReferenceUID=SPACE, ROIName="心脏")])
    left, top, right, bottom = (edge - 0.5 for edge in HEART)
    corners = [point(*each, 5) for each in ((left, top), (right, top), (right, bottom), (left, bottom))]
    contour = items(
        ContourGeometricType="CLOSED_PLANAR",
        NumberOfContourPoints=4,
        ContourData=[float(value) for corner in corners for value in corner],
    )
    made.ROIContourSequence = Sequence(
        [items(ReferencedROINumber=3, ROIDisplayColor=[0, 0, 255], ContourSequence=Sequence([contour]))]
    )
    return made


def over(sop_class: str, modality: str, number: int) -> Dataset:
    made = image(SOPClassUID=sop_class, Modality=modality, SeriesNumber=number, SeriesInstanceUID=new_uid())
    for keyword in ("PixelData", "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"):
        del made[keyword]
    made.StudyInstanceUID, made.FrameOfReferenceUID, made.SOPInstanceUID = STUDY, SPACE, new_uid()
    return made


def items(**values: Any) -> Dataset:
    made = Dataset()
    for keyword, value in values.items():
        setattr(made, keyword, value)
    return made


def point(column: float, row: float, k: float) -> tuple[float, float, float]:
    """The middle of a pixel of a slice, in mm of the patient."""
    x, y, z = ORIGIN
    return (x + PIXEL_MM * column, y + PIXEL_MM * row, z + SLICE_MM * k)


def dose() -> Dataset:
    """2 Gy a column and 5 a slice, on pixels of 2 by 2 mm and planes 2.5 mm apart, from below the slices on."""
    made = over("1.2.840.10008.5.1.4.1.1.481.2", "RTDOSE", 10)
    planes, rows, columns = 8, 8, 10
    made.Rows, made.Columns, made.NumberOfFrames = rows, columns, planes
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 32, 32, 31, 0
    made.ImagePositionPatient, made.ImageOrientationPatient = list(point(-2, -2, -1)), [1, 0, 0, 0, 1, 0]
    made.PixelSpacing, made.DoseGridScaling, made.DoseUnits, made.DoseType = [2, 2], "0.01", "GY", "PHYSICAL"
    made.GridFrameOffsetVector = [2 * SLICE_MM * plane for plane in range(planes)]
    made.FrameIncrementPointer = 0x3004000C
    _, column = np.indices((rows, columns))
    values = np.array([100 * (2 * column + 5 * plane) for plane in range(planes)])
    made.PixelData = values.astype("<u4").tobytes()
    made["PixelData"].VR = "OW"
    return made


@pytest.fixture
def page(way: str, laid: list[Dataset], sqlite_template: Path, tmp_path: Path) -> Iterator[Page]:
    """On slice 5 of the series, large enough that no outline reaches the middle of a pixel."""
    with desk.holding((*slices(new_uid(), range(SLICES)), *laid), sqlite_template, tmp_path, way) as page:
        page.evaluate(NOTES)
        at(page, 5, SLICES)
        yield page


def covered(page: Page, places: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """For points of the patient (..., 3) 1 where the colour lies over them, 0 where it does not, -1 outside."""
    found = page.evaluate(COVERED, [places.reshape(-1, 3).tolist(), list(colour)])
    return np.array([-1 if each is None else int(each) for each in found]).reshape(places.shape[:-1])


def pixels_of(k: int) -> np.ndarray:
    return np.array([[point(column, row, k) for column in range(COLUMNS)] for row in range(ROWS)])


def segmented(k: int) -> np.ndarray:
    whole = np.zeros((ROWS, COLUMNS), int)
    if k in SEGMENTED:
        whole[:HIGH, 1 : 1 + WIDE] = MASK[SEGMENTED.index(k)]
    return whole


def in_the_heart() -> np.ndarray:
    whole = np.zeros((ROWS, COLUMNS), int)
    left, top, right, bottom = HEART
    whole[top:bottom, left:right] = 1
    return whole


def settled(page: Page) -> None:
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done, 100)))")


@pytest.mark.parametrize(("way", "laid"), [(way, [segmentation(), structure_set()]) for way in desk.WAYS])
def test_segments_and_contours_lie_over_the_pixels_they_mean(page: Page) -> None:
    red, blue = (255, 0, 0), (0, 0, 255)
    page.get_by_label("叠加：分割、轮廓、剂量").click()
    expect(page.locator(".layers-menu summary")).to_have_class("chosen")
    page.locator(".layers-menu summary").click()
    heart = page.locator(".layers-menu label", has_text="心脏").locator("input")
    nodules = page.locator(".layers-menu label", has_text="结节").locator("input")
    heart.uncheck()
    wait_until(lambda: bool((covered(page, pixels_of(5), red) == 1).any()), 20)
    found = {"as it was hung": covered(page, pixels_of(5), red)}
    for key, name in (("o", "turned"), ("l", "and mirrored"), ("+", "and larger")):
        press(page, key)
        settled(page)
        found[name] = covered(page, pixels_of(5), red)
    press(page, "r")
    at(page, 7, SLICES)
    settled(page)
    beside = covered(page, pixels_of(7), red)
    at(page, 5, SLICES)
    page.locator(".layers-menu summary").click()
    heart.check()
    nodules.uncheck()
    settled(page)
    contour = covered(page, pixels_of(5), blue)
    nodules.check()

    press(page, "8")
    at(page, 7, ROWS)
    across = np.array([[point(column, 7, k) for column in range(COLUMNS)] for k in range(SLICES)])
    wait_until(lambda: bool((covered(page, across, red) == 1).any()), 20)
    settled(page)
    coronal = covered(page, across, red)
    expect(page.locator(".over-words")).to_contain_text("不随重建平面显示")
    press(page, "0")
    expect(page.locator(".over-words")).to_contain_text("厚层图上不显示叠加")
    press(page, "Shift+O")
    expect(page.locator("canvas.over")).to_have_count(0)

    expected = segmented(5)
    wrong = {name: int(((one != expected) & (one >= 0)).sum()) for name, one in found.items()}
    assert wrong == dict.fromkeys(found, 0)
    assert (found["as it was hung"] >= 0).all()
    assert (found["and larger"] < 0).any()
    assert not (beside == 1).any()
    assert (contour == in_the_heart()).all()
    assert (coronal[1:] == np.array([segmented(k)[7] for k in range(1, SLICES)])).all()  # the lowest lies on the edge


@pytest.mark.parametrize(("way", "laid"), [("cpu", [dose()])])
def test_a_dose_is_drawn_by_parts_of_its_highest_value(page: Page) -> None:
    highest = 2 * 9 + 5 * 7
    # a pixel of the grid is four of the slice, and begins two before it; a plane is two slices, and begins one below
    column, slice_ = np.arange(COLUMNS), 5
    doses = np.broadcast_to(2 * (column + 2) / 4 + 5 * (slice_ + 1) / 2, (ROWS, COLUMNS))
    bands = {50: (70, 190, 255), 30: (110, 110, 255)}
    press(page, "Shift+O")
    expect(page.locator("canvas.over")).to_have_count(1, timeout=20_000)
    wait_until(lambda: bool((covered(page, pixels_of(slice_), bands[50]) == 1).any()), 20)
    settled(page)
    drawn = {percent: covered(page, pixels_of(slice_), colour) for percent, colour in bands.items()}
    page.locator(".layers-menu summary").click()
    names = page.locator(".layers-menu .row span").all_text_contents()

    inside = {
        50: (doses >= 0.5 * highest) & (doses < 0.7 * highest),
        30: (doses >= 0.3 * highest) & (doses < 0.5 * highest),
    }
    clear = np.all([abs(doses - part * highest) > 0.2 for part in (0.3, 0.5, 0.7)], axis=0)  # beside the lines
    assert {percent: int((drawn[percent] != inside[percent])[clear].sum()) for percent in bands} == {50: 0, 30: 0}
    assert inside[50].any()
    assert inside[30].any()
    assert "26.5 Gy · 50 %" in names
