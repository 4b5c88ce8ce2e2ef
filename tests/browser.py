"""The distribution's Chromium, driven by Playwright: one window for each person, so that sessions never mix."""

from __future__ import annotations

import asyncio
import atexit
from asyncio import events
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Final

from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Playwright,
    PlaywrightContextManager,
    expect,
    sync_playwright,
)

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
def chromium(flags: Sequence[str] = FLAGS) -> Iterator[Browser]:
    """A headless browser without a graphics card, as on the old machines of a township, if nobody says otherwise.

    It stands for the whole run, since one takes longer to start than to show a page. What a test opened in it, and with
    that every cookie and everything kept, is closed behind the test.
    """
    with _running():
        browser = _standing.get(tuple(flags))
        if browser is None or not browser.is_connected():
            program = need_tool("chromium")
            browser = _standing[tuple(flags)] = _playwright().chromium.launch(executable_path=program, args=[*flags])
        before = browser.contexts
        try:
            yield browser
        finally:
            for opened in browser.contexts:
                if opened not in before:
                    opened.close()


_standing: Final[dict[tuple[str, ...], Browser]] = {}
_loops: Final[list[asyncio.AbstractEventLoop]] = []
"""The loop on which Playwright runs in this thread."""


@cache
def _playwright() -> Playwright:
    manager = sync_playwright()
    made = manager.start()
    _loops.append(asyncio.get_running_loop())
    atexit.register(_end, manager)
    return made


def _end(manager: PlaywrightContextManager) -> None:
    with _running():
        for browser in _standing.values():
            browser.close()
        manager.__exit__()


@contextmanager
def _running() -> Iterator[None]:
    """Playwright's loop counts as running while a test has a browser, and in no other test."""
    before = events._get_running_loop()
    events._set_running_loop(_loops[0] if _loops else None)
    try:
        yield
    finally:
        events._set_running_loop(before)


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
