"""A whole slide at the desk: the right tile stands in its place at each zoom, and it is seen once all of it was."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from tests.builders import new_uid
from tests.pictures import desk
from tests.pictures.slides import finest_colour, middle_colour, slide
from tests.pictures.test_other_objects import NOTES, chosen
from tests.running import wait_until

AT: Final = """([column, row]) => {
  const slide = document.querySelector('tierread-slide')
  const place = slide.map?.getPixelFromCoordinate([column, -row])
  const canvas = slide.querySelector('.slide-map canvas')
  if (!place || !canvas) return []
  const ratio = canvas.width / slide.map.getSize()[0]
  const [x, y] = place.map(each => Math.round(each * ratio))
  return [...canvas.getContext('2d').getImageData(x, y, 1, 1).data].slice(0, 3)
}"""
"""The colour on the screen of a pixel of the finest level, by its column and row from 0."""

FLAT: Final = """() => String(
  document.querySelector('tierread-slide').slide.glasses.findIndex(each => each.levels.length === 1)
)"""
"""The glass of one level."""


def stands(page: Page, column: int, row: int, colour: tuple[int, int, int]) -> None:
    wait_until(
        lambda: page.evaluate(AT, [column, row]) == pytest.approx(colour, abs=3),
        30,
        f"{colour} at {column}, {row}",
    )


def test_each_tile_stands_in_its_place_at_two_zooms(sqlite_template: Path, tmp_path: Path) -> None:
    objects = slide()
    syntaxes = {str(one.SOPInstanceUID): syntax for one, syntax in objects}
    with desk.holding([one for one, _ in objects], sqlite_template, tmp_path, syntaxes=syntaxes) as page:
        page.evaluate(NOTES, "")
        chosen(page, objects[0][0])
        viewport = page.locator(".slide-map")
        expect(viewport).to_be_visible()

        # All of it, from the level of half the size, whose tiles lie in the file from the last to the first.
        for column, row, tile in ((100, 100, (0, 0)), (1900, 100, (1, 0)), (100, 1400, (0, 1)), (1900, 1400, (1, 1))):
            stands(page, column, row, middle_colour(*tile))
        wait_until(lambda: page.evaluate("() => window.seen") == ["slide"])
        expect(page.locator(".slide-scale")).to_contain_text("µm")

        # No tool of pictures works on it, and each says so; what enlarges does, wherever the focus is.
        length, reset = (page.get_by_role("button", name=name, exact=True).first for name in ("长度", "复位"))
        expect(length).to_have_attribute("aria-disabled", "true")
        expect(length).to_have_attribute("title", re.compile("全切片"))
        expect(reset).not_to_have_attribute("aria-disabled", "true")
        page.keyboard.press("m")
        expect(length).to_have_attribute("aria-pressed", "false")

        # Nearer, from the finest one.
        page.keyboard.press("+")
        viewport.focus()
        page.keyboard.press("+")
        for column, row, tile in ((1000, 600, (1, 1)), (1100, 600, (2, 1)), (1000, 490, (1, 0)), (1100, 1040, (2, 2))):
            stands(page, column, row, finest_colour(*tile))
        assert page.evaluate("() => document.querySelector('.slide-overview i').getBoundingClientRect().width") < 150

        # The label may carry a name: it comes when it is asked for.
        expect(page.locator(".slide-beside img")).to_have_count(0)
        page.get_by_role("button", name="标签和全景").click()
        expect(page.locator(".slide-beside figure")).to_contain_text("切片标签")


def test_two_glasses_of_one_series_are_two_slides_and_both_have_to_be_seen(
    sqlite_template: Path, tmp_path: Path
) -> None:
    where = {"StudyInstanceUID": new_uid(), "SeriesInstanceUID": new_uid()}
    one, other = (
        slide(**where, FrameOfReferenceUID=new_uid(), ContainerIdentifier=container)
        for container in ("S26-7 A", "S26-7 B")
    )
    objects = [*one, *other[:2]]  # of the other glass the label and the finest level
    syntaxes = {str(each.SOPInstanceUID): syntax for each, syntax in objects}
    with desk.holding([each for each, _ in objects], sqlite_template, tmp_path, syntaxes=syntaxes) as page:
        page.evaluate(NOTES, "")
        chosen(page, objects[0][0])
        choice = page.get_by_label("玻片", exact=True)
        expect(choice.locator("option")).to_have_count(2)
        levels = "() => document.querySelector('tierread-slide').slide.glasses.map(each => each.levels.length).sort()"
        assert page.evaluate(levels) == [1, 3]
        expect(page.get_by_text("还有 1 张没有看全")).to_be_visible()
        assert page.evaluate("() => window.seen") == []

        choice.select_option(index=1)
        wait_until(lambda: page.evaluate("() => window.seen") == ["slide"])
        expect(page.get_by_text("没有看全")).to_have_count(0)

        # A cell of another size has all of it again.
        choice.select_option(value=page.evaluate(FLAT))
        page.set_viewport_size({"width": 800, "height": 500})
        for column, row, tile in ((20, 20, (0, 0)), (2030, 1520, (3, 2))):
            stands(page, column, row, finest_colour(*tile))
