"""The cells of the desk: how a case is hung in them, who sees what, and what the person changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from pydicom.dataset import Dataset

from tests.builders import image, new_uid
from tests.pictures import desk
from tests.running import wait_until

STUDY: Final = new_uid()
CHEST: Final = new_uid()
SCOUT: Final = new_uid()
"""Sagittal, at x = 10, from the level of 40 mm down."""
EARLIER: Final = new_uid()
SPACE: Final = new_uid()
PATIENCE_MS: Final = 30_000

NOTES: Final = """() => {
  const panel = document.querySelector('tierread-images')
  window.seen = []
  const nothing = () => undefined
  panel.shown = {
    contentOf: () => '', expect: nothing, lose: nothing, failed: nothing, isDone: () => false, isShown: () => false,
    cannotShow: nothing, progress: () => ({ done: 0, frames: 0 }), wasDisplayed: () => false,
    displayed: (series, frame) => window.seen.push(frame),
  }
  Object.assign(panel.style, { position: 'fixed', inset: '0' })
}"""
"""What the panel says was drawn is written down, and it fills the window."""
ANOTHER: Final = """() => {
  const [before, after] = [document.querySelector('tierread-images'), document.createElement('tierread-images')]
  for (const name of ['client', 'settings', 'studies', 'shown']) after[name] = before[name]
  before.replaceWith(after)
  after.imageSet = 'two'
  Object.assign(after.style, { position: 'fixed', inset: '0' })
}"""
"""The case is left and opened again."""
CELLS: Final = """() => [...document.querySelectorAll('tierread-cell')].map(cell => {
  const canvas = cell.querySelector('canvas')
  const point = canvas?.getContext('2d').getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data[0]
  return { series: cell.series?.seriesUid, index: cell.view.index, quality: cell.view.quality, grey: point ?? null,
    active: cell.getAttribute('aria-current') === 'true', seen: cell.checkVisibility({ visibilityProperty: true }) }
})"""


LINE: Final = """() => {
  const cell = document.querySelectorAll('tierread-cell')[1]
  const at = cell.querySelector('.reference line').y1.baseVal.value
  const [top, bottom] = [40, 9].map(z => cell.stack.onScreenAt([10, 0, z])[1])
  return (at - top) / (bottom - top)
}"""
"""How far down in the sagittal picture, from 40 to 9 mm, the line of the axial one lies."""
ELSEWHERE: Final = """() => {
  const { stack, view } = document.querySelector('tierread-cell')
  stack.goTo((view.index + 6) % 12)
}"""
COLUMNS: Final = """async columns => {
  document.querySelector('.stage').style.gridTemplateColumns = columns
  await new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve, 50)))
}"""
MOVES: Final = """() => {
  const { viewport, stance } = document.querySelector('tierread-cell').stack
  stance.zoomBy(2)
  const { clientWidth, clientHeight } = viewport.element
  const half = Math.min(clientHeight, clientWidth) / 2
  const focalPoint = viewport.canvasToWorld([clientWidth / 2 - 0.5 * half, clientHeight / 2 + 0.25 * half])
  const { position, focalPoint: before } = viewport.getCamera()
  viewport.setCamera({ focalPoint, position: position.map((each, axis) => each + focalPoint[axis] - before[axis]) })
  viewport.render()
}"""
"""Twice as large, and half of a filled half to the right, as somebody does by hand."""
MIDDLES: Final = """() => [...document.querySelectorAll('tierread-cell')].map(({ stack, view }) => {
  const { clientWidth, clientHeight } = stack.viewport.element
  const [x, y] = stack.onScreenAt([15.5, 15.5, 5 * view.index])
  const half = Math.min(clientHeight, clientWidth) / 2
  return [(x - clientWidth / 2) / half, (y - clientHeight / 2) / half]
})"""
"""Where the middle of each picture lies, from the middle of its cell, in halves of what it fills."""
PRIOR: Final = "{ case_id: 'before', study_uids: [uid], examined_at: '2025-03-01T08:00:00Z' }"


def slices(series_uid: str, count: int, step_mm: int = 5, /, **known: Any) -> Iterator[Dataset]:
    """Axial slices of one value that both windows of the chest tell apart."""
    for number in range(count):
        place = {"ImageOrientationPatient": [1, 0, 0, 0, 1, 0], "ImagePositionPatient": [0, 0, step_mm * number]}
        body = {"BodyPartExamined": "CHEST", "FrameOfReferenceUID": SPACE, "StudyInstanceUID": STUDY}
        values = {"PixelSpacing": [1, 1], "RescaleSlope": 1, "RescaleIntercept": -1024}
        shown: dict[str, Any] = {**place, **body, **values, **known}
        one = image(rows=32, columns=32, SeriesInstanceUID=series_uid, InstanceNumber=number + 1, **shown)
        one.PixelData = np.full(32 * 32, 1024, "<u2").tobytes()  # 0 HU
        yield one


@pytest.fixture
def way() -> str:
    return "gpu"


@pytest.fixture
def page(sqlite_template: Path, tmp_path: Path, way: str) -> Iterator[Page]:
    earlier = {"StudyInstanceUID": EARLIER, "FrameOfReferenceUID": new_uid(), "SeriesDescription": "平扫"}
    upright = {"ImageOrientationPatient": [0, 1, 0, 0, 0, -1], "ImagePositionPatient": [10, 0, 40]}
    laid = (
        *slices(CHEST, 12, SeriesNumber=2, SeriesDescription="平扫"),
        *slices(SCOUT, 3, SeriesNumber=3, **upright),
        *slices(new_uid(), 12, 10, **earlier),
    )
    with desk.holding(laid, sqlite_template, tmp_path, way) as page:
        page.evaluate(NOTES)
        yield page


def cells(page: Page) -> list[dict[str, Any]]:
    return page.evaluate(CELLS)


def test_a_chest_hangs_in_two_windows_and_the_person_lays_it_out_anew(page: Page) -> None:
    corners, stage = page.locator("tierread-cell .bottom-right"), page.locator("tierread-cell")
    expect(corners.nth(0)).to_contain_text("W 1500 · L -600", timeout=PATIENCE_MS)
    expect(corners.nth(1)).to_contain_text("W 400 · L 40", timeout=PATIENCE_MS)
    wait_until(lambda: [one["quality"] for one in cells(page)] == ["full"] * 2)
    hung = cells(page)

    # Four cells by keys: the third gets what was not on the screen, and is stepped through.
    page.keyboard.press("g")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(stage).to_have_count(4)
    wait_until(lambda: cells(page)[2]["quality"] == "full")
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(stage.nth(2).locator(".bottom-left")).to_contain_text("2 / 3", timeout=PATIENCE_MS)
    four = cells(page)

    # One cell over the others: what is drawn under it was seen by nobody, until it is seen.
    page.keyboard.press("e")
    expect(stage.nth(0)).to_be_hidden()
    alone = cells(page)
    page.evaluate("() => { window.seen = []; document.querySelector('tierread-cell').stack.goTo(5) }")
    expect(stage.nth(0).locator(".bottom-left")).to_contain_text("6 / 12", timeout=PATIENCE_MS)
    covered = drawn(page, CHEST)
    stage.nth(2).dblclick()
    expect(stage.nth(0)).to_be_visible()
    wait_until(lambda: drawn(page, CHEST) != [])

    # A series is carried into the cell that is empty, and there by a key another one is chosen.
    page.locator("nav.series button").nth(1).drag_to(stage.nth(3))
    expect(stage.nth(3).locator(".bottom-left")).to_contain_text("1 / 3", timeout=PATIENCE_MS)
    page.keyboard.press("]")
    expect(stage.nth(3).locator(".bottom-left")).to_contain_text("1 / 12", timeout=PATIENCE_MS)

    # The grid is there again when the person comes back, and goes when they ask for it.
    page.evaluate(ANOTHER)
    expect(stage).to_have_count(4, timeout=PATIENCE_MS)
    page.locator(".grid-picker summary").click()
    page.locator(".grid-picker .by-itself").click()
    expect(stage).to_have_count(2)

    assert [one["grey"] for one in hung] == [230, 102]  # 0 HU: (0 + 1350) / 1500, (0 + 160) / 400
    assert [one["series"] for one in four] == [CHEST, CHEST, SCOUT, None]
    assert [one["active"] for one in four] == [False, False, True, False]
    assert [one["seen"] for one in alone] == [False, False, True, False]
    assert covered == []


def test_an_earlier_case_lies_beside_and_cells_follow_each_other(page: Page) -> None:
    stage = page.locator("tierread-cell")
    wait_until(lambda: [one["quality"] for one in cells(page)] == ["full"] * 2)
    page.evaluate(f"uid => {{ document.querySelector('tierread-images').prior = {PRIOR} }}", EARLIER)
    expect(stage).to_have_count(4, timeout=PATIENCE_MS)
    wait_until(lambda: [one["quality"] for one in cells(page)] == ["full"] * 4)
    hung = cells(page)
    marked = [stage.nth(at).locator("p.earlier").count() for at in range(4)]
    page.locator("nav.series button").nth(1).drag_to(stage.nth(1))
    wait_until(lambda: cells(page)[1]["series"] == SCOUT and cells(page)[1]["quality"] == "full")

    # Three slices on in the present case, by 15 mm: in the earlier one slices lie 10 mm apart.
    page.locator("tierread-cell .viewport").first.click()
    for number in (2, 3, 4):
        page.keyboard.press("ArrowDown")
        expect(stage.nth(0).locator(".bottom-left")).to_contain_text(f"{number} / 12", timeout=PATIENCE_MS)
    expect(stage.nth(2).locator(".bottom-left")).to_contain_text("2 / 12", timeout=PATIENCE_MS)
    followed = cells(page)
    line = page.evaluate(LINE)
    page.keyboard.press("+")
    wait_until(lambda: zooms(page)[2] == pytest.approx(1.25, rel=0.01))
    together = zooms(page)

    # Unlinked, each goes its own way.
    page.keyboard.press("j")
    page.keyboard.press("ArrowDown")
    expect(stage.nth(0).locator(".bottom-left")).to_contain_text("5 / 12", timeout=PATIENCE_MS)
    alone = cells(page)
    page.evaluate("() => { document.querySelector('tierread-images').prior = undefined }")
    expect(stage).to_have_count(2)

    # As a film from there, until somebody goes to another picture.
    film = page.locator(".slices .film")
    page.keyboard.press("y")
    wait_until(lambda: cells(page)[0]["index"] > alone[0]["index"] + 1)
    expect(film).to_have_attribute("aria-pressed", "true")
    page.evaluate(ELSEWHERE)
    expect(film).to_have_attribute("aria-pressed", "false")

    assert [one["series"] for one in hung[:2]] == [CHEST, CHEST]
    assert hung[2]["series"] == hung[3]["series"] not in (CHEST, SCOUT)
    assert marked == [0, 0, 1, 1]
    assert drawn(page, EARLIER) == []
    assert followed[1]["index"] == 0
    assert line == pytest.approx(25 / 31, abs=0.02)  # the slice at 15 mm lies 25 mm below the top of 40 mm
    assert together[0] == pytest.approx(1.25, rel=0.01)
    assert alone[2]["index"] == followed[2]["index"]


@pytest.mark.parametrize("way", list(desk.WAYS))
def test_linked_cells_show_the_same_part_whatever_their_size(page: Page) -> None:
    wait_until(lambda: [one["quality"] for one in cells(page)] == ["full"] * 2)

    # Given one cell three times as wide as the other: both are filled still.
    page.evaluate(COLUMNS, "3fr 1fr")
    wait_until(lambda: page.evaluate(MIDDLES) == [pytest.approx([0, 0], abs=0.05)] * 2)

    # When the active one is zoomed and moved, then the other shows the same part of its picture.
    page.evaluate(MOVES)
    wait_until(lambda: page.evaluate(MIDDLES)[1] != pytest.approx([0, 0], abs=0.05))
    moved = page.evaluate(MIDDLES)

    # When it is as it was, and the cells become equal, both are filled and in the middle.
    page.evaluate("() => document.querySelector('tierread-cell').stack.reset()")
    wait_until(lambda: page.evaluate(MIDDLES) == [pytest.approx([0, 0], abs=0.05)] * 2)
    page.evaluate(COLUMNS, "1fr 1fr")
    wait_until(lambda: zooms(page) == [pytest.approx(1, rel=0.01)] * 2)

    assert moved[0] == pytest.approx([0.5, -0.25], abs=0.1)  # the processor calls a corner of a pixel its middle
    assert moved[1] == pytest.approx(moved[0], abs=0.05)
    assert page.evaluate(MIDDLES) == [pytest.approx([0, 0], abs=0.05)] * 2


def zooms(page: Page) -> list[float]:
    return page.evaluate(
        "() => [...document.querySelectorAll('tierread-cell')].map(cell => cell.stack.stance.place.zoom)"
    )


def drawn(page: Page, series_uid: str) -> list[str]:
    return [one for one in page.evaluate("() => window.seen") if series_uid in one]
