"""A technician's morning on an old phone without scripts: a child, somebody without papers, paper, and a wrong side."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect

from reading.tables import printing
from storage.database import snapshot, transaction
from tests.browser import PHONE
from tests.reading.clinic import PNEUMONIA, read, verify
from tests.reading.region import PIA_CARD
from tests.viewer.house import PASSWORD, House
from tests.viewer.pages.test_in_a_browser import browser, window

__all__ = ["browser"]


def chooses(page: Page, *words: str) -> None:
    for word in words:
        page.locator("label.choice-chip").filter(has_text=re.compile(f"^{word}$")).click()


def registers(page: Page) -> None:
    page.get_by_role("button", name="登记", exact=True).click()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_technicians_morning(house: House, browser: Browser) -> None:
    clinic = house.clinic
    case = house.case("1.2.840.1", patient_name="Pia", sex="F")
    with window(browser, house, PHONE, scripts=False) as context:
        tang = context.new_page()
        tang.goto("/sign-in?next=/t/order")
        tang.fill("#username", "tang")
        tang.fill("#password", PASSWORD)
        tang.click("main button[type=submit]")

        # A child comes with its mother's card; without a side nobody knows which knee, and what was typed stays
        tang.get_by_role("link", name="儿童，用监护人的证件").click()
        tang.fill("#card", PIA_CARD)
        tang.fill("#guardian", "Pia")
        tang.fill("#name", "小明")
        tang.select_option("#sex", "M")
        tang.fill("#birth_date", "2019-05-01")
        tang.fill("#reason", "跌倒后膝痛一天")
        chooses(tang, "膝关节")
        registers(tang)
        expect(tang.get_by_role("alert")).to_contain_text("这个部位分左右")
        expect(tang.locator("#name")).to_have_value("小明")
        chooses(tang, "左")
        registers(tang)
        tang.locator(".note.success a", has_text="打印").click()
        expect(tang.locator("svg.barcode")).to_be_visible()
        expect(tang.locator(".slip-what")).to_have_text("DR 膝关节 左")

        # Somebody is brought in without papers
        tang.goto("/t/order")
        tang.get_by_role("link", name="没有证件").click()
        tang.fill("#estimated_age", "40")
        tang.fill("#reason", "车祸，胸痛")
        chooses(tang, "胸部", "急诊")
        registers(tang)
        expect(tang.locator(".note.success")).to_be_visible()
        expect(tang.locator("table.list")).to_contain_text("急诊")

        # The report is out: it waits to be printed, is printed once, and loading the page again later prints nothing
        with transaction(house.engine) as tx:
            read(tx, clinic, clinic.rosa, case.id, house.now, PNEUMONIA)
            verify(tx, clinic, clinic.vera, case.id, house.now)
        tang.goto("/t")
        tang.get_by_role("link", name="待打印 1").click()
        expect(tang).to_have_url(re.compile(r"/t\?stage=to_print$"))
        tang.locator("input[name=chosen]").check()
        tang.get_by_role("button", name="打印选中的报告").click()
        expect(tang.locator("article.sheet h1")).to_have_text("DR检查报告单")
        house.now += timedelta(minutes=3)
        tang.reload()
        expect(tang).to_have_url(re.compile(r"/t\?stage=to_print$"))
        expect(tang.locator("#list")).to_contain_text("没有待打印的报告")
        with snapshot(house.engine) as tx:
            assert tx.scalar(sa.select(sa.func.count()).select_from(printing)) == 1
        tang.get_by_role("link", name="已完成 1").click()
        expect(tang.locator("td .printed")).to_contain_text("Tang")

        # Something is wrong with it: from the examination one way leads on, which withholds and says whom to call
        tang.locator("a.patient").click()
        expect(tang.locator("ol.moves")).to_contain_text("打印报告")
        tang.get_by_role("link", name="停用这份报告").click()
        expect(tang.get_by_role("heading", name="请打电话给")).to_be_visible()
