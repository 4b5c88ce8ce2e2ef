"""A reader writes with a template, a phrase and the checks, by keyboard; what is typed by hand is not written over."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from reading.cases import cases
from reading.kinds import Priority
from reading.orders import orders
from reading.orders.orders import Asked
from reading.reports import drafts
from storage.database import snapshot, transaction
from tests.browser import DESK, chromium
from tests.reading.clinic import take
from tests.running import wait_until
from tests.viewer.house import PASSWORD, House

MARKED = (
    "(({value, selectionStart, selectionEnd}) => value.slice(selectionStart, selectionEnd))(document.activeElement)"
)
"""What is marked in the text that has the focus."""

VALUES = {"side": "R", "part": "手", "soft": "背侧软组织肿胀"}


def saved_values(house: House, case_id: str) -> object:
    with snapshot(house.engine) as tx:
        draft = drafts.of_case(tx, case_id)
    return draft.content.form["values"] if draft is not None and draft.content.form is not None else None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_form_a_phrase_and_the_checks_help_to_write(house: House) -> None:
    clinic = house.clinic
    case = house.case("1.2.840.1", body_part="HAND")
    with transaction(house.engine) as tx:
        order = orders.place(
            tx,
            site_id=clinic.region.hills.id,
            patient_id=house.patient.id,
            modality="DX",
            priority=Priority.ROUTINE,
            procedures=[Asked(body_part="HAND", laterality="R")],
            reason="跌倒后右手痛。骨折？",
            ordered_by=None,
            now=house.now,
        )
        cases.join_procedures(tx, case.id, [order.procedures[0].id], house.now)
        take(tx, clinic, clinic.ada, case.id, house.now)
    with chromium() as browser, browser.new_context(base_url=house.origin, viewport=DESK) as context:  # type: ignore[arg-type]
        context.set_default_timeout(20_000)
        ada = context.new_page()
        ada.goto("/sign-in")
        ada.fill("#username", "ada")
        ada.fill("#password", PASSWORD)
        ada.click("main button[type=submit]")
        ada.wait_for_url(lambda url: "/sign-in" not in url)
        ada.goto(f"/#/case/{case.id}")
        expect(ada.locator(".request")).to_contain_text("跌倒后右手痛。骨折？")

        # Given the template that fits the hand, she fills it in by keyboard.
        expect(ada.locator("#template option:checked")).to_have_text("四肢及关节 DR")
        ada.locator("#use-template").press("Enter")
        expect(ada.locator("#impression")).to_have_value("________未见明确骨折及脱位征象。")
        expect(ada.locator(".checks li.stops", has_text="检查所见：")).not_to_have_count(0)  # the blanks
        ada.locator(".template-form select[name=side]").press("ArrowDown")
        ada.keyboard.press("Tab")
        ada.keyboard.type("手")
        expect(ada.locator("#impression")).to_have_value("左手未见明确骨折及脱位征象。")

        # When she has the wrong side, the check says so and leads there.
        against = ada.locator(".checks li.stops", has_text="申请单")
        expect(against.first).to_be_visible()
        against.first.locator("button").click()
        assert ada.evaluate(MARKED) == "左"
        ada.locator(".template-form select[name=side]").press("ArrowDown")
        expect(ada.locator("#impression")).to_have_value("右手未见明确骨折及脱位征象。")
        expect(ada.locator(".checks")).to_have_count(0)

        # Then a phrase expands, and what she has written by hand stays when the form changes.
        ada.locator(".phrases-hint button").click()
        ada.fill("dialog input[name=shortcut]", "fc")
        ada.fill("dialog textarea[name=words]", "建议2周后复查。")
        ada.locator("dialog button[type=submit]").click()
        expect(ada.locator("dialog kbd")).to_have_text("/fc")
        ada.locator("dialog .buttons button[type=button]").click()
        ada.locator("#impression").fill("右手未见骨折线。")
        ada.locator("#impression").press("End")
        ada.keyboard.type("/fc ")
        expect(ada.locator("#impression")).to_have_value("右手未见骨折线。建议2周后复查。")
        ada.locator(".template-form input[name=soft]").fill("背侧软组织肿胀")
        expect(ada.locator("#findings")).to_have_value(
            "右手诸骨骨质结构完整，骨皮质连续，未见明确骨折线。骨质密度未见明显异常。关节对位良好，关节间隙正常。背侧软组织肿胀。"
        )
        expect(ada.locator("#impression")).to_have_value("右手未见骨折线。建议2周后复查。")
        expect(ada.locator(".template-form .note")).to_contain_text("诊断意见")
        wait_until(lambda: saved_values(house, case.id) == VALUES, 20, "the draft with its values")

        # And a template that is chosen over what she wrote brings no impression of its own.
        ada.locator(".template-form .leave").click()
        ada.locator("#use-template").press("Enter")
        expect(ada.locator(".template-form .note")).to_contain_text("诊断意见")
        expect(ada.locator("#impression")).to_have_value("右手未见骨折线。建议2周后复查。")
