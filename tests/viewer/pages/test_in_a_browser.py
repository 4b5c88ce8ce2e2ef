"""The pages in a real browser: the list that refreshes by itself, and a phone without JavaScript."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from reading.alerts import critical
from reading.context import Context
from reading.signing import withhold
from storage.database import transaction
from tests.browser import DESK, PHONE, chromium
from tests.reading.clinic import NORMAL, PNEUMONIA, read, verify
from tests.reading.region import PIA_CARD
from tests.viewer.house import PASSWORD, House

PATIENCE_MS = 30_000
"""The list asks every three seconds; a busy machine may need longer for the answer."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


def window(browser: Browser, house: House, size: dict[str, int], *, scripts: bool = True) -> BrowserContext:
    how = {"java_script_enabled": scripts, "locale": "zh-CN"}
    context = browser.new_context(base_url=house.origin, viewport=size, **how)  # type: ignore[arg-type]
    context.set_default_timeout(20_000)
    return context


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_townships_list_refreshes_and_leaves_alone_what_is_being_typed(house: House, browser: Browser) -> None:
    clinic = house.clinic
    case = house.case("1.2.840.1", patient_name="王^小丽")
    with window(browser, house, DESK) as context:
        tang = context.new_page()
        tang.goto("/sign-in")
        tang.fill("#username", "tang")
        tang.fill("#password", PASSWORD)
        tang.click("main button[type=submit]")
        tang.wait_for_url("**/t")
        expect(tang.locator("#list")).to_contain_text("王小丽")
        expect(tang.locator(".banner")).to_have_count(0)

        with transaction(house.engine) as tx:
            critical.raise_alert(
                Context(tx, clinic.audit, house.now, clinic.ada), case.id, critical_class="stroke", finding="左侧"
            )
        banner = tang.locator(".banner.danger")
        expect(banner).to_be_visible(timeout=PATIENCE_MS)  # by itself, without a reload
        banner.locator("input[name=read_back]").fill("左侧脑卒中，已通知")
        house.case("1.2.840.2", patient_id="P2", patient_name="李建国")
        expect(tang.locator("#list")).to_contain_text("李建国", timeout=PATIENCE_MS)

        expect(banner.locator("input[name=read_back]")).to_have_value("左侧脑卒中，已通知")
        banner.locator("input[name=spoken_with]").fill("Ada")
        banner.locator("button").click()
        expect(tang.locator("[role=status]").first).to_contain_text("已确认")

        # What is pasted into a form and does not fit is not cut without a word
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        tang.goto("/t/order")
        tang.get_by_role("link", name="没有证件").click()
        reason = tang.locator("#reason")
        tang.evaluate("navigator.clipboard.writeText('咳'.repeat(1012))")
        reason.press("Control+V")
        expect(reason).to_have_value("咳" * 1000)
        expect(tang.locator("#reason + .cut")).to_contain_text("最后 12 个字没有放进来")
        tang.evaluate("navigator.clipboard.writeText('嗽')")
        reason.press("Control+A")
        reason.press("Control+V")
        expect(reason).to_have_value("嗽")
        expect(tang.locator(".cut")).to_have_count(0)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_patient_needs_no_javascript_and_signs_out_by_a_button(house: House, browser: Browser) -> None:
    clinic = house.clinic
    case = house.case("1.2.840.1")
    with transaction(house.engine) as tx:
        read(tx, clinic, clinic.rosa, case.id, house.now, NORMAL)
        verify(tx, clinic, clinic.vera, case.id, house.now, PNEUMONIA)
    with window(browser, house, PHONE, scripts=False) as context:
        pia = context.new_page()
        pia.goto("/p")
        pia.select_option("#card_type", "identity_card")
        pia.fill("#card", PIA_CARD)
        pia.fill("#code", house.code(case.id))
        pia.locator("main button[type=submit]").click()
        pia.locator("ul.reports a").click()

        expect(pia.locator("article.report")).to_contain_text("右下肺炎")
        expect(pia.locator(".pictures img")).to_have_count(1)
        box = pia.locator("main").bounding_box()
        assert box is not None
        assert box["width"] <= PHONE["width"]
        pia.locator("header form button").click()
        expect(pia.locator("[role=status]")).to_contain_text("已退出")
        pia.go_back()
        expect(pia.locator("article.report")).to_have_count(0)  # nothing of it stays in the browser


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_opened_report_is_gone_from_the_phone_once_it_is_withheld(house: House, browser: Browser) -> None:
    clinic = house.clinic
    case = house.case("1.2.840.1")
    with transaction(house.engine) as tx:
        version = read(tx, clinic, clinic.ada, case.id, house.now, PNEUMONIA)
    with window(browser, house, PHONE) as context:
        pia = context.new_page()
        pia.goto(f"/p#{house.code(case.id)}")  # as the square code of the receipt has it
        pia.fill("#card", PIA_CARD)
        expect(pia).to_have_url(f"{house.origin}/p")
        pia.locator("main button[type=submit]").click()
        pia.goto(f"/p/reports/{version.id}")
        expect(pia.locator("article.report")).to_be_visible()
        with transaction(house.engine) as tx:
            withhold.withhold(Context(tx, clinic.audit, house.now, clinic.ada), case.id, why="wrong person")

        pia.reload()

        expect(pia.locator("main")).to_contain_text("现在看不到这份内容")
