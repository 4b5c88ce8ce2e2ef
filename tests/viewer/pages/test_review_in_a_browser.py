"""A reviewer judges by keys and amends in place; the author of the report disputes what was amended."""

from __future__ import annotations

import re
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from tests.acts import decides, sees_every_picture, writes
from tests.browser import chromium, signed_in, window
from tests.builders import new_uid
from tests.running import serving, wait_until
from tests.viewer.pages.test_undrawn_series import case_of, of_pia, send_images, take

PATIENCE_MS: Final = 60_000
SMALL: Final = {"width": 1280, "height": 720}
FINDINGS: Final = "两肺纹理清晰，右肺上叶见 6 mm 结节。"


def opens(page: Page, case_id: str) -> None:
    page.goto(f"/#/case/{case_id}")
    expect(page.locator(".case-header h1")).to_contain_text("皮亚", timeout=PATIENCE_MS)


def is_above_the_fold(page: Page, selector: str) -> bool:
    bar = page.locator(".actions").bounding_box()
    box = page.locator(selector).bounding_box()
    return bar is not None and box is not None and box["y"] + 48 <= bar["y"]


@pytest.mark.timeout(300)
def test_a_reviewer_amends_by_hand_and_the_author_disputes_it(tmp_path_factory: pytest.TempPathFactory) -> None:
    with serving(tmp_path_factory.mktemp("review")) as tierread, chromium() as browser:
        cast = tierread.cast()
        study_uid = new_uid()
        send_images(tierread, cast, [of_pia(study_uid, 1, "平扫")])
        case_id = wait_until(lambda: case_of(tierread, cast, study_uid))
        ada = signed_in(window(browser, tierread, size=SMALL), cast.ada)
        take(ada, case_id)
        expect(ada.locator("#findings")).to_be_visible(timeout=PATIENCE_MS)
        assert is_above_the_fold(ada, "#findings")
        sees_every_picture(ada)

        # The menu of what is rarer folds with Escape, with a look elsewhere, and with what is chosen in it.
        more = ada.locator("details.more")
        more.locator("summary").click()
        ada.keyboard.press("Escape")
        expect(more).not_to_have_attribute("open", "")
        expect(more.locator("summary")).to_be_focused()
        more.locator("summary").click()
        more.locator(".keys-help").click()
        expect(ada.locator("dialog.help")).to_contain_text("Shift")
        expect(more).not_to_have_attribute("open", "")
        ada.keyboard.press("Escape")
        writes(ada, FINDINGS, "右肺结节。")
        decides(ada)

        # Vera verifies where the rule asks for it.
        vera = signed_in(window(browser, tierread, size=SMALL), cast.vera)
        take(vera, case_id)
        expect(vera.locator("#findings")).to_be_visible(timeout=PATIENCE_MS)
        sees_every_picture(vera)
        decides(vera)

        # Over the pictures Ben judges by keys; in a text they are letters.
        ben = signed_in(window(browser, tierread, size=SMALL), cast.ben)
        take(ben, case_id)
        expect(ben.locator("input[name=outcome]").first).to_be_visible(timeout=PATIENCE_MS)
        sees_every_picture(ben)
        ben.locator(".viewport").first.focus()
        ben.keyboard.press("Shift+M")
        ben.locator("input[name=outcome][value=amend]").focus()  # a radio takes no letters
        ben.keyboard.press("Shift+Digit4")
        expect(ben.locator("input[name=outcome][value=amend]")).to_be_checked()
        expect(ben.locator("input[name=score][value='3a']")).to_be_checked()
        assert is_above_the_fold(ben, "#findings")
        ben.locator("#impression").press("End")
        ben.keyboard.type("ASA")
        expect(ben.locator("input[name=outcome][value=amend]")).to_be_checked()

        # What he changes is marked where he changes it, and said again before he signs.
        ben.fill("#impression", "右肺上叶结节，建议 3 个月后复查。")
        change = ben.locator(".change[data-field=impression]")
        expect(change.locator("ins").first).to_contain_text("上叶")
        ben.fill("#impression", "肺结节。")
        expect(change.locator("del")).to_have_text("右")
        expect(ben.locator(".change[data-field=findings]")).to_have_count(0)
        ben.check("input[name=positive][value=false]")
        expect(ben.locator(".change[data-field=positive]")).to_contain_text(re.compile(r"阳性\s*→\s*阴性"))
        ben.fill("#comment", "右侧未写。")
        # The key that asks is held: it asks once, and answers nothing.
        ben.keyboard.down("Control")
        ben.keyboard.down("Enter")
        told = ben.locator("dialog .words")
        expect(told).to_be_visible()
        for _ in range(3):
            ben.keyboard.down("Enter")
        for key in ("Enter", "Control"):
            ben.keyboard.up(key)
        expect(told.locator(".judgement")).to_contain_text("3a")
        expect(told.locator(".judgement")).to_contain_text("右侧未写。")
        expect(told.locator(".changed del").first).to_have_text("右")
        ben.keyboard.press("Escape")
        decides(ben)

        # The author of the report does not agree: a third person decides, and nobody asks her again.
        opens(ada, case_id)
        history = ada.locator("details.correspondence")
        expect(history.locator("summary")).to_contain_text("贝主任", timeout=PATIENCE_MS)
        expect(history).not_to_have_attribute("open", "")
        assert is_above_the_fold(ada, "article.version h3 >> nth=1")
        ada.locator(".actions button", has_text="提出异议").click(timeout=PATIENCE_MS)
        ada.locator("dialog textarea").fill("右肺结节明确。")
        ada.locator("dialog button[type=submit]").click()
        expect(ada.locator(".notices")).to_contain_text("已提出异议")
        disputed = tierread.sign_in(cast.ben).get(f"/api/cases/{case_id}").json()

        assert (disputed["state"], "claim" in disputed["allowed"]) == ("disputed", False)
        assert disputed["reviews"][0]["score"] is None  # a 3a waits for a third person
