"""Other planes and slabs of a series, on a real canvas: the pixels of numpy, true lengths, and nothing seen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, Route, expect
from pydicom.dataset import Dataset

from tests.builders import image, new_uid
from tests.pictures import desk
from tests.pictures.comparison import TOLERANCE
from tests.running import wait_until

STUDY: Final = new_uid()
SPACE: Final = new_uid()
EARLIER: Final = new_uid()
LATE: Final = new_uid()
COLUMNS, ROWS, SLICES = 32, 24, 12
PIXEL_MM, SLICE_MM = 0.5, 1.25
WINDOW: Final = (500, 2000)
HU: Final = np.tensordot([100, 10, 1], np.indices((SLICES, ROWS, COLUMNS)), axes=1) - 500
"""By slice, row and column; slices go from the feet to the head."""
PATIENCE_MS: Final = 30_000

NOTES: Final = """() => {
  window.seen = []
  window.kept = []
  const panel = document.querySelector('tierread-images')
  Object.assign(panel.style, { position: 'fixed', inset: '0' })
  const nothing = () => undefined
  panel.shown = {
    contentOf: () => '', expect: nothing, lose: nothing, failed: nothing, isDone: () => false, isShown: () => false,
    cannotShow: nothing, progress: () => ({ done: 0, frames: 0 }), wasDisplayed: () => false,
    displayed: (series, frame) => window.seen.push(frame),
  }
  panel.addEventListener('marks-changed', ({ detail }) => window.kept.push(detail))
}"""
VIEW: Final = """() => {
  const { pictures, view } = document.querySelector('tierread-cell')
  return { index: view.index, count: pictures.length, quality: view.quality }
}"""
LINE: Final = """([x, y, z]) => {
  const cell = document.querySelectorAll('tierread-cell')[1]
  const line = cell.querySelector('.reference line')
  return line && [line.y1.baseVal.value, line.y2.baseVal.value].map(y1 => y1 - cell.stack.onScreenAt([x, y, z])[1])
}"""
"""How far the line of the axial picture lies from where a point of the patient is in the coronal one."""
PRIOR: Final = "{ case_id: 'before', study_uids: [uid], examined_at: '2025-03-01T08:00:00Z' }"
TOLD: Final = """() => {
  window.told = []
  window.addEventListener('tierread-notice', ({ detail }) => window.told.push(detail.words))
}"""
CORONAL: Final = """() => document.querySelector('tierread-images').hung.reformat(
  [{ plane: 'coronal', projection: 'none', thickness_mm: 10 }])"""
LACKING: Final = [0, 1, 2, 5, 6]
INDICES: Final = "() => [...document.querySelectorAll('tierread-cell')].map(({ view }) => view.index)"


def uid_of(series: str, k: int) -> str:
    return f"{series[:50].rstrip('.')}.{k + 1}"


def slices(series: str, numbers: range | list[int], **known: Any) -> Iterator[Dataset]:
    for k in numbers:
        place = {"ImageOrientationPatient": [1, 0, 0, 0, 1, 0], "ImagePositionPatient": [-8, 20, 100 + SLICE_MM * k]}
        values = {"RescaleSlope": 1, "RescaleIntercept": -500, "WindowCenter": WINDOW[0], "WindowWidth": WINDOW[1]}
        shown: dict[str, Any] = {
            **place,
            **values,
            "PixelSpacing": [PIXEL_MM, PIXEL_MM],
            "StudyDescription": "平扫",
            **known,
        }
        body: dict[str, Any] = {
            "StudyInstanceUID": STUDY,
            "FrameOfReferenceUID": SPACE,
            "SOPInstanceUID": uid_of(series, k),
        }
        one = image(rows=ROWS, columns=COLUMNS, SeriesInstanceUID=series, InstanceNumber=k + 1, **body | shown)
        one.PixelData = (HU[k] + 500).astype("<u2").tobytes()
        yield one


@pytest.fixture
def page(way: str, sqlite_template: Path, tmp_path: Path) -> Iterator[Page]:
    """On the study; the earlier one is not open yet."""
    laid = (
        *slices(new_uid(), range(SLICES)),
        *slices(new_uid(), LACKING, SeriesNumber=2),
        *slices(LATE, range(6), StudyInstanceUID=EARLIER),
    )
    with desk.holding(laid, sqlite_template, tmp_path, way) as page:
        page.evaluate(NOTES)
        at(page, 5, SLICES)
        yield page


def press(page: Page, key: str) -> None:
    """Over the active cell, which is the first."""
    page.locator("tierread-cell").first.locator(".viewport").press(key)


def at(page: Page, index: int, count: int) -> None:
    """The first cell shows a whole picture of so many, from 0."""
    wait_until(lambda: [page.evaluate(VIEW)[name] for name in ("count", "quality")] == [count, "full"], 20)
    page.evaluate("index => document.querySelector('tierread-cell').stack.goTo(index)", index)
    wait_until(lambda: page.evaluate(VIEW) == {"index": index, "count": count, "quality": "full"}, 20)


def greys(values: np.ndarray) -> np.ndarray:
    """PS3.3 C.11.2.1.2.1."""
    center, width = WINDOW
    return np.clip((values - (center - 0.5)) / (width - 1) + 0.5, 0, 1) * 255


def coronal(values: np.ndarray) -> np.ndarray:
    """Of slices as rows: the head above, every half millimetre a row, values between slices linear."""
    heights = np.arange(int((SLICES - 1) * SLICE_MM / PIXEL_MM + 1e-6) + 1) * PIXEL_MM
    places = (SLICES - 1) - heights / SLICE_MM
    below = np.minimum(np.floor(places).astype(int), SLICES - 2)
    part = (places - below)[:, np.newaxis]
    return np.round(values[below] * (1 - part) + values[below + 1] * part)


def apart(page: Page, expected: np.ndarray) -> float:
    """In grey levels, where they differ most."""
    rows, columns = expected.shape
    drawn = desk.on_screen(page, columns, rows).pixels[..., 0].astype(float)
    return float(np.abs(drawn - greys(expected)).max())


@pytest.mark.parametrize("way", list(desk.WAYS))
def test_planes_and_slabs_have_the_pixels_of_numpy(page: Page) -> None:
    found: dict[str, float] = {}
    press(page, "8")
    at(page, 7, ROWS)
    found["coronal"] = apart(page, coronal(HU[:, 7]))
    page.evaluate("() => { window.seen = [] }")
    press(page, "9")
    at(page, 20, COLUMNS)
    found["sagittal"] = apart(page, coronal(HU[:, :, 20]))
    press(page, "0")
    press(page, ",")
    press(page, ",")
    press(page, ",")  # from 10 mm by 8 and 5 to 3: three pixels to each side
    at(page, 20, COLUMNS)
    found["sagittal mip"] = apart(page, coronal(HU[:, :, 23]))
    press(page, "7")
    at(page, 5, SLICES)
    found["axial mip"] = apart(page, HU[6])  # of 3 mm: one slice to each side
    press(page, "0")
    at(page, 5, SLICES)
    found["axial minip"] = apart(page, HU[4])
    press(page, "0")
    at(page, 5, SLICES)
    found["axial average"] = apart(page, HU[5])
    seen = page.evaluate("() => window.seen")

    assert {name: far for name, far in found.items() if far > TOLERANCE} == {}
    assert seen == []


@pytest.mark.parametrize("way", list(desk.WAYS))
def test_lengths_values_and_letters_are_true_and_are_not_kept(page: Page) -> None:
    press(page, "8")
    at(page, 7, ROWS)
    page.locator(".stage").evaluate("stage => Object.assign(stage.style, { width: '640px', height: '640px' })")
    cell = page.locator("tierread-cell").first
    wait_until(lambda: page.evaluate("() => document.querySelector('tierread-cell canvas').width") == 640)
    page.evaluate("() => document.querySelector('tierread-cell').stack.stance.fit()")
    # 8 mm to the left and 6 mm towards the feet: 10 mm
    draw(page, "m", (-4, 23.5, 112), (4, 23.5, 106))
    wait_until(lambda: len(texts(cell)) == 1, 20)
    length = texts(cell)
    draw(page, "v", (-6, 23.5, 100 + SLICE_MM * 5))
    wait_until(lambda: len(texts(cell)) == 2, 20)
    value = [text for text in texts(cell) if text not in length]
    letters = [cell.locator(f".orientation.{side}").text_content() for side in ("top", "right", "bottom", "left")]
    press(page, "ArrowDown")
    wait_until(lambda: texts(cell) == [])
    kept, seen = page.evaluate("() => window.kept"), page.evaluate("() => window.seen")

    assert [float(text.split()[0]) for text in length] == [pytest.approx(10, abs=0.1)]
    assert [float(text.split()[0]) for text in value] == [HU[5, 7, 4]]
    assert letters == ["H", "L", "F", "R"]
    assert "重建图像 · 冠状位" in str(cell.locator(".bottom-left").text_content())
    assert (kept, [one for one in seen if "reformat" in one]) == ([], [])


@pytest.mark.parametrize("way", ["gpu"])
def test_planes_lie_beside_each_other_and_say_what_has_not_come(page: Page) -> None:
    cells, first = page.locator("tierread-cell"), page.locator("tierread-cell").first
    press(page, "6")
    expect(cells).to_have_count(4)
    wait_until(lambda: page.evaluate(VIEW)["quality"] == "full" and page.evaluate(LINE, [0, 0, 0]) is not None, 20)
    planes = [str(cells.nth(index).locator(".bottom-left").text_content()) for index in range(1, 4)]
    first.locator(".viewport").click()
    press(page, "ArrowDown")
    wait_until(lambda: [page.evaluate(INDICES)[cell] for cell in (0, 3)] == [6, 6], 20)
    after = page.evaluate(INDICES)
    lines = page.evaluate(LINE, [0, 20, 100 + SLICE_MM * after[0]])

    # All planes again: what stood there before them.
    press(page, "6")
    expect(cells).to_have_count(1)
    at(page, 3, SLICES)

    # A slice lacks in between: nothing is made of the others, and they stay; what broke meanwhile shows as taken.
    strip = page.locator("nav.series button")
    strip.nth(1).click()
    wait_until(lambda: page.evaluate(VIEW)["count"] == 5, 20)
    page.evaluate(TOLD)
    for key in ("8", "6"):
        press(page, key)
        wait_until(lambda: page.evaluate("() => window.told.length") == 1, 20)
        assert "中间缺少层面" in page.evaluate("() => window.told.pop()")
        assert page.evaluate(VIEW)["count"] == len(LACKING)
    page.evaluate(CORONAL)
    refusal = first.locator(".message")
    expect(refusal).to_contain_text("中间缺少层面", timeout=PATIENCE_MS)
    refusal.locator("button").click()
    at(page, 2, 5)

    # Two of six slices wait on the line.
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    for k in (4, 5):
        page.route(f"**/instances/{uid_of(LATE, k)}/frames/*", hold)
    page.evaluate(f"uid => {{ document.querySelector('tierread-images').prior = {PRIOR} }}", EARLIER)
    expect(strip).to_have_count(3)
    first.locator(".viewport").click()
    strip.nth(2).click()
    wait_until(lambda: page.evaluate(VIEW)["count"] == 6, 20)
    press(page, "8")
    expect(first.locator(".badge")).to_have_text("层面尚未全部载入（4 / 6）", timeout=PATIENCE_MS)
    partial = page.evaluate(VIEW)
    for route in held:
        route.continue_()
    expect(first.locator(".badge")).to_have_count(0, timeout=PATIENCE_MS)
    whole = page.evaluate(VIEW)

    assert [any(name in said for name in ("冠状位", "矢状位", "轴位 · 最大密度投影 MIP 10 mm")) for said in planes] == [
        True
    ] * 3
    assert lines == [pytest.approx(0, abs=1), pytest.approx(0, abs=1)]
    assert (partial["quality"], whole["quality"]) == ("partial", "full")


def draw(page: Page, key: str, *points: tuple[float, float, float]) -> None:
    """From point to point of the patient, in mm."""
    press(page, key)
    places = page.evaluate(
        """points => {
          const { viewport } = document.querySelector('tierread-cell').stack
          const { left, top } = viewport.element.getBoundingClientRect()
          return points.map(point => viewport.worldToCanvas(point)).map(([x, y]) => [x + left, y + top])
        }""",
        points,
    )
    page.mouse.move(*places[0])
    page.mouse.down()
    page.mouse.move(*places[-1])
    page.mouse.up()
    page.mouse.move(2, 2)


def texts(cell: Locator) -> list[str]:
    return cell.locator(".viewport svg tspan").all_text_contents()
