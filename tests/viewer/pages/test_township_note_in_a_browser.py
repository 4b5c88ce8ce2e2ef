"""The counter with its line cut: it says so, keeps what was typed, prints a note, and uploads it afterwards."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Route, expect

from reading.context import Context
from reading.provisional import notes
from reading.tables import provisional_note
from storage.database import snapshot, transaction
from tests.browser import DESK
from tests.reading.provisional.test_notes import written
from tests.viewer.house import PASSWORD, House
from tests.viewer.pages.test_in_a_browser import PATIENCE_MS, browser, window

__all__ = ["browser"]

WORDS = "未见明显骨折，先固定观察。"
CORRECTED = "左桡骨远端骨折，石膏固定。"
DIFFERING = {
    "site": "hills",
    "patient_name": "王小丽",
    "facts": "",
    "number": "",
    "examination": "胸部正位",
    "words": CORRECTED,
    "doctor": "李医生",
}
FOREIGN = "{ made_as: 'of-another-site', site: 'elsewhere', patient_name: '陈大海' }"
ANOTHER_SITES = """() => new Promise((done) => {
  const opening = indexedDB.open('tierread-notes', 1)
  opening.onsuccess = () => {
    const notes = opening.result.transaction('notes', 'readwrite').objectStore('notes')
    notes.put(KEPT).onsuccess = done
  }
})""".replace("KEPT", FOREIGN)

NAMES_OF_RECORDS = """() => new Promise((done) => {
  const opening = indexedDB.open('tierread-notes', 1)
  opening.onsuccess = () => {
    const found = opening.result.transaction('notes').objectStore('notes').getAll()
    found.onsuccess = () => done(found.result.map((one) => Object.keys(one).sort().join(' ')))
  }
})"""


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_line_is_cut_and_comes_back(house: House, browser: Browser) -> None:
    case = house.case("1.2.840.1", patient_id="P2", patient_name="Wang^Xiaoli=王^小丽", accession_number="260302ABCDEF")
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
        expect(note.locator("#doctor")).to_have_value("")  # who was signed in last wrote nothing
        note.fill("#doctor", "李医生")
        printed = note.get_by_role("button", name="保存并打印")
        printed.click()
        expect(note.locator("#kept")).to_contain_text("1 份", timeout=PATIENCE_MS)
        printed.click()
        note.fill("#words", CORRECTED)
        printed.click()
        expect(note.locator("#kept")).to_contain_text("2 份", timeout=PATIENCE_MS)  # printed twice it is one
        expect(note.locator("body[data-printing]")).to_have_count(1)
        note.emulate_media(media="print")
        expect(note.locator("#sheet")).to_contain_text("不是诊断报告")
        expect(note.locator("#sheet")).to_contain_text(CORRECTED)
        names = note.evaluate(NAMES_OF_RECORDS)
        assert sorted(names) == [*["by iv made_as sealed site"] * 2, "key made_as"]
        note.evaluate(ANOTHER_SITES)

        # The line is there again: the note goes up, and stands with the examination.
        context.set_offline(False)
        tang.goto("/t/note")
        expect(tang.locator("#kept-notes li")).to_contain_text(["王小丽", "王小丽"], timeout=PATIENCE_MS)
        expect(tang.locator("#kept-notes")).not_to_contain_text("陈大海")
        expect(tang.locator("#others")).to_contain_text("1 份其他机构的记录")
        tang.get_by_role("button", name="上传").click()
        tang.wait_for_url("**/t/note?done=uploaded")
        expect(tang.locator("#kept-notes li")).to_have_count(0)
        tang.goto(f"/t/case/{case.id}")
        expect(tang.locator("#notes")).to_contain_text(WORDS)
        expect(tang.locator("#notes")).to_contain_text(CORRECTED)
        expect(tang.locator("#notes")).to_contain_text("李医生 由 Tang 上传")

        # Signing out takes the page along that has one's own sites.
        tang.locator("details.account summary").click()
        tang.get_by_role("button", name="退出").click()
        tang.wait_for_url("**/sign-in")
        assert tang.evaluate("caches.has('tierread-line')") is False

    at_the_desk = house.signed_in("ada").get(f"/api/cases/{case.id}").json()
    told = [(one["word"], one["who"], one["uploaded_by"]) for one in at_the_desk["correspondence"]]
    assert told == [("thread.provisional_note", "李医生", "Tang")] * 2
    assert at_the_desk["versions"] == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_form_that_is_pressed_again_while_the_line_is_asked_goes_once(house: House, browser: Browser) -> None:
    asked: list[Route] = []
    sent: list[str] = []

    def hold(route: Route) -> None:
        asked.append(route)

    with window(browser, house, DESK) as context:
        tang = context.new_page()
        tang.goto("/sign-in?next=/t")
        tang.fill("#username", "tang")
        tang.fill("#password", PASSWORD)
        tang.click("main button[type=submit]")
        tang.wait_for_load_state("networkidle")
        context.on("request", lambda one: sent.append(one.url) if one.method == "POST" else None)
        context.route("**/healthz", hold)
        tang.fill("#q", "王小丽")
        search = tang.locator("form.filters button")
        for _ in range(3):
            search.click(no_wait_after=True)
        tang.wait_for_timeout(200)
        for one in asked:
            one.continue_()
        tang.wait_for_url("**/t?*")

    assert [one.partition("/sought")[1] for one in sent] == ["/sought"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_note_that_differs_from_what_was_uploaded_stays_in_the_browser(house: House, browser: Browser) -> None:
    with transaction(house.engine) as tx:
        clinic = house.clinic
        first = written(house.now)
        notes.upload(Context(tx, clinic.audit, house.now, clinic.tang), "hills", first)
    with window(browser, house, DESK) as context:
        tang = context.new_page()
        tang.goto("/sign-in?next=/t/note")
        tang.fill("#username", "tang")
        tang.fill("#password", PASSWORD)
        tang.click("main button[type=submit]")
        tang.wait_for_url("**/t/note")
        kept = {**DIFFERING, "made_as": first.made_as, "written_at": first.written_at.isoformat()}
        tang.evaluate(f"(kept) => ({ANOTHER_SITES.replace(FOREIGN, 'kept')})()", kept)
        tang.reload()
        upload = tang.get_by_role("button", name="上传")
        upload.click()
        expect(tang.locator("#kept-notes [role=status]")).to_contain_text("1 份", timeout=PATIENCE_MS)
        expect(tang.locator("#kept-notes li")).to_contain_text("王小丽")
        upload.click()
        tang.wait_for_url("**/t/note?done=uploaded")

    with snapshot(house.engine) as tx:
        words = set(tx.scalars(sa.select(provisional_note.c.words)))
    assert words == {first.words, DIFFERING["words"]}
