"""The bar of critical results in a browser: at the township, at the city's worklist, and while a page is locked."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from reading.alerts import climbing
from reading.audit import SYSTEM
from reading.context import Context
from reading.sessions.staff_sessions import IDLE
from storage.database import transaction
from tests.browser import DESK
from tests.viewer.house import PASSWORD, House
from tests.viewer.pages.test_alerts import MINUTE
from tests.viewer.pages.test_in_a_browser import PATIENCE_MS, browser, window

__all__ = ["browser"]


def enters(page: Page, username: str, onward: str) -> Page:
    page.goto(f"/sign-in?next={onward}")
    page.fill("#username", username)
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(f"**{onward}")
    return page


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_critical_result_rings_on_every_page_until_it_is_read_back(house: House, browser: Browser) -> None:
    # Given a technician at the list of the township, and a reviewer at the worklist of the city
    case = house.case("1.2.840.1", patient_name="王^小丽")
    ada = house.signed_in("ada")
    with window(browser, house, DESK) as at_hills, window(browser, house, DESK) as at_the_city:
        tang = enters(at_hills.new_page(), "tang", "/t")
        ben = enters(at_the_city.new_page(), "ben", "/")
        expect(ben.locator("tierread-worklist")).to_be_visible()
        expect(tang.locator("#alert-bar")).to_have_count(0)

        # When the county flags a critical result, and nobody answers
        ada.post(f"/api/cases/{case.id}/critical", json={"critical_class": "aortic_dissection", "finding": "升主动脉"})
        bar = tang.locator("#alert-bar")
        expect(bar.get_by_role("alert")).to_have_text("危急值待确认：1 条", timeout=PATIENCE_MS)
        expect(tang).to_have_title(re.compile(r"^\(1\) "))
        bar.locator("button.sound").click()
        expect(bar.locator("button.sound")).to_have_count(0)
        for _ in range(3):
            house.now += MINUTE * 5
            with transaction(house.engine) as tx:
                climbing.climb(Context(tx, house.clinic.audit, house.now, SYSTEM))

        # Then the first deadline stays in view, the city hears of it, and a page that is locked rings without a name
        expect(bar).to_contain_text("主动脉夹层或破裂 · Hills · 超时 10 分钟", timeout=PATIENCE_MS)
        expect(ben.locator("#alert-bar")).to_contain_text("超时 10 分钟", timeout=PATIENCE_MS)
        expect(ben).to_have_title(re.compile(r"^\(1\) "))
        house.now += IDLE
        expect(tang.locator("#lock-password")).to_be_visible(timeout=PATIENCE_MS)
        expect(tang.locator("#alert-bar")).to_contain_text("危急值待确认：1 条", timeout=PATIENCE_MS)
        expect(tang.locator("body")).not_to_contain_text("王小丽")
        expect(tang.locator("#alert-bar")).not_to_contain_text("夹层")

        # And read back it is quiet
        tang.fill("#lock-password", PASSWORD)
        tang.keyboard.press("Enter")
        banner = tang.locator(".banner.danger")
        banner.locator("input[name=read_back]").fill("升主动脉夹层，马上转诊")
        banner.locator("input[name=spoken_with]").fill("Ada")
        banner.locator("button").click()
        tang.wait_for_url("**?done=acknowledged")
        expect(tang.locator("#alert-bar")).to_have_count(0)
        expect(tang).not_to_have_title(re.compile(r"^\("))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_where_nobody_is_signed_in_it_goes_on_asking_slowly(house: House, browser: Browser) -> None:
    with window(browser, house, DESK) as nobody:
        page = nobody.new_page()
        page.clock.install()
        with page.expect_response("**/api/alerts/bar"):
            page.goto("/sign-in")
        with page.expect_response("**/api/alerts/bar") as again:
            page.clock.run_for(61_000)

        assert again.value.status == 204
