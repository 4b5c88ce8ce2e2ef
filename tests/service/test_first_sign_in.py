"""The first administrator of a new installation, as README says: password, second factor, recovery codes, new password.

The one place where the running product has the settings of a new installation; and, as its page cannot be had without
a browser, the one in which passkeys are made and used: Chromium's virtual authenticator (WebAuthn level 3, section 11).
"""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import chromium, window
from tests.reading.factors.phone import Phone
from tests.running import TierRead, serving

NEW_INSTALLATION = {
    "TIERREAD_SECOND_FACTOR_ROLES": "quality_manager, system_administrator, security_administrator, audit_administrator"
}
NEW = "a-long-password-of-mine-1"


def by_name(tierread: TierRead) -> str:
    """Passkeys are bound to a name; this machine's is known to every browser."""
    return tierread.url.replace("127.0.0.1", "localhost")


def authenticator(context: BrowserContext, page: Page) -> tuple[Any, str]:
    """A virtual authenticator that says yes."""
    session = context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    return session, session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]


def fills(page: Page, username: str, password: str) -> None:
    page.fill("#username", username)
    page.fill("#password", password)
    page.click("main button[type=submit]")


@pytest.mark.timeout(240)
def test_the_first_administrator_gets_in_and_a_passkey_follows_the_phone(tmp_path: Path) -> None:
    with serving(tmp_path, settings=NEW_INSTALLATION) as tierread, chromium() as browser:
        username, first = (tierread.data_dir / "first-administrator.txt").read_text("utf-8").split()
        context = window(browser, tierread)
        page = context.new_page()
        at = by_name(tierread)

        # Given a new installation, its first administrator signs in and has to set up a factor before anything opens.
        page.goto(f"{at}/office/devices")
        fills(page, username, first)
        page.wait_for_url(re.compile("/sign-in/factor"))
        assert page.request.get(f"{at}/office/devices", max_redirects=0).headers["location"].startswith("/sign-in")
        secret = "".join(page.locator(".code-shown span").all_text_contents())
        phone = Phone(base64.b32decode(secret))
        page.locator("#code").fill(phone.code(datetime.now(UTC)))
        page.locator("form", has=page.locator("#code")).locator("button[type=submit]").click()
        expect(page.locator(".codes li")).to_have_count(10)
        recovery = page.locator(".codes code").first.text_content() or ""

        # Then a password of their own, and the page that they asked for.
        page.get_by_role("link", name="我已保存").click()
        page.wait_for_url(re.compile("/account/password"))
        page.fill("#current", first)
        page.fill("#new", NEW)
        page.fill("#again", NEW)
        page.click("main button[type=submit]")
        page.wait_for_url(re.compile("/devices"))

        # When they add a passkey (a proof was typed just now), the next sign-in takes it instead of a code.
        session, key = authenticator(context, page)
        page.goto(f"{at}/account/factors/new")
        page.fill("#passkey-name", "Laptop")
        page.locator("form.passkey [data-passkey-button]").click()
        page.wait_for_url(re.compile("/account/factors"))
        expect(page.get_by_text("Laptop")).to_be_visible()
        context.clear_cookies()
        page.goto(f"{at}/sign-in?next=/account/factors")
        fills(page, username, NEW)
        page.wait_for_url(re.compile("/sign-in/factor"))
        page.locator("[data-passkey-button]").click()
        page.wait_for_url(re.compile("/account/notices"))
        page.click("main button[type=submit]")
        page.wait_for_url(re.compile("/account/factors"))

        # A key that is a copy with an older counter is refused, and so is one that nobody added.
        known = session.send("WebAuthn.getCredentials", {"authenticatorId": key})["credentials"][0]
        session.send("WebAuthn.removeCredential", {"authenticatorId": key, "credentialId": known["credentialId"]})
        session.send("WebAuthn.addCredential", {"authenticatorId": key, "credential": known | {"signCount": 0}})
        context.clear_cookies()
        page.goto(f"{at}/sign-in")
        fills(page, username, NEW)
        page.wait_for_url(re.compile("/sign-in/factor"))
        page.locator("[data-passkey-button]").click()
        expect(page.locator("#problem")).to_be_visible()

        # And with phone and key gone a recovery code opens the account.
        page.fill("#code", recovery)
        page.click("main button[type=submit]")
        page.wait_for_url(re.compile("/account/notices"))

    listed = tierread.admin("person", "factors", username)[0]
    assert (listed["factors"], listed["recovery_codes"], listed["required_by_role"]) == (["totp", "passkey"], 9, True)
