"""A page that nobody uses is locked: names leave the screen, alarms stay, and what was being filled in is kept."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from playwright.sync_api import Browser, expect

from reading.alerts import critical
from reading.context import Context
from reading.sessions.staff_sessions import IDLE, PROOF_IDLE
from storage.database import transaction
from tests.browser import DESK
from tests.reading.region import PIA_CARD
from tests.viewer.house import PASSWORD, House
from tests.viewer.pages.test_in_a_browser import PATIENCE_MS, browser, window

__all__ = ["browser"]

AWAY = PROOF_IDLE + timedelta(minutes=1)
ORDER = {
    "site": "hills",
    "modality": "DX",
    "body_part": "CHEST",
    "priority": "routine",
    "card_type": "identity_card",
    "card": PIA_CARD,
    "name": "Pia",
    "reason": "咳嗽三天",
}


def test_a_page_that_names_patients_asks_who_is_there_and_extends_nothing(house: House) -> None:
    house.case("1.2.840.1", patient_name="王^小丽")
    tang = house.signed_in("tang")
    house.now += AWAY
    seen = [
        tang.get(at, follow_redirects=False)
        for at in ("/t?stage=to_read&q=王小丽", "/t/list", "/t/banners", "/reports")
    ]
    bar = tang.get("/api/alerts/bar").json()
    elsewhere = tang.get("/account", follow_redirects=False)
    house.now += IDLE - AWAY
    gone = tang.get("/t", follow_redirects=False)

    assert [(one.status_code, one.headers["location"]) for one in seen] == [
        (303, f"/account/proof?next={address}")
        for address in ("/t%3Fstage%3Dto_read", "/t/list", "/t/banners", "/reports")
    ]
    assert (bar["covered"], bar["locked"]) == (True, False)
    assert elsewhere.status_code == 200
    assert gone.headers["location"] == "/account/proof?next=/t"  # the account was looked at, which locks nothing

    proved = tang.post(
        "/account/proof",
        data={"csrf_token": tang.headers["X-CSRF-Token"], "password": PASSWORD, "next": "/t?stage=to_read"},
        follow_redirects=False,
    )
    assert proved.headers["location"] == "/t?stage=to_read"
    assert "王小丽" in tang.get("/t").text


def test_whoever_types_is_there(house: House) -> None:
    tang = house.signed_in("tang")
    for _ in range(6):
        house.now += PROOF_IDLE - timedelta(minutes=1)
        assert tang.post("/api/session/here", json={}).status_code == 204

    assert tang.get("/t", follow_redirects=False).status_code == 200


def test_a_form_that_was_sent_too_late_is_sent_after_signing_in(house: House) -> None:
    tang = house.signed_in("tang")
    stale = {"csrf_token": tang.headers["X-CSRF-Token"]}
    house.now += IDLE

    refused = tang.post("/t/order", data={**ORDER, **stale}, follow_redirects=False)
    kept = re.search(r'name="kept" value="([^"]*)"', refused.text)
    assert kept is not None
    typed = {"username": "tang", "kept": unescape(kept[1])}
    somebody_else = house.client().post(
        "/sign-in", data={**typed, "username": "ada", "password": PASSWORD}, follow_redirects=False
    )
    mistyped = tang.post("/sign-in", data={**typed, "password": "x"})
    signed_in = tang.post("/sign-in", data={**typed, "password": PASSWORD}, follow_redirects=False)
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', signed_in.text)
    sent = tang.post("/t/order", data={name: unescape(value) for name, value in hidden}, follow_redirects=False)

    assert refused.status_code == 401
    assert [said in refused.text for said in (stale["csrf_token"], PIA_CARD, "咳嗽三天")] == [False] * 3
    assert (somebody_else.status_code, PIA_CARD in somebody_else.text) == (303, False)
    assert 'name="kept"' in mistyped.text
    assert PIA_CARD not in str(signed_in.headers)
    assert sent.headers["location"].startswith("/t/order?made=")


def test_nothing_is_kept_of_what_another_site_sends(house: House) -> None:
    foreign = house.client().post(
        "/t/order", data=ORDER, headers={"Origin": "http://evil.example"}, follow_redirects=False
    )
    elsewhere = house.client().post(
        "/sign-in",
        data={
            "username": "tang",
            "password": PASSWORD,
            "kept": "eyJhZGRyZXNzIjogIi8vZXZpbC5leGFtcGxlIn0=",
        },
        follow_redirects=False,
    )

    assert foreign.headers["location"] == "/sign-in?next=/t/order"
    assert elsewhere.headers["location"] == "/t"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_screen_is_covered_and_what_was_typed_comes_back(house: House, browser: Browser) -> None:
    case = house.case("1.2.840.1", patient_name="王^小丽")
    with window(browser, house, DESK) as context:
        # Given a technician who fills in a form, and goes to the X-ray room
        tang = context.new_page()
        tang.goto("/sign-in?next=/t/order%3Fby=card")
        tang.fill("#username", "tang")
        tang.fill("#password", PASSWORD)
        tang.click("main button[type=submit]")
        tang.check("input[name=body_part][value=CHEST]")
        tang.fill("#card", PIA_CARD)
        tang.fill("#name", "Pia")
        tang.fill("#reason", "咳嗽三天")
        house.now += AWAY

        # When nobody was there for a while, then the form has left the screen, and an alarm is heard all the same
        lock = tang.get_by_role("heading", name="页面已锁定")
        expect(lock).to_be_visible(timeout=PATIENCE_MS)
        expect(tang.locator("#card")).to_have_count(0)
        with transaction(house.engine) as tx:
            ada = Context(tx, house.clinic.audit, house.now, house.clinic.ada)
            critical.raise_alert(ada, case.id, critical_class="stroke", finding="x")
        expect(tang.locator("#alert-bar")).to_contain_text("危急值待确认：1 条", timeout=PATIENCE_MS)
        tang.fill("#lock-password", "wrong")
        tang.keyboard.press("Enter")
        expect(tang.locator("main .problem")).to_be_visible(timeout=PATIENCE_MS)
        tang.fill("#lock-password", PASSWORD)
        tang.keyboard.press("Enter")
        expect(tang.locator("#card")).to_have_value(PIA_CARD, timeout=PATIENCE_MS)

        # And where the session itself is over, the password opens a new one, with which the form is sent
        house.now += IDLE
        expect(lock).to_be_visible(timeout=PATIENCE_MS)
        tang.fill("#lock-password", PASSWORD)
        tang.keyboard.press("Enter")
        expect(tang.locator("#reason")).to_have_value("咳嗽三天", timeout=PATIENCE_MS)
        tang.get_by_role("button", name="登记", exact=True).click()
        expect(tang.locator(".note.success")).to_be_visible(timeout=PATIENCE_MS)

        # With the line down nobody says that nobody is there: the page covers itself
        tang.wait_for_load_state("networkidle")  # its scripts are there, and no answer is under way
        context.set_offline(True)
        tang.clock.set_fixed_time(datetime.now(UTC) + AWAY)
        expect(lock).to_be_visible(timeout=PATIENCE_MS)
