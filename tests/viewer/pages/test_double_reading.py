"""A fortnight of double-read screening at the desk: two read blind, a third decides, and nobody is told too early."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from reading.cases.moves import SigningRole, State
from reading.reports import versions
from reading.reports.versions import Status
from reading.rules import policy
from storage.database import snapshot, transaction
from tests.browser import DESK, chromium
from tests.reading.clinic import state
from tests.reading.double_reading.twice import NORMAL, RIGHT, mammogram, read_blind, rules
from tests.viewer.house import PASSWORD, House

FORTNIGHT = 14
MASS = "右侧乳腺外上象限毛刺肿块"


@contextmanager
def at_the_desk(browser: Browser, house: House, username: str) -> Generator[Page]:
    with browser.new_context(base_url=house.origin, viewport=DESK) as context:  # type: ignore[arg-type]
        context.set_default_timeout(20_000)
        page = context.new_page()
        page.goto("/sign-in")
        page.fill("#username", username)
        page.fill("#password", PASSWORD)
        page.click("main button[type=submit]")
        page.wait_for_url(lambda url: "/sign-in" not in url)
        yield page


def take(page: Page, case_id: str) -> None:
    page.goto(f"/#/case/{case_id}")
    page.locator(".actions button.primary", has_text="领取这份检查").click()
    expect(page.locator("#findings")).to_be_visible()


def write(page: Page, findings: str, impression: str, opinion: str, *, positive: bool) -> None:
    page.fill("#findings", findings)
    page.fill("#impression", impression)
    page.locator(f"input[name=positive][value={str(positive).lower()}]").check()
    page.locator("fieldset.opinion label", has_text=opinion).first.click()


def sign(page: Page, word: str = "签名") -> str:
    """Decide; the text of the question that was asked before."""
    page.locator(".actions button.primary", has_text=word).click()
    asked = page.locator("dialog")
    expect(asked).to_be_visible()
    said = asked.inner_text()
    for tick in asked.locator("input[type=checkbox]").all():
        tick.check()
    asked.locator("button[type=submit]").click()
    expect(page.locator("#findings")).to_have_count(0)  # the case has left the desk
    return said


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_fortnight_of_screening_is_read_twice(house: House) -> None:
    # Given two women's mammograms, of the first and of the last day of a fortnight.
    with transaction(house.engine) as tx:
        policy.install(tx, rules(), None, house.now, version=2)
        alike, differ = (
            mammogram(tx, house.clinic, f"1.2.840.{day}", house.now + timedelta(days=day), patient_id="P1", frames=0).id
            for day in (1, FORTNIGHT)
        )
    house.now += timedelta(days=FORTNIGHT)
    with chromium() as browser:
        # When Ada reads both, she says her opinion of each, and nothing is released.
        with at_the_desk(browser, house, "ada") as ada:
            for case_id in (alike, differ):
                take(ada, case_id)
                ada.locator(".actions button.primary", has_text="签名").click()
                expect(ada.locator("#opinion-missing")).to_be_visible()
                write(ada, MASS, "右侧乳腺占位", "召回进一步检查", positive=True)
                ada.locator("[aria-label=右侧] label", has_text="召回").click()
                ada.locator("[aria-label=左侧] label", has_text="正常").click()
                assert "第二位医生" in sign(ada)
            ada.goto(f"/#/case/{alike}")
            expect(ada.locator(".readings")).to_contain_text(MASS)

        # Then Vera finds both to be read a second time, and nothing of what Ada said.
        with at_the_desk(browser, house, "vera") as vera:
            vera.locator("[role=tab]", has_text="第二阅片").click()
            expect(vera.locator("tr[data-case]")).to_have_count(2)
            expect(vera.locator("main")).not_to_contain_text("Ada")
            take(vera, alike)
            expect(vera.locator("main")).not_to_contain_text(MASS)
            write(vera, "右乳肿块", "右侧乳腺占位，建议穿刺", "召回进一步检查", positive=True)
            vera.locator("[aria-label=右侧] label", has_text="召回").click()
            vera.locator("[aria-label=左侧] label", has_text="正常").click()
            sign(vera)
            take(vera, differ)
            write(vera, "双侧乳腺腺体对称", "双侧乳腺未见明显异常", "正常", positive=False)
            sign(vera)
        with snapshot(house.engine) as tx:
            assert (state(tx, alike), state(tx, differ)) == (State.FINAL, State.WAITING_ARBITRATION)

        # When Ben decides, he has both readings before him, and no name.
        with at_the_desk(browser, house, "ben") as ben:
            ben.locator("[role=tab]", has_text="仲裁").click()
            expect(ben.locator("tr[data-case]")).to_have_count(1)
            take(ben, differ)
            expect(ben.locator(".readings article")).to_have_count(2)
            expect(ben.locator(".readings")).to_contain_text(MASS)
            for name in ("Ada", "Vera"):
                expect(ben.locator("main")).not_to_contain_text(name)
            write(ben, MASS, "右侧乳腺占位", "召回进一步检查", positive=True)
            ben.locator("[aria-label=右侧] label", has_text="召回").click()
            sign(ben, "裁定")

    # Then both are released, each with the names of all who read it, and nobody in two roles.
    with snapshot(house.engine) as tx:
        for case_id, roles in ((alike, 2), (differ, 3)):
            final = versions.final(tx, case_id)
            assert final is not None
            signed = versions.signatures_for(tx, final)
            assert [one.role for one in signed] == [SigningRole.AUTHOR, SigningRole.SECOND, SigningRole.ARBITER][:roles]
            assert len({one.person_id for one in signed}) == roles

    # And the site counts one version, on its page and on paper: the blind readings are none.
    tang = house.signed_in("tang")
    page, printed = tang.get(f"/t/case/{alike}").text, tang.get(f"/t/print/{final.id}").text
    assert ["第 1 版" in each and "第 3 版" not in each for each in (page, printed)] == [True] * 2


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_two_who_differ_write_one_text_at_two_desks(house: House) -> None:
    with transaction(house.engine) as tx:
        policy.install(tx, rules(consensus_minutes=60), None, house.now, version=2)
        case_id = mammogram(tx, house.clinic, "1.2.840.1", house.now, patient_id="P1", frames=0).id
        for who, said in ((house.clinic.ada, NORMAL), (house.clinic.vera, RIGHT)):
            read_blind(tx, house.clinic, who, case_id, house.now, said)
    with chromium() as browser, at_the_desk(browser, house, "ada") as ada, at_the_desk(browser, house, "vera") as vera:
        for page in (ada, vera):
            page.goto(f"/#/case/{case_id}")
            expect(page.locator(".readings article")).to_have_count(2)
            expect(page.locator(".readings")).to_contain_text("毛刺肿块")
            expect(page.locator(".readings")).to_contain_text("未见明显异常")

        # Vera begins from Ada's words, says what both agree on, and signs it.
        vera.locator(".readings article", has_text="未见明显异常").get_by_role("button").click()
        vera.fill("#findings", "右侧乳腺外上象限小结节，边界清楚")
        vera.fill("#impression", "右侧乳腺小结节，BI-RADS 3")
        vera.locator("input[name=positive][value=true]").check()
        assert "此前不发布" in sign(vera, "签署共同报告")

        # Ada's desk has it by itself, beside both readings; her name makes it the report.
        text = ada.locator(".readings .proposed")
        expect(text).to_contain_text("BI-RADS 3", timeout=40_000)
        assert "两人姓名" in sign(ada, "同意共同报告")
        expect(ada.locator(".notices")).to_contain_text("已达成一致")

    with snapshot(house.engine) as tx:
        [report] = [one for one in versions.of_case(tx, case_id) if one.status is Status.FINAL]
        roles = {one.role for one in versions.signatures_on(tx, [report.id])}
    assert (report.content.impression, report.number) == ("右侧乳腺小结节，BI-RADS 3", 3)
    assert roles == {SigningRole.AUTHOR, SigningRole.SECOND}
