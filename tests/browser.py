"""The distribution's Chromium, driven by Playwright: one window for each person, so that sessions never mix."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.conftest import need_tool
from tests.running import Person, TierRead

expect.set_options(timeout=30_000)  # a busy machine is slow, which is no finding
DESK: Final = {"width": 1440, "height": 900}
PHONE: Final = {"width": 390, "height": 844}
FLAGS: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-3d-apis",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


WITH_WEBGL: Final = [
    *(flag for flag in FLAGS if flag not in ("--disable-gpu", "--disable-3d-apis")),
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]
"""A graphics card that the processor imitates, for what is drawn by WebGL."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser without a graphics card, as on the old machines of a township."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=need_tool("chromium"), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def window(
    browser: Browser, tierread: TierRead, *, size: dict[str, int] = DESK, language: str = "zh"
) -> BrowserContext:
    """A window with cookies of its own."""
    context = browser.new_context(base_url=tierread.url, viewport=size, timezone_id="Asia/Shanghai")  # type: ignore[arg-type]
    speaks(context, tierread, language)
    context.set_default_timeout(30_000)
    return context


def speaks(context: BrowserContext, tierread: TierRead, language: str) -> None:
    context.add_cookies([{"name": "tierread_language", "value": language, "url": tierread.url}])


def signed_in(context: BrowserContext, person: Person, *, onward: str = "/") -> Page:
    """A page of a person who signed in by the form."""
    page = context.new_page()
    page.goto(f"/sign-in?next={onward}")
    page.fill("#username", person.username)
    page.fill("#password", person.password)
    page.click("main button[type=submit]")
    page.wait_for_url(lambda url: "/sign-in" not in url)
    return page
