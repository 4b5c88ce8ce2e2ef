"""At the desk no word is lost: off line, the tab killed, two windows on one case, a lost lease, somebody who leaves."""

from __future__ import annotations

import re
from typing import Any, Final

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser import chromium, signed_in, window
from tests.builders import new_uid
from tests.running import serving, wait_until
from tests.viewer.pages.test_undrawn_series import case_of, of_pia, send_images, take

PATIENCE_MS: Final = 60_000
SAVED: Final = re.compile(r"\d\d:\d\d")


def is_saved(page: Page) -> None:
    expect(page.locator("p.saved.saved")).to_contain_text(SAVED, timeout=PATIENCE_MS)


def stands(page: Page, field: str, words: str) -> None:
    expect(page.locator(f"#{field}")).to_have_value(words, timeout=PATIENCE_MS)


def goes_on(page: Page) -> None:
    """Looks after the case at once, instead of in some seconds."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def draft(client: httpx.Client, case_id: str, **words: str) -> None:
    """Ada at another computer: the words are in the draft of the case that she holds."""
    case: dict[str, Any] = client.get(f"/api/cases/{case_id}").json()
    body = {
        "content": {**case["draft"]["content"], **words},
        "revision": case["draft"]["revision"],
        "lease_revision": case["lease"]["revision"],
    }
    assert client.put(f"/api/cases/{case_id}/draft", json=body).status_code == 200


@pytest.mark.timeout(300)
def test_no_word_is_lost(tmp_path_factory: pytest.TempPathFactory) -> None:
    with serving(tmp_path_factory.mktemp("words")) as tierread, chromium() as browser:
        cast = tierread.cast()
        tierread.admin("person", "grant", cast.vera.username, "--org", "COUNTY", "--role", "reader")  # whom Ada can ask
        study_uid = new_uid()
        send_images(tierread, cast, [of_pia(study_uid, 1, "平扫")])
        case_id = wait_until(lambda: case_of(tierread, cast, study_uid))
        hers = window(browser, tierread)
        ada = signed_in(hers, cast.ada)
        take(ada, case_id)
        ada.fill("#findings", "两肺纹理清晰。")
        is_saved(ada)

        # Off line she writes on, is told where it lies, and is asked before she leaves.
        hers.set_offline(True)
        ada.fill("#findings", "两肺纹理清晰，右肺上叶结节。")
        expect(ada.locator("p.saved.failed")).to_contain_text("存在本浏览器", timeout=PATIENCE_MS)
        expect(ada.locator(".line-down")).to_contain_text("网络中断", timeout=PATIENCE_MS)
        ada.locator(".case-header .back").click()
        expect(ada.locator("dialog")).to_contain_text("未发送的文字", timeout=PATIENCE_MS)
        ada.locator("dialog button", has_text="取消").click()
        stands(ada, "findings", "两肺纹理清晰，右肺上叶结节。")

        # The tab is killed; on a new one the words are there again, and go to the server.
        ada.close(run_before_unload=False)
        hers.set_offline(False)
        ada = hers.new_page()
        ada.goto(f"/#/case/{case_id}")
        stands(ada, "findings", "两肺纹理清晰，右肺上叶结节。")
        expect(ada.locator(".notices")).to_contain_text("已恢复", timeout=PATIENCE_MS)
        is_saved(ada)

        # Two windows: what was saved in one is not written over by the other; she chooses field by field.
        second = hers.new_page()
        second.goto(f"/#/case/{case_id}")
        stands(second, "findings", "两肺纹理清晰，右肺上叶结节。")
        second.fill("#impression", "右肺上叶结节。")
        second.check("input[name=positive][value=true]")
        is_saved(second)
        second.close()
        ada.fill("#impression", "肺结节，建议复查。")
        ada.locator(".note.danger button", has_text="对照查看").click(timeout=PATIENCE_MS)
        merge = ada.locator("dialog .merge")
        expect(merge.locator("fieldset")).to_have_count(2)
        expect(merge.locator(".same")).to_have_count(1)
        expect(merge.locator("input[name='merge.positive'][value=theirs]")).to_be_checked()
        merge.locator("input[name='merge.impression'][value=both]").check()
        ada.locator("dialog button[type=submit]").click()
        stands(ada, "impression", "肺结节，建议复查。\n右肺上叶结节。")
        expect(ada.locator("input[name=positive][value=true]")).to_be_checked()
        is_saved(ada)

        # The lease goes: the form stays with all words, and goes on where the draft has changed meanwhile.
        elsewhere = tierread.sign_in(cast.ada)
        held = elsewhere.get(f"/api/cases/{case_id}").json()["lease"]["revision"]
        assert elsewhere.post(f"/api/cases/{case_id}/put-back", json={"revision": held}).status_code == 200
        goes_on(ada)
        expect(ada.locator(".note.warning", has_text="已回到队列")).to_be_visible(timeout=PATIENCE_MS)
        ada.fill("#recommendation", "三个月后复查。")
        expect(ada.locator("p.saved.kept")).to_contain_text(SAVED, timeout=PATIENCE_MS)
        assert elsewhere.post(f"/api/cases/{case_id}/claim", json={}).status_code == 200
        draft(elsewhere, case_id, recommendation="建议增强。")
        held = elsewhere.get(f"/api/cases/{case_id}").json()["lease"]["revision"]
        assert elsewhere.post(f"/api/cases/{case_id}/put-back", json={"revision": held}).status_code == 200
        ada.locator("button", has_text="重新领取").click()
        ada.locator(".note.danger button", has_text="对照查看").click(timeout=PATIENCE_MS)
        ada.locator("dialog input[name='merge.recommendation'][value=both]").check()
        ada.locator("dialog button[type=submit]").click()
        is_saved(ada)
        content = elsewhere.get(f"/api/cases/{case_id}").json()["draft"]["content"]

        assert content["findings"] == "两肺纹理清晰，右肺上叶结节。"
        assert content["impression"] == "肺结节，建议复查。\n右肺上叶结节。"
        assert content["recommendation"] == "三个月后复查。\n建议增强。"

        # A question on a page of the server: the page is gone, and the words are there again.
        for before, after in (("", "有旧片吗？"), ("有旧片吗？", "有旧片吗？去年的。")):
            asking = hers.new_page()
            asking.goto(f"/questions/new/{case_id}")
            expect(asking.locator("#words")).to_have_value(before)
            asking.locator("#words").fill(after)
            wait_until(lambda page=asking: page.evaluate(KEPT) == 1)
            asking.close(run_before_unload=False)

        # A reason that she thought better of is there when she asks again; signing out discards it, after a question.
        more = ada.locator(".actions details.more")
        for words in ("", "缺少侧位片。"):
            more.locator("summary").click()
            more.locator("button", has_text="退回重拍").click()
            expect(ada.locator("dialog textarea")).to_have_value(words)
            ada.locator("dialog textarea").fill("缺少侧位片。")
            ada.locator("dialog button", has_text="取消").click()
        wait_until(lambda: ada.evaluate(KEPT) == 2)
        ada.locator("details.account summary").click()
        ada.locator("details.account button", has_text="退出").click()
        ada.locator("dialog button[type=submit]").click()
        ada.wait_for_url("**/sign-in")
        assert ada.evaluate(KEPT) == 0


KEPT: Final = """() => new Promise((done) => {
  const opening = indexedDB.open('tierread')
  opening.onsuccess = () => {
    const count = opening.result.transaction('forms').objectStore('forms').count()
    count.onsuccess = () => { opening.result.close(); done(count.result) }
  }
})"""
