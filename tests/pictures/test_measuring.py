"""What is measured in pictures: by the mouse on a real canvas, told with true sizes and values, and drawn again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect
from pydicom.dataset import Dataset
from pydicom.pixels import apply_rescale
from pydicom.sequence import Sequence

from tests import corpus
from tests.builders import image, new_uid, thing
from tests.pictures import desk, gallery, reference
from tests.pictures.comparison import Sent

STUDY: Final = new_uid()
SLICES: Final = new_uid()
CM: Final = 3
WIDTH: Final = "() => document.querySelector('tierread-cell').stack.viewport.getCanvas().width"
CORPUS: Final = (
    "ct/pydicom_CT_small.dcm",
    "mr/pydicom_MR_small_RLE.dcm",
    "mr/pydicom-data_emri_small.dcm",
    "cr/pydicom-data_RG3_J2KR.dcm",
    "dx/highdicom_dx_image.dcm",
    "us/dicomParser_IM00001.implicit_little_endian.dcm",
    "mg/fo-dicom_GH133.dcm",
    "pet/dicom_1.dcm",
)


def picture(series: str, **shown: Any) -> Sent:
    """Of 16 columns and rows, with a value of its own in each pixel."""
    made = image(rows=16, columns=16, WindowCenter=128, WindowWidth=256, **shown)
    made.StudyInstanceUID, made.SeriesInstanceUID = STUDY, series
    made.PixelData = np.arange(256, dtype="<u2").tobytes()
    return gallery.read("picture", thing(made))


def slice_(number: int) -> Sent:
    """A pixel is 0.8 mm high and 0.5 mm wide."""
    return picture(
        SLICES,
        InstanceNumber=number,
        ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
        ImagePositionPatient=[-100, 50, 10 * number],
        PixelSpacing=[0.8, 0.5],
        RescaleSlope=2,
        RescaleIntercept=-100,
    )


def ultrasound() -> Sent:
    """The upper half is a region in which a pixel is 0.5 mm wide and high."""
    region = Dataset()
    region.RegionSpatialFormat, region.RegionDataType, region.RegionFlags = 1, 1, 0
    region.RegionLocationMinX0, region.RegionLocationMinY0 = 0, 0
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = 15, 7
    region.PhysicalUnitsXDirection = region.PhysicalUnitsYDirection = CM
    region.PhysicalDeltaX = region.PhysicalDeltaY = 0.05
    return picture(new_uid(), Modality="US", SequenceOfUltrasoundRegions=Sequence([region]))


@pytest.fixture
def things() -> list[Sent]:
    return [slice_(1), slice_(2), ultrasound()]


@pytest.fixture
def page(things: list[Sent], way: str, sqlite_template: Path, tmp_path: Path) -> Iterator[Page]:
    with gallery.on_desk(things, way, sqlite_template, tmp_path) as page:
        listens(page)
        yield page


def listens(page: Page) -> None:
    """Keep the marks as the desk does."""
    page.evaluate("""() => {
      window.kept = []
      document.querySelector('tierread-images').addEventListener('marks-changed', ({ detail }) => {
        const gone = [...detail.removed, ...detail.changed.map(({ id }) => id)]
        window.kept = [...window.kept.filter(({ id }) => !gone.includes(id)), ...detail.changed]
      })
    }""")


def show(page: Page, one: Sent, frame: int = 1, *, size: int | None = 640) -> None:
    """In a stage of so many points each way; without a size one point for a pixel."""
    desk.begin(page, one.whole, frame)
    desk.drawn(page)
    if size is not None:
        side = f"{size}px"
        page.locator(".stage").evaluate(
            "(stage, style) => Object.assign(stage.style, style)", {"width": side, "height": side}
        )
        settled(page, lambda: page.evaluate(WIDTH) == size)
    page.evaluate("() => document.querySelector('tierread-cell').stack.stance.fit()")
    page.wait_for_timeout(200)


def draw(page: Page, key: str, *points: tuple[float, float]) -> dict[str, Any]:
    """By pixels of the frame, whose outer corner is (0, 0); the newest mark."""
    viewport(page).press(key)
    places = page.evaluate(
        """points => {
          const { viewport } = document.querySelector('tierread-cell').stack
          const { origin, direction, spacing } = viewport.getImageData()
          const { left, top } = viewport.element.getBoundingClientRect()
          const place = ([column, row]) => origin.map((from, axis) =>
            from + (column - 0.5) * spacing[0] * direction[axis] + (row - 0.5) * spacing[1] * direction[3 + axis])
          return points.map((point) => viewport.worldToCanvas(place(point))).map(([x, y]) => [x + left, y + top])
        }""",
        points,
    )
    many = len(kept(page))
    for start, end in zip(places[::2], places[1::2] or places, strict=True):
        page.mouse.move(*start)
        page.mouse.down()
        page.mouse.move(*((a + b) / 2 for a, b in zip(start, end, strict=True)))
        page.mouse.move(*end)
        page.mouse.up()
    page.mouse.move(2, 2)
    settled(page, lambda: len(kept(page)) == many + 1)
    return kept(page)[-1]


def settled(page: Page, holds: Callable[[], bool]) -> None:
    for _ in range(200):
        if holds():
            return
        page.wait_for_timeout(50)
    assert holds()


def viewport(page: Page) -> Locator:
    """Of the first cell."""
    return page.locator("tierread-cell").first.locator(".viewport")


def kept(page: Page) -> list[dict[str, Any]]:
    return page.evaluate("() => window.kept")


def values(mark: dict[str, Any]) -> list[tuple[float, str]]:
    return [(one["value"], one["unit"]) for one in mark["values"]]


def written(page: Page) -> list[str]:
    return viewport(page).locator("svg tspan").all_text_contents()


@pytest.mark.parametrize("way", list(desk.WAYS))
def test_marks_tell_true_sizes_and_values(things: list[Sent], page: Page) -> None:
    first, _, echo = things
    stored = np.arange(256).reshape(16, 16)
    show(page, first)
    length = draw(page, "m", (3, 4), (9, 12))
    probe = draw(page, "v", (12.5, 13.5))
    box = draw(page, "b", (10, 1), (14, 4))
    ellipse = draw(page, "d", (4, 8), (6, 9))
    cobb = draw(page, "c", (1, 13), (7, 13), (1, 14), (7, 15))
    ratio = draw(page, "h", (1, 10.2), (3, 10.2), (0.5, 11.5), (4.5, 11.5))
    inside = stored[1:4, 10:14] * 2 - 100
    texts = written(page)
    viewport(page).press("ArrowDown")
    expect(viewport(page).locator("svg tspan")).to_have_count(0)
    viewport(page).press("ArrowUp")
    expect(viewport(page).locator("svg tspan")).to_have_count(len(texts))
    again = written(page)
    show(page, echo)
    in_region, outside = draw(page, "m", (2, 2), (8, 6)), draw(page, "m", (2, 10), (8, 14))

    assert values(length) == [(pytest.approx(np.hypot(6 * 0.5, 8 * 0.8), abs=0.1), "mm")]
    assert values(probe) == [(stored[13, 12] * 2 - 100, "[hnsf'U]")]
    assert values(box)[0] == (pytest.approx(4 * 3 * 0.4, abs=0.1), "mm2")
    assert [value for value, _ in values(box)[1:]] == [
        pytest.approx(found, abs=0.01) for found in (inside.mean(), inside.std(), inside.min(), inside.max())
    ]
    assert values(ellipse)[0] == (pytest.approx(np.pi * 2 * 1 * 0.4, abs=0.1), "mm2")
    assert values(cobb) == [(pytest.approx(np.degrees(np.arctan2(1 * 0.8, 6 * 0.5)), abs=0.5), "deg")]
    assert values(ratio)[0] == (pytest.approx(0.5, abs=0.01), "1")
    assert len(texts) == 1 + 1 + 5 + 5 + 1 + 3
    assert sorted(again) == sorted(texts)
    assert values(in_region) == [(pytest.approx(np.hypot(6, 4) * 0.5, abs=0.1), "mm")]
    assert values(outside) == [(pytest.approx(np.hypot(6, 4), abs=0.1), "{pixels}")]
    assert {mark["frame"] for mark in kept(page)} == {1}


@pytest.mark.parametrize("way", ["cpu"])
def test_marks_are_removed_brought_back_and_drawn_from_the_report(things: list[Sent], page: Page) -> None:
    show(page, things[0])
    drawn = draw(page, "m", (3, 4), (9, 12))
    text = written(page)
    viewport(page).press("Delete")
    settled(page, lambda: (kept(page), written(page)) == ([], []))
    viewport(page).press("u")
    settled(page, lambda: (kept(page), written(page)) == ([drawn], text))
    for marks, texts in (([drawn], text), ([], []), ([drawn], text)):
        page.evaluate("marks => { document.querySelector('tierread-images').marks = marks }", marks)
        settled(page, lambda texts=texts: written(page) == texts)

    assert kept(page) == [drawn]


@pytest.mark.parametrize("way", ["gpu"])
@pytest.mark.skipif(corpus.locate() is None, reason="the corpus is absent (TIERREAD_CORPUS)")
def test_probes_read_what_pydicom_reads(sqlite_template: Path, tmp_path: Path, way: str) -> None:
    things = gallery.of_corpus(CORPUS)
    apart: list[tuple[object, ...]] = []
    with gallery.on_desk(things, way, sqlite_template, tmp_path) as page:
        listens(page)
        for one in things:
            show(page, one, size=None)
            for part in (0.4, 0.55):
                column, row, read = probed(page, int(one.whole.Columns * part), int(one.whole.Rows * part))
                expected = by_pydicom(one, column, row)
                if read != pytest.approx(expected, rel=1e-4, abs=1e-3):
                    apart.append((one.name, (column, row), read, expected))

    assert len(things) == len(CORPUS)
    assert apart == []


def probed(page: Page, column: int, row: int) -> tuple[int, int, list[float]]:
    """The pixel that was hit near there, and its value; or red, green and blue, of which a report tells nothing."""
    mark = draw(page, "v", (column + 0.5, row + 0.5))
    hit_column, hit_row = (int(each) for each in mark["points"][0])
    if mark["values"]:
        return hit_column, hit_row, [mark["values"][-1]["value"]]
    line = next(text for text in written(page)[::-1] if text.startswith("RGB"))
    return hit_column, hit_row, [float(part) for part in line.split()[1:]]


def by_pydicom(one: Sent, column: int, row: int) -> list[float]:
    frame = reference.stored(one.whole, 1)
    if one.whole.SamplesPerPixel == 1 and "RescaleSlope" in one.whole:
        frame = apply_rescale(frame, one.whole)
    return [float(value) for value in np.atleast_1d(frame[row, column])]
