"""A reader who changes the machine finds their list as they left it."""

from __future__ import annotations

from typing import Final

import pytest
from playwright.sync_api import expect

from tests.browser import chromium, signed_in, window
from tests.running import serving, wait_until

PATIENCE_MS: Final = 60_000


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
