"""A resident at the desk and their attending: an emergency's report is temporary until both names stand under it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from reading.cases import cases
from reading.kinds import Priority, Role
from reading.rules import policy
from storage.database import transaction
from tests.browser import chromium
from tests.reading.clinic import arrive
from tests.reading.region import hire
from tests.reading.signing.residents import rule
from tests.viewer.house import House, give_password
from tests.viewer.pages.test_double_reading import at_the_desk, sign, take


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_resident_writes_and_an_attending_countersigns(house: House) -> None:
    # Given an emergency at Hills, under a rule that asks nobody to verify, and Zoe, who is in training at Oak.
    with transaction(house.engine) as tx:
        policy.install(tx, rule(), None, house.now, version=2)
        give_password(tx, hire(tx, "zoe", house.now, (Role.RESIDENT, house.clinic.region.oak)))
        case = arrive(tx, house.clinic, "1.2.840.9", house.now, frames=0)
        cases.change(tx, case, priority=Priority.EMERGENCY)
    with chromium() as browser:
        # When she signs, the desk says whose signature it waits for.
        with at_the_desk(browser, house, "zoe") as zoe:
            expect(zoe.locator("[role=tab]", has_text="第二阅片")).to_have_count(0)
            take(zoe, case.id)
            zoe.fill("#findings", "右下肺片状影")
            zoe.fill("#impression", "右下肺炎")
            zoe.locator("input[name=positive][value=true]").check()
            sign(zoe)
            zoe.goto(f"/#/case/{case.id}")
            expect(zoe.locator("[role=status]", has_text="须由Oak的上级医师审签")).to_be_visible()

        # Then the township has a temporary report, and says so.
        with at_the_desk(browser, house, "tang") as tang:
            tang.goto(f"/t/case/{case.id}")
            expect(tang.locator("main")).to_contain_text("临时报告")
            expect(tang.locator("main")).to_contain_text("报告医师（住院/进修）")

        # When Vera changes the impression and signs, both stand under it with how they signed.
        with at_the_desk(browser, house, "vera") as vera:
            vera.locator("[role=tab]", has_text="审核").click()
            expect(vera.locator("tr[data-case]", has_text="待上级医师审签")).to_have_count(1)
            take(vera, case.id)
            vera.fill("#impression", "右下肺炎，建议复查")
            sign(vera, "审核")
            vera.goto(f"/#/case/{case.id}")
            signed = vera.locator(".signatures").first
            expect(signed).to_contain_text("报告医师（住院/进修）")
            expect(signed).to_contain_text("审签医师（上级医师）")

        # Then the township is asked to acknowledge what differs from the temporary report.
        with at_the_desk(browser, house, "tang") as tang:
            tang.goto(f"/t/case/{case.id}")
            expect(tang.locator("main")).to_contain_text("与您看过的临时报告不同：诊断意见")
            expect(tang.locator("main")).to_contain_text("右下肺炎，建议复查")
