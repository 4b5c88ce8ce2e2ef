"""Pictures over a slow line: a jump goes before what was fetched ahead, and a second look asks the server for none."""

from __future__ import annotations

import re
from typing import Any, Final

import numpy as np
import pytest
import sqlalchemy as sa
from playwright.sync_api import CDPSession, Page, Request, expect

from reading.tables import audit_event
from storage.database import snapshot
from tests import engines
from tests.browser import chromium, signed_in, window
from tests.builders import new_uid
from tests.running import TierRead, serving, wait_until
from tests.viewer.pages.test_undrawn_series import case_of, of_pia, send_images

PATIENCE_MS: Final = 60_000
SLICES: Final = 40
SIDE: Final = 256
SLOW: Final = {"offline": False, "latency": 60, "downloadThroughput": 200_000, "uploadThroughput": 200_000}
"""A slice of noise takes half a second."""
COUNTY: Final = {"offline": False, "latency": 40, "downloadThroughput": 500_000, "uploadThroughput": 500_000}
"""4 Mbit/s."""
QUICK: Final = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
_FRAME: Final = re.compile(r"/instances/([\d.]+)/frames/1\?digest=[0-9a-f]{64}$")


class Wire:
    """What the page asks of frames, and where each comes from."""

    def __init__(self, page: Page) -> None:
        self.begun: list[str] = []
        self.aborted: list[str] = []
        self.kept: list[bool] = []
        """Of each answer whether the browser had it."""
        self._cdp: CDPSession = page.context.new_cdp_session(page)
        self._cdp.send("Network.enable")
        self._cdp.on("Network.responseReceived", self._received)
        page.on("request", lambda request: self._note(request, self.begun))
        page.on("requestfailed", lambda request: self._note(request, self.aborted))

    def be(self, line: dict[str, Any]) -> None:
        self._cdp.send("Network.emulateNetworkConditions", line)

    def _note(self, request: Request, among: list[str]) -> None:
        if (found := _FRAME.search(request.url)) is not None:
            among.append(found[1])

    def _received(self, event: dict[str, Any]) -> None:
        if _FRAME.search(event["response"]["url"]):
            self.kept.append(event["response"]["fromDiskCache"])


def slices_of(study_uid: str) -> list[Any]:
    series = {"SeriesInstanceUID": new_uid(), "Modality": "MR"}
    noise = np.random.default_rng(5).integers(0, 4096, (SLICES, SIDE, SIDE)).astype("<u2")
    made = [of_pia(study_uid, 1, "平扫", InstanceNumber=number + 1, **series) for number in range(SLICES)]
    for one, pixels in zip(made, noise, strict=True):
        one.Rows = one.Columns = SIDE
        one.PixelData = pixels.tobytes()
    return made


def uids_of(slices: list[Any]) -> list[str]:
    return [str(one.SOPInstanceUID) for one in slices]


def goes_to(page: Page, number: int) -> None:
    page.locator(".slices .slider").fill(str(number))


def is_shown(page: Page, number: int) -> None:
    """In full, in the corner and without the badge."""
    expect(page.locator(".overlay .bottom-left")).to_contain_text(f"{number} / {SLICES}", timeout=PATIENCE_MS)
    expect(page.locator(".overlay .badge")).to_have_count(0, timeout=PATIENCE_MS)


def looks_at(tierread: TierRead, ada: str, *subjects: str) -> set[str]:
    """The actions on record by which somebody looked at these."""
    event = audit_event.c
    with engines.pointed(tierread.database_url) as engine, snapshot(engine) as tx:
        found = tx.scalars(sa.select(event.action).where(event.actor_id == ada, event.subject_id.in_(subjects)))
        return set(found)


def opens(page: Page, case_id: str) -> None:
    page.goto(f"/#/case/{case_id}")
    expect(page.locator(".slices .slider")).to_be_visible(timeout=PATIENCE_MS)


@pytest.mark.timeout(300)
def test_a_jump_goes_first_and_a_second_look_asks_for_nothing(tmp_path_factory: pytest.TempPathFactory) -> None:
    with serving(tmp_path_factory.mktemp("lines")) as tierread, chromium() as browser:
        cast = tierread.cast()
        study_uid = new_uid()
        slices = slices_of(study_uid)
        uids = [str(one.SOPInstanceUID) for one in slices]
        send_images(tierread, cast, slices)
        case_id = wait_until(lambda: case_of(tierread, cast, study_uid))
        ada = signed_in(window(browser, tierread), cast.ada)
        wire = Wire(ada)

        # Given a stack that opens in its middle, on a line that brings two slices a second.
        wire.be(SLOW)
        opens(ada, case_id)
        is_shown(ada, SLICES // 2 + 1)
        wait_until(lambda: ada.wait_for_timeout(20) or (len(wire.begun) > 1 and not wire.aborted))
        before = len(wire.begun)

        # When she jumps to its beginning, where nothing was fetched.
        assert uids[0] not in wire.begun
        goes_to(ada, 1)
        is_shown(ada, 1)

        # Then that slice was asked for next, and what was on the line made way.
        assert wire.begun.index(uids[0]) <= before + 2  # a slice may have begun while she pressed the key
        assert wire.aborted
        assert uids[0] not in wire.aborted

        # When all of it has come, and she opens the case again.
        wire.be(QUICK)
        wait_until(lambda: ada.wait_for_timeout(100) or set(wire.begun) == set(uids))
        ada.wait_for_load_state("networkidle")
        ada.goto("/#/")
        expect(ada.locator(".slices")).to_have_count(0)
        wire.kept.clear()
        wire.begun.clear()
        opens(ada, case_id)
        is_shown(ada, SLICES // 2 + 1)
        wait_until(lambda: ada.wait_for_timeout(100) or (set(wire.begun) == set(uids) and len(wire.kept) >= SLICES))

        # Then the server is asked for no frame; but for each by whoever signs in when her session has ended by itself.
        assert set(wire.kept) == {True}
        ada.context.clear_cookies()
        wire.kept.clear()
        ada.goto(f"/sign-in?next=/%23/case/{case_id}")
        ada.fill("#username", cast.vera.username)
        ada.fill("#password", cast.vera.password)
        ada.click("main button[type=submit]")
        opens(ada, case_id)
        is_shown(ada, SLICES // 2 + 1)
        assert wire.kept[0] is False


@pytest.mark.timeout(300)
def test_the_next_case_is_there_before_it_is_opened(tmp_path_factory: pytest.TempPathFactory) -> None:
    with serving(tmp_path_factory.mktemp("next")) as tierread, chromium() as browser:
        cast = tierread.cast()
        ways = [slices_of(new_uid()), slices_of(new_uid())]
        for slices in ways:
            send_images(tierread, cast, slices)
        studies = [str(slices[0].StudyInstanceUID) for slices in ways]
        wait_until(lambda: all(case_of(tierread, cast, study_uid) for study_uid in studies))
        ada = signed_in(window(browser, tierread), cast.ada)
        wire = Wire(ada)

        # Given the case that she was handed, all of it at hand: the other one's pictures come, and nobody takes it.
        ada.locator("#take-next").click(timeout=PATIENCE_MS)
        is_shown(ada, SLICES // 2 + 1)
        of_then = next(uids for slices in ways if wire.begun[0] not in (uids := uids_of(slices)))
        wait_until(lambda: ada.wait_for_timeout(100) or set(of_then) <= set(wire.begun))
        ada.wait_for_load_state("networkidle")
        first = of_then[SLICES // 2]
        assert next(uid for uid in wire.begun if uid in of_then) == first
        (study_uid,) = (str(slices[0].StudyInstanceUID) for slices in ways if uids_of(slices) == of_then)
        case_id = case_of(tierread, cast, study_uid)
        assert tierread.sign_in(cast.vera).get(f"/api/cases/{case_id}").json()["state"] == "waiting_read"
        ada_id = tierread.sign_in(cast.ada).get("/api/session").json()["person"]["id"]
        assert looks_at(tierread, ada_id, case_id, study_uid) == {"study.ahead"}

        # When she takes it, on a line of 4 Mbit/s, its first picture comes from the browser.
        ada.keyboard.press("Control+k")
        wire.kept.clear()
        wire.begun.clear()
        wire.be(COUNTY)
        ada.locator("#take-next").click(timeout=PATIENCE_MS)
        expect(ada.locator(".stage")).to_be_visible(timeout=PATIENCE_MS)
        is_shown(ada, SLICES // 2 + 1)
        assert next(uid for uid in wire.begun if uid in of_then) == first
        assert set(wire.kept) == {True}
