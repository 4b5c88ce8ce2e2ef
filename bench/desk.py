"""How soon pictures stand on the reader's desk over a township's line.

A real Chromium with the line that its own emulation makes: so many bits a second, and 60 ms for each request. The
scripts of the desk are in the browser's cache, as after the first case of a day. Drawn by the processor, as on the old
machines of a county, and by WebGL, which the processor imitates here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from playwright.sync_api import Browser, BrowserContext, CDPSession, sync_playwright
from playwright.sync_api import Page as Window

from bench.desk_scene import Region
from tests.browser import DESK, FLAGS, WITH_WEBGL, signed_in
from tests.conftest import need_tool

WAYS: Final = {"processor": FLAGS, "WebGL": WITH_WEBGL}
LATENCY_MS: Final = 60
FAST_MBIT: Final = 4
SLOW_MBIT: Final = 1
AROUND: Final = 10
"""Slices each way that can be scrolled through without waiting."""
PATIENCE_SECONDS: Final = 240

RADIOGRAPH: Final = "radiograph of 18 MB, recognisable"
RADIOGRAPH_WHOLE: Final = "radiograph of 18 MB, lossless"
FIRST: Final = "CT of 300 slices, first picture"
SCROLLABLE: Final = "CT of 300 slices, ten slices each way"
JUMP_COARSE: Final = "jump to a slice that was not fetched, coarse"
JUMP: Final = "jump to a slice that was not fetched, lossless"
AGAIN: Final = "the same CT again, first picture"
AGAIN_JUMP: Final = "the same CT again, a slice at its other end"


@dataclass(frozen=True, kw_only=True)
class Looked:
    what: str
    way: str
    """How the browser draws."""
    mbit: int
    """Of the line; 0 is none between."""
    seconds: float


_WATCH: Final = """([wanted, index, seconds]) => new Promise((resolve) => {
    const end = performance.now() + 1000 * seconds
    const look = () => {
        const one = document.querySelector('tierread-cell')
        const rank = { none: 0, partial: 1, full: 2 }
        const stands = () => one && (index === null || one.view.index === index)
        const is = {
            preview: () => {
                const seen = one?.querySelector('img.preview')
                return seen?.complete && seen.naturalWidth > 0
            },
            coarse: () => stands() && rank[one.view.quality] >= 1,
            full: () => stands() && rank[one.view.quality] >= 2,
        }
        if (wanted.some((each) => is[each]())) return resolve(performance.now())
        if (performance.now() > end) return resolve(NaN)
        requestAnimationFrame(look)
    }
    look()
})"""


class Desk:
    """A reader's window with the desk in it, on a line."""

    def __init__(self, page: Window) -> None:
        self.page = page
        self._cdp: CDPSession = page.context.new_cdp_session(page)
        self._cdp.send("Network.enable")
        self.asked: list[str] = []
        """Frames that were begun, by instance."""
        self.answered: list[str] = []
        page.on("request", lambda request: _note(request.url, self.asked))
        page.on("requestfinished", lambda request: _note(request.url, self.answered))

    def line(self, mbit: int) -> None:
        throughput = mbit * 1_000_000 / 8 if mbit else -1
        self._cdp.send(
            "Network.emulateNetworkConditions",
            {
                "offline": False,
                "latency": LATENCY_MS if mbit else 0,
                "downloadThroughput": throughput,
                "uploadThroughput": throughput,
            },
        )

    def opens(self, case_id: str) -> float:
        """The page's clock in ms, when it was asked."""
        return self.page.evaluate("id => { location.hash = '#/case/' + id; return performance.now() }", case_id)

    def until(self, *wanted: str, number: int | None = None) -> float:
        """The page's clock in ms, when the cell has a `preview`, or slice ``number`` (from 1) `coarse` or in `full`."""
        return self.page.evaluate(_WATCH, [list(wanted), None if number is None else number - 1, PATIENCE_SECONDS])

    def goes_to(self, number: int) -> float:
        return self.page.evaluate(
            """number => {
                const slider = document.querySelector('.slices .slider')
                slider.value = String(number)
                slider.dispatchEvent(new Event('input'))
                return performance.now()
            }""",
            number,
        )

    def wait_until(self, condition: Callable[[], bool]) -> float:
        """Seconds until then."""
        begun = time.monotonic()
        while not condition():
            if time.monotonic() - begun > PATIENCE_SECONDS:
                return float("nan")
            self.page.wait_for_timeout(20)
        return time.monotonic() - begun

    def leaves(self) -> None:
        self.page.evaluate("() => { location.hash = '#/' }")
        self.page.wait_for_selector("tierread-images", state="detached")


def _note(url: str, among: list[str]) -> None:
    if "/frames/" in url and "/rendered" not in url:
        among.append(url.split("/instances/")[1].split("/", maxsplit=1)[0])


@contextmanager
def browser(way: str) -> Generator[Browser]:
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=need_tool("chromium"), args=WAYS[way])
        try:
            yield made
        finally:
            made.close()


def _desk(held: Browser, where: Region, way: str, warm: str) -> tuple[BrowserContext, Desk]:
    """A window of its own, whose scripts are there: a case was opened on it."""
    context = held.new_context(base_url=where.tierread.url, viewport=DESK)  # type: ignore[arg-type]
    page = signed_in(context, where.cast.ada)
    page.evaluate("way => localStorage.setItem('tierread.drawing', way)", "cpu" if way == "processor" else "gpu")
    page.goto("/")
    desk = Desk(page)
    desk.opens(warm)
    desk.until("full")
    desk.leaves()
    return context, desk


def looked(where: Region, way: str) -> Iterator[Looked]:
    with browser(way) as held:
        for mbit in (FAST_MBIT, SLOW_MBIT):
            context, desk = _desk(held, where, way, where.many[0])
            desk.line(mbit)
            begun = 0.0
            for number, case_id in enumerate(where.radiographs):
                if number:
                    desk.leaves()
                begun = desk.opens(case_id)
                yield _one(RADIOGRAPH, way, mbit, (desk.until("preview", "coarse", "full") - begun) / 1000)
            yield _one(RADIOGRAPH_WHOLE, way, mbit, (desk.until("full") - begun) / 1000)
            context.close()
        context, desk = _desk(held, where, way, where.many[0])
        desk.line(FAST_MBIT)
        yield from _through_a_stack(desk, where, way)
        context.close()


def _through_a_stack(desk: Desk, where: Region, way: str) -> Iterator[Looked]:
    middle, count = len(where.slices) // 2, len(where.slices)
    around = set(where.slices[middle - AROUND : middle + AROUND + 1])
    begun, since = desk.opens(where.tomography), time.monotonic()
    yield _one(FIRST, way, FAST_MBIT, (desk.until("coarse", "full") - begun) / 1000)
    desk.wait_until(lambda: around <= set(desk.answered))
    yield _one(SCROLLABLE, way, FAST_MBIT, time.monotonic() - since)
    for share in (0.9, 0.1, 0.97):
        number = round(share * count)
        begun = desk.goes_to(number)
        coarse = desk.until("coarse", "full", number=number)
        yield _one(JUMP_COARSE, way, FAST_MBIT, (coarse - begun) / 1000)
        yield _one(JUMP, way, FAST_MBIT, (desk.until("full", number=number) - begun) / 1000)
        desk.page.wait_for_timeout(3_000)
    desk.line(0)
    desk.wait_until(lambda: set(where.slices) <= set(desk.answered))
    desk.leaves()
    desk.line(FAST_MBIT)
    begun = desk.opens(where.tomography)
    yield _one(AGAIN, way, FAST_MBIT, (desk.until("coarse", "full") - begun) / 1000)
    begun = desk.goes_to(2)
    yield _one(AGAIN_JUMP, way, FAST_MBIT, (desk.until("full", number=2) - begun) / 1000)


def _one(what: str, way: str, mbit: int, seconds: float) -> Looked:
    return Looked(what=what, way=way, mbit=mbit, seconds=seconds)
