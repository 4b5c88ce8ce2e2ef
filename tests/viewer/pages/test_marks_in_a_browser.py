"""A reader measures, reloads, finds it in its place and in the list of the report, signs, and the version has it."""

from __future__ import annotations

import re
from typing import Final

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.acts import decides, sees_every_picture, writes
from tests.browser import chromium, signed_in, window
from tests.builders import new_uid
from tests.running import serving, wait_until
from tests.viewer.pages.test_parking_in_a_browser import PATIENCE_MS, measures
from tests.viewer.pages.test_undrawn_series import case_of, of_pia, send_images, take

SPACING_MM: Final = 0.5
SLOW: Final = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
"""Milliseconds, and bytes a second."""


def drawn(page: Page) -> list[float]:
    """The ends of the line over the picture, in points of the screen."""
    line = page.locator(".viewport svg line").first
    expect(line).to_be_attached(timeout=PATIENCE_MS)
    return [float(line.get_attribute(name) or "nan") for name in ("x1", "y1", "x2", "y2")]


def listed(page: Page) -> Locator:
    return page.locator("section.marks li")


@pytest.mark.timeout(300)
def test_what_was_measured_is_there_after_a_reload_and_in_what_is_signed(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with serving(tmp_path_factory.mktemp("marks")) as tierread, chromium() as browser:
        cast = tierread.cast()
        study_uid, series_uid = new_uid(), new_uid()
        series = {"SeriesInstanceUID": series_uid, "PixelSpacing": [SPACING_MM, SPACING_MM]}
        slices = [of_pia(study_uid, 2, "平扫", InstanceNumber=number, **series) for number in (1, 2, 3)]
        send_images(tierread, cast, slices)
        case_id = wait_until(lambda: case_of(tierread, cast, study_uid))
        ada = signed_in(window(browser, tierread), cast.ada)
        take(ada, case_id)
        corner = ada.locator(".overlay .bottom-left")
        expect(corner).to_contain_text("1 / 3", timeout=PATIENCE_MS)
        expect(ada.locator(".overlay .bottom-right")).to_contain_text("W ", timeout=PATIENCE_MS)

        # Given a length in the second picture, and the third as a key image.
        ada.locator(".viewport").first.focus()
        ada.keyboard.press("ArrowDown")
        expect(corner).to_contain_text("2 / 3", timeout=PATIENCE_MS)
        measures(ada)
        expect(listed(ada)).to_contain_text(re.compile(r"长度 \d+\.\d mm\s+序列 2，图像 2"), timeout=PATIENCE_MS)
        before = drawn(ada)
        ada.keyboard.press("ArrowDown")
        expect(corner).to_contain_text("3 / 3", timeout=PATIENCE_MS)
        ada.keyboard.press("k")
        expect(listed(ada)).to_have_count(2)
        writes(ada, "两肺纹理清晰。", "未见异常。")

        # When the page is loaded anew on a slow line, the list leads back to the picture before the first one has come,
        # and the line lies where it lay.
        line = ada.context.new_cdp_session(ada)
        line.send("Network.enable")
        line.send("Network.emulateNetworkConditions", SLOW)
        ada.reload()
        expect(listed(ada)).to_have_count(2, timeout=PATIENCE_MS)
        expect(corner).to_contain_text("/ 3", timeout=PATIENCE_MS)
        listed(ada).first.locator("button.mark").click()
        expect(corner).to_contain_text("2 / 3", timeout=PATIENCE_MS)
        assert drawn(ada) == pytest.approx(before, abs=0.5)
        line.detach()
        ada.locator(".marks li", has_text="长度").get_by_role("button", name="写入所见").click()
        expect(ada.locator("#findings")).to_have_value(re.compile(r"清晰。长度 \d+\.\d mm（序列 2，图像 2）"))

        # Then what is signed has both, with the points in pixels of the picture.
        sees_every_picture(ada)
        expect(ada.locator("p.saved.saved")).to_contain_text(re.compile(r"\d\d:\d\d"))
        ada.locator(".actions .primary").click()
        expect(ada.locator("dialog .signing")).to_contain_text("1 项测量、1 幅关键图像")
        ada.keyboard.press("Escape")
        decides(ada)
        version = tierread.sign_in(cast.ada).get(f"/api/cases/{case_id}").json()["versions"][0]
        length, key = version["content"]["marks"]
        ends = length["points"]
        pixels = ((ends[0][0] - ends[1][0]) ** 2 + (ends[0][1] - ends[1][1]) ** 2) ** 0.5
        assert length["values"] == [
            {"name": "length", "value": pytest.approx(pixels * SPACING_MM, abs=0.1), "unit": "mm"}
        ]
        assert (length["instance_uid"], length["frame"]) == (slices[1].SOPInstanceUID, 1)
        assert (key["kind"], key["points"], key["instance_uid"]) == ("key", [], slices[2].SOPInstanceUID)
