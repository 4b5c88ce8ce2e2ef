"""A reader puts a case aside and finds picture, window, measurement and text again; the desk fits every screen."""

from __future__ import annotations

from typing import Final

import pytest
from playwright.sync_api import Page, expect

from tests.acts import writes
from tests.axe import violations
from tests.browser import PHONE, chromium, signed_in, window
from tests.builders import new_uid
from tests.running import serving, wait_until
from tests.viewer.pages.test_undrawn_series import case_of, of_pia, send_images, take

PATIENCE_MS: Final = 60_000


def measures(page: Page) -> None:
    """Draw a length over the middle of the picture."""
    box = page.locator(".viewport").first.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.keyboard.press("m")
    page.mouse.move(x - 60, y)
    page.mouse.down()
    page.mouse.move(x + 60, y + 20, steps=4)
    page.mouse.up()


@pytest.mark.timeout(300)
def test_what_was_put_aside_comes_back_as_it_was_left(tmp_path_factory: pytest.TempPathFactory) -> None:
    with serving(tmp_path_factory.mktemp("parking")) as tierread, chromium() as browser:
        cast = tierread.cast()
        study_uid, series_uid = new_uid(), new_uid()
        series = {"SeriesInstanceUID": series_uid}
        slices = [of_pia(study_uid, 1, "平扫", InstanceNumber=number, **series) for number in (1, 2, 3, 4)]
        send_images(tierread, cast, slices)
        case_id = wait_until(lambda: case_of(tierread, cast, study_uid))
        ada = signed_in(window(browser, tierread), cast.ada)
        take(ada, case_id)

        # Given a text, the second picture in the brain window with black for white, and a length in it.
        writes(ada, "两肺纹理清晰。", "未见异常。")
        corner = ada.locator(".overlay .bottom-left")
        expect(corner).to_contain_text("1 / 4", timeout=PATIENCE_MS)
        expect(ada.locator(".overlay .bottom-right")).to_contain_text("W ", timeout=PATIENCE_MS)
        ada.locator(".viewport").first.focus()
        ada.keyboard.press("ArrowDown")
        expect(corner).to_contain_text("2 / 4", timeout=PATIENCE_MS)
        ada.keyboard.press("4")
        ada.keyboard.press("i")
        measures(ada)
        expect(ada.locator("section.marks li")).to_have_count(1, timeout=PATIENCE_MS)

        # When she puts it aside in the middle of a word, and comes back on a page of its own.
        ada.locator("#findings").focus()
        ada.keyboard.press("Control+k")
        ada.wait_for_url(lambda url: "#/case/" not in url)
        aside = ada.locator(".parked li")
        expect(aside).to_have_count(1, timeout=PATIENCE_MS)
        ada.reload()
        aside.locator("a.button").click(timeout=PATIENCE_MS)

        # Then all of it is there again.
        expect(corner).to_contain_text("2 / 4", timeout=PATIENCE_MS)
        expect(ada.locator(".overlay .bottom-right")).to_contain_text("W 80 · L 40", timeout=PATIENCE_MS)
        expect(ada.locator(".viewport svg line").first).to_be_attached(timeout=PATIENCE_MS)
        expect(ada.locator("#findings")).to_have_value("两肺纹理清晰。")
        expect(ada.locator(".actions .primary")).to_be_visible()
        detail = tierread.sign_in(cast.ada).get(f"/api/cases/{case_id}").json()
        lease = detail["lease"]
        assert lease["parked_at"] is None
        assert lease["screen"]["inverted"] is True
        assert [mark["kind"] for mark in detail["draft"]["content"]["marks"]] == ["length"]

        # And the desk is one for everybody's eyes and hands, in the dark beside the light, on a phone too.
        assert violations(ada) == []
        ada.keyboard.press("Escape")
        ada.evaluate("document.activeElement?.blur()")
        ada.keyboard.press("g")
        ada.locator("[data-at='1-2']").click()
        cells = ada.locator(".stage .viewport:visible")
        expect(cells).to_have_count(2, timeout=PATIENCE_MS)
        enlarge = ada.locator(".layout-bar > button.enlarge")
        enlarge.click()
        expect(cells).to_have_count(1)
        enlarge.click()
        expect(cells).to_have_count(2)
        ada.set_viewport_size(PHONE)  # type: ignore[arg-type]
        bar = ada.locator(".toolbar[role=toolbar]")
        assert bar.evaluate("bar => bar.scrollWidth <= bar.clientWidth")
        ada.locator("details.tool-menu summary").click()
        menu = ada.locator("details.tool-menu .menu").bounding_box()
        assert menu is not None
        assert menu["x"] >= 0
        assert menu["x"] + menu["width"] <= PHONE["width"]
        assert menu["y"] + menu["height"] <= PHONE["height"]
        expect(ada.locator("details.tool-menu").get_by_role("button", name="反相")).to_be_visible()
        assert ada.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        assert violations(ada) == []
