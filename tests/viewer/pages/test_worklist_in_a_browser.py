"""A reader's day at the list: sorting, searching, columns, filters by name, the preview, what is new, and a phone."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from reading.tables import audit_event
from storage.database import snapshot, transaction
from tests.axe import violations
from tests.browser import PHONE
from tests.reading.clinic import take
from tests.viewer.house import PASSWORD, House
from tests.viewer.pages.test_in_a_browser import browser, window

__all__ = ["browser"]

OLD_SCREEN = {"width": 1366, "height": 768}
NAMES = ("王^小丽", "李^大海", "赵^一", "钱^二", "孙^三")
PINYIN = ("WANG^XIAOLI", "LI^DAHAI", "ZHAO^YI", "QIAN^ER", "SUN^SAN")


LATE_LIST = """async () => {
    const list = document.querySelector('tierread-worklist')
    const late = document.createElement('tierread-worklist')
    Object.assign(late, { office: list.office, session: list.session, settings: list.settings })
    location.hash = '#/case/01K00000000000000000000000'
    list.after(late)
    await late.updateComplete
    return location.hash
}"""
"""The address after another list was drawn between a change of the address and the event that tells of it."""


def names(page: Page) -> Locator:
    return page.locator("tbody a.open")


def enters(page: Page) -> None:
    page.goto("/sign-in")
    page.fill("#username", "ada")
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(re.compile(r"/#/\?tab=read$"))


def fits(page: Page) -> bool:
    """Whether nothing stands beside the screen."""
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_readers_day_at_the_list(house: House, browser: Browser) -> None:
    clinic = house.clinic
    for number in range(24):
        written = f"{PINYIN[number % 5]}={NAMES[number % 5]}" if number < 5 else f"CHEN^{chr(65 + number)}"
        site = clinic.region.lake if number % 2 else clinic.region.hills
        house.case(f"1.2.840.{number}", patient_id=f"P{number}", patient_name=written, site=site)
    with window(browser, house, OLD_SCREEN) as context:
        ada = context.new_page()
        enters(ada)

        # Rows are low, tabs say how much they hold, and nothing is wider than the screen.
        expect(names(ada)).to_have_count(24)
        heights = ada.evaluate(
            "[...document.querySelectorAll('tbody tr')].map(row => row.getBoundingClientRect().height)"
        )
        assert all(28 <= height <= 32 for height in heights), heights
        expect(ada.locator("#tab-read .count")).to_have_text("24")
        expect(ada.locator("#tab-mine .count")).to_have_text("0")
        assert fits(ada)

        # By a heading, and back; the address says so.
        ada.get_by_role("button", name="患者", exact=True).click()
        expect(names(ada).first).to_have_text("CHEN F")
        expect(ada).to_have_url(re.compile(r"sort=patient$"))
        ada.get_by_role("button", name=re.compile("患者")).click()
        expect(names(ada).first).to_have_text("赵一")
        expect(ada.locator("th.patient")).to_have_attribute("aria-sort", "descending")

        # Columns by keys: one goes to the front, another away; both stay so.
        for key, place in (("Alt+ArrowRight", 2), ("Alt+ArrowLeft", 1), ("Alt+ArrowLeft", 0)):
            ada.locator("th.patient button").press(key)
            expect(ada.locator("thead th").nth(place)).to_have_text(re.compile("患者"))
        ada.locator("details.columns summary").click()
        ada.locator("details.columns li[data-column=site] input").uncheck()
        ada.keyboard.press("Escape")
        ada.reload()
        expect(ada.locator("thead th").first).to_have_text(re.compile("患者"))
        expect(ada.locator("th.site")).to_have_count(0)
        expect(names(ada).first).to_have_text("赵一")

        # Filters by name.
        ada.select_option("#worklist-site", "lake")
        expect(names(ada)).to_have_count(12)
        ada.locator("details.kept summary").click()
        ada.fill("details.kept input[name=name]", "湖区")
        ada.locator("details.kept form button").click()
        ada.locator("#tab-all").click()
        ada.select_option("#worklist-site", "")
        expect(names(ada)).to_have_count(24)
        ada.locator("details.kept summary").click()
        ada.get_by_role("button", name="湖区", exact=True).click()
        expect(names(ada)).to_have_count(12)
        expect(ada).to_have_url(re.compile(r"tab=read&site=lake&sort=-patient$"))

        # By initials; whom she seeks stands in no address, and is there again after the case.
        ada.select_option("#worklist-site", "")
        ada.keyboard.press("Escape")
        ada.locator("h1").click()
        ada.keyboard.press("/")
        ada.keyboard.type("wxl")
        expect(names(ada)).to_have_count(1)
        expect(names(ada)).to_have_text("王小丽")
        assert "wxl" not in ada.url
        names(ada).press("Enter")
        ada.wait_for_url("**/#/case/*")
        ada.go_back()
        expect(ada.locator("#worklist-q")).to_have_value("wxl")
        expect(names(ada)).to_have_count(1)
        assert "wxl" not in ada.url
        ada.fill("#worklist-q", "")
        expect(names(ada)).to_have_count(24)

        # Beside the list: the request, without a word counting as seen, and on record.
        ada.locator("h1").click()
        ada.keyboard.press("p")
        ada.keyboard.press("ArrowDown")
        preview = ada.locator("aside.preview")
        expect(preview.locator("h2")).to_contain_text("王小丽")  # whom she came back from
        expect(preview).to_contain_text("没有对应的申请单")
        assert fits(ada)
        assert violations(ada) == []

        # Somebody takes a case and another one comes: the rows keep their places until she asks.
        before = names(ada).all_inner_texts()
        with transaction(house.engine) as tx:
            first = ada.locator("tbody tr").nth(3).get_attribute("data-case")
            assert first
            take(tx, clinic, clinic.rosa, first, house.now)
        house.case("1.2.840.99", patient_id="P99", patient_name="ZHOU^BA=周^八")
        news = ada.locator("p.news button")
        expect(news).to_contain_text("新增 1 例", timeout=30_000)
        expect(ada.locator("[role=status]").filter(has_text="新增 1 例")).to_have_count(1)
        assert names(ada).all_inner_texts() == before
        expect(ada.locator("tr.gone")).to_have_count(1)
        ada.keyboard.press("r")
        expect(names(ada).first).to_have_text("周八")
        expect(ada.locator("tr.gone")).to_have_count(0)
    with snapshot(house.engine) as tx:
        looked = tx.execute(audit_event.select().where(audit_event.c.action == "case.preview")).all()
    assert len(looked) == 1  # whom she only passed over was not looked at

    # The duty officer's phone: the same list as cards, over a line of minutes.
    house.now += timedelta(hours=3)
    with window(browser, house, PHONE) as context:
        duty = context.new_page()
        enters(duty)
        expect(names(duty).first).to_be_visible()
        expect(duty.locator("time.overdue").first).to_contain_text("▲")
        assert fits(duty)
        assert violations(duty) == []
        duty.select_option(".sort-choice select", "patient")
        expect(names(duty).first).to_have_text("CHEN F")
        # She chose the preview before: here it is a sheet over the list, and the way to the case is in it.
        names(duty).first.locator("xpath=ancestor::tr").click()
        sheet = duty.locator("aside.preview")
        expect(sheet.locator("h2")).to_contain_text("CHEN F")
        expect(sheet).to_contain_text("没有对应的申请单")
        assert violations(duty) == []
        sheet.locator(".close").click()
        expect(sheet).to_be_hidden()
        names(duty).first.locator("xpath=ancestor::tr").click()
        sheet.get_by_role("link").click()
        duty.wait_for_url("**/#/case/*")
        assert fits(duty)

        # A list that appears in the moment in which somebody goes on to a case does not take them back.
        duty.goto("/")
        expect(names(duty).first).to_be_visible()
        assert duty.evaluate(LATE_LIST) == "#/case/01K00000000000000000000000"
