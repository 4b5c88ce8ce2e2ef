"""What people do in the browser: the acts that the story and the pictures of the README share."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect


def sees_every_picture(page: Page) -> None:
    """Goes on to the next picture until each of every series was drawn at full resolution, as signing asks."""
    page.wait_for_url("**/#/case/*")
    expect(page.locator(".actions .primary")).to_be_attached()  # on the phone the report lies behind the pictures
    page.evaluate("document.activeElement?.blur()")  # in a text the key is a letter
    left = page.locator(".actions .hint")
    for _ in range(1200):
        if left.count() == 0:
            break
        page.keyboard.press("n")
        page.wait_for_timeout(50)
    expect(left).to_have_count(0)


def writes(page: Page, findings: str, impression: str) -> None:
    """Fills in the report and waits until it is saved."""
    page.fill("#findings", findings)
    page.fill("#impression", impression)
    page.check("input[name=positive][value=true]")
    expect(page.locator("p.saved.saved")).to_contain_text(re.compile(r"\d\d:\d\d"))


def decides(page: Page) -> None:
    """Signs, verifies or submits the review, and is back at the worklist."""
    page.locator(".actions .primary").click()
    expect(page.locator("dialog")).to_be_visible()
    for tick in page.locator("dialog .tick input").all():
        tick.check()
    page.locator("dialog button[type=submit]").click()
    page.wait_for_url(lambda url: "#/case/" not in url)


def prints_a_receipt(page: Page) -> str:
    """On the township's page of a case: the code."""
    page.locator("form[action$='/receipt'] button").click()
    return page.locator(".code").inner_text()


def enters_as_a_patient(page: Page, identity_card: str, code: str) -> None:
    page.goto("/p")
    page.select_option("#card_type", "identity_card")
    page.fill("#card", identity_card)
    page.fill("#code", code)
    page.locator("main button[type=submit]").click()
    page.wait_for_url("**/p/reports")
