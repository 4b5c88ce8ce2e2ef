"""A reader who changes the machine finds their list as they left it."""

from __future__ import annotations

from typing import Final

import pytest
from playwright.sync_api import expect

from tests.axe import violations
from tests.browser import chromium, signed_in, window
from tests.builders import new_uid
from tests.running import serving, wait_until
from tests.viewer.pages.test_undrawn_series import case_of, of_pia, send_images, take

PATIENCE_MS: Final = 60_000
LENGTH: Final = ".toolbar[role=toolbar] button[aria-label=长度]"


def box(column: str) -> str:
    return f"details.columns [data-column={column}] input"


@pytest.mark.timeout(240)
def test_columns_and_filters_are_there_at_another_machine(tmp_path_factory: pytest.TempPathFactory) -> None:
    with serving(tmp_path_factory.mktemp("settings")) as tierread, chromium() as browser:
        cast = tierread.cast()
        here = signed_in(window(browser, tierread), cast.ada)
        here.locator("details.columns summary").click()
        here.uncheck(box("site"))
        here.locator("details.kept summary").click()
        here.fill("details.kept input[name=name]", "山区")
        here.locator("details.kept form button").click()
        api = tierread.sign_in(cast.ada)
        wait_until(lambda: api.get("/api/account/settings").json().get("worklist", {}).get("value", {}).get("kept"))

        there = signed_in(window(browser, tierread), cast.ada)
        there.locator("details.columns summary").click(timeout=PATIENCE_MS)
        expect(there.locator(box("site"))).not_to_be_checked()
        expect(there.locator(box("state"))).to_be_checked()
        there.locator("details.kept summary").click()
        expect(there.locator("details.kept .apply")).to_have_text("山区")

        # What she takes away there is gone here, when she comes back.
        there.locator("details.kept li button[aria-label]").click()
        wait_until(lambda: api.get("/api/account/settings").json()["worklist"]["value"]["kept"] == [])
        here.reload()
        here.locator("details.kept summary").click(timeout=PATIENCE_MS)
        expect(here.locator("details.kept .apply")).to_have_count(0)
        vera = signed_in(window(browser, tierread), cast.vera)
        vera.locator("details.columns summary").click(timeout=PATIENCE_MS)
        expect(vera.locator(box("site"))).to_be_checked()


@pytest.mark.timeout(300)
def test_keys_windows_and_the_size_of_text_are_there_at_another_machine(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with serving(tmp_path_factory.mktemp("keys")) as tierread, chromium() as browser:
        cast = tierread.cast()
        study_uid, series = new_uid(), {"SeriesInstanceUID": new_uid(), "Modality": "CT"}
        send_images(tierread, cast, [of_pia(study_uid, 1, "平扫", InstanceNumber=n, **series) for n in (1, 2, 3)])
        case_id = wait_until(lambda: case_of(tierread, cast, study_uid))
        here = signed_in(window(browser, tierread), cast.ada)
        take(here, case_id)
        corner = ".overlay .bottom-right"
        expect(here.locator(corner)).to_contain_text("W ", timeout=PATIENCE_MS)

        # Given a length on ; (M is free then), an ellipse that nobody puts on G, which is the grid's.
        here.locator(".viewport").first.focus()
        here.keyboard.press("?")
        said = here.locator("dialog.help .said")
        here.get_by_role("button", name="更改“长度”的键").click()
        here.keyboard.press("g")
        expect(said).to_have_text("G 已用于“选择屏幕布局”，请换一个，或先改那一个。")
        here.keyboard.press(";")
        expect(said).to_have_text("“长度”现在是 ;。")
        assert violations(here) == []
        here.locator("dialog.help .buttons .primary").click()
        length = here.locator(LENGTH)
        expect(length).to_have_attribute("title", "长度 (;)")
        here.keyboard.press("m")
        expect(length).to_have_attribute("aria-pressed", "false")
        here.keyboard.press(";")
        expect(length).to_have_attribute("aria-pressed", "true")

        # And a window of hers on 5, and larger words.
        here.locator(".toolbar select").select_option(label="我的窗宽窗位…")
        here.fill("dialog.windows input[name=name]", "肝")
        here.fill("dialog.windows input[name=width]", "150")
        here.fill("dialog.windows input[name=center]", "60")
        here.select_option("dialog.windows select", "5")
        here.locator("dialog.windows .primary").click()
        expect(here.locator("dialog.windows li")).to_have_count(1)
        assert violations(here) == []
        here.keyboard.press("Escape")
        here.locator(".viewport").first.focus()
        here.keyboard.press("5")
        expect(here.locator(corner)).to_contain_text("W 150 · L 60")
        here.locator("details.more summary").click()
        here.get_by_role("button", name="放大字号").click()
        here.get_by_role("button", name="放大字号").click()
        expect(here.locator("#findings")).to_have_css("font-size", "17px")
        api = tierread.sign_in(cast.ada)
        wait_until(lambda: api.get("/api/account/settings").json().get("desk", {}).get("value") == {"text_px": 17})

        # Then they are there at another machine, and reset as one.
        there = signed_in(window(browser, tierread), cast.ada)
        there.goto(f"/#/case/{case_id}")
        expect(there.locator(corner)).to_contain_text("W ", timeout=PATIENCE_MS)
        expect(there.locator("#findings")).to_have_css("font-size", "17px")
        there.locator(".viewport").first.focus()
        there.keyboard.press("5")
        expect(there.locator(corner)).to_contain_text("W 150 · L 60")
        there.keyboard.press(";")
        expect(there.locator(LENGTH)).to_have_attribute("aria-pressed", "true")
        there.keyboard.press("?")
        there.get_by_role("button", name="全部恢复默认").click()
        there.locator("dialog.help .buttons .primary").click()
        expect(there.locator(LENGTH)).to_have_attribute("title", "长度 (M)")
