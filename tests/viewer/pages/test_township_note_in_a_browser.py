"""The counter with its line cut: it says so, keeps what was typed, prints a note, and uploads it afterwards."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import DESK
from tests.viewer.house import PASSWORD, House
from tests.viewer.pages.test_in_a_browser import PATIENCE_MS, browser, window

__all__ = ["browser"]

WORDS = "未见明显骨折，先固定观察。"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_line_is_cut_and_comes_back(house: House, browser: Browser) -> None:
    case = house.case("1.2.840.1", patient_name="Wang^Xiaoli=王^小丽", accession_number="260302ABCDEF")
    with window(browser, house, DESK) as context:
        context.add_init_script("window.print = () => document.body.setAttribute('data-printing', '')")
        tang = context.new_page()
        tang.goto("/sign-in?next=/t/order%3Fby=card")
        tang.fill("#username", "tang")
        tang.fill("#password", PASSWORD)
        tang.click("main button[type=submit]")
        tang.fill("#reason", "咳嗽三天")
        tang.wait_for_load_state("networkidle")  # the page for the time without a line is kept by now

        # The form that would be lost is held back, and the page says why.
        context.set_offline(True)
        tang.get_by_role("button", name="登记", exact=True).click()
        expect(tang.locator("#line")).to_contain_text("网络中断", timeout=PATIENCE_MS)
        expect(tang.locator("#reason")).to_have_value("咳嗽三天")

        # Off line the note's page opens, and prints a sheet that says what it is.
        note = context.new_page()
        note.goto("/t")
        note.fill("#patient_name", "王小丽")
        note.fill("#number", "２６０３０２ＡＢＣＤＥＦ")
        note.fill("#examination", "胸部正位")
        note.fill("#words", WORDS)
        note.get_by_role("button", name="保存并打印").click()
        expect(note.locator("body[data-printing]")).to_have_count(1, timeout=PATIENCE_MS)
        note.emulate_media(media="print")
        expect(note.locator("#sheet")).to_contain_text("不是诊断报告")
        expect(note.locator("#sheet")).to_contain_text(WORDS)

        # The line is there again: the note goes up, and stands with the examination.
        context.set_offline(False)
        tang.goto("/t/note")
        expect(tang.locator("#kept-notes li")).to_contain_text("王小丽", timeout=PATIENCE_MS)
        tang.get_by_role("button", name="上传").click()
        tang.wait_for_url("**/t/note?done=uploaded")
        expect(tang.locator("#kept-notes li")).to_have_count(0)
        tang.goto(f"/t/case/{case.id}")
        expect(tang.locator("#notes")).to_contain_text(WORDS)

    at_the_desk = house.signed_in("ada").get(f"/api/cases/{case.id}").json()
    assert [(one["word"], one["who"]) for one in at_the_desk["correspondence"]] == [("thread.provisional_note", "Tang")]
    assert at_the_desk["versions"] == []
