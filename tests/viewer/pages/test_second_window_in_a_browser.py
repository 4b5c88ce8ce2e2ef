"""A second window of the desk: it follows the case of the first, what is done in it counts, and it locks with it."""

from __future__ import annotations

import re
from typing import Any, Final

import pytest
from playwright.sync_api import Page, expect

from tests.browser import chromium, signed_in, window
from tests.builders import new_uid
from tests.running import serving, wait_until
from tests.viewer.pages.test_marks_in_a_browser import listed
from tests.viewer.pages.test_parking_in_a_browser import PATIENCE_MS, measures
from tests.viewer.pages.test_undrawn_series import case_of, of_pia, send_images, take

BO: Final = {"PatientName": "Li^Bo=李波", "PatientID": "B2", "PatientBirthDate": "19511201"}


def slices(study_uid: str, **known: Any) -> list[Any]:
    """Three slices 5 mm apart in one frame of reference, and a series of two pictures without a place."""
    space, stack, others = new_uid(), new_uid(), new_uid()
    placed = {"FrameOfReferenceUID": space, "ImageOrientationPatient": [1, 0, 0, 0, 1, 0], "SeriesInstanceUID": stack}
    return [
        *(
            of_pia(study_uid, 1, "平扫", InstanceNumber=n + 1, ImagePositionPatient=[0, 0, 5 * n], **placed, **known)
            for n in range(3)
        ),
        *(of_pia(study_uid, 2, "定位", InstanceNumber=n + 1, SeriesInstanceUID=others, **known) for n in range(2)),
    ]


HEARS: Final = """async () => {
    const channel = new BroadcastChannel(`tierread-beside-${sessionStorage.getItem('tierread.beside')}`)
    const kinds = []
    await new Promise((done) => {
        channel.onmessage = ({ data }) => {
            kinds.push(data.kind)
            if (kinds.filter((kind) => kind === 'here').length > 1) done()
        }
    })
    channel.close()
    return [...new Set(kinds)].sort()
}"""
"""What the two windows say to each other from one heartbeat to the next, while nobody touches them."""


def stands_at(page: Page, number: int, many: int = 3) -> None:
    expect(page.locator(".overlay .bottom-left").first).to_contain_text(f"{number} / {many}", timeout=PATIENCE_MS)


@pytest.mark.timeout(300)
def test_a_second_window_follows_and_locks(tmp_path_factory: pytest.TempPathFactory) -> None:
    with serving(tmp_path_factory.mktemp("beside")) as tierread, chromium() as browser:
        cast = tierread.cast()
        studies = [new_uid(), new_uid()]
        send_images(tierread, cast, [*slices(studies[0]), *slices(studies[1], **BO)])
        first_case, next_case = (
            wait_until(lambda study_uid=study_uid: case_of(tierread, cast, study_uid)) for study_uid in studies
        )
        ada = signed_in(window(browser, tierread), cast.ada)
        take(ada, first_case)
        stands_at(ada, 1)

        # Where the browser blocks it, the desk says so, and what is to be done.
        ada.evaluate("() => { window.opens = window.open; window.open = () => null }")
        ada.keyboard.press("Shift+B")
        expect(ada.locator(".notices")).to_contain_text("允许", timeout=PATIENCE_MS)
        ada.evaluate("() => { window.open = window.opens }")

        # Given the window beside the desk, with one cell and no form.
        with ada.context.expect_page() as opened:
            ada.keyboard.press("Shift+B")
        beside = opened.value
        expect(beside.locator(".overlay .bottom-left").first).to_contain_text("/ 3", timeout=PATIENCE_MS)
        expect(beside.locator("textarea, .actions")).to_have_count(0)
        expect(beside).to_have_title(re.compile(r"^第二窗口 · CT"))
        assert "皮亚" not in f"{beside.title()} {ada.title()}"

        # Then both go through the body together, whichever of them is moved.
        ada.locator(".viewport").first.focus()
        ada.keyboard.press("PageDown")
        stands_at(beside, 3)
        beside.locator(".viewport").first.focus()
        beside.keyboard.press("ArrowUp")
        stands_at(ada, 2)

        # And have one window where that is wanted; once they stand, they say nothing but that they are there.
        beside.keyboard.press("Shift+J")
        beside.keyboard.press("4")
        expect(ada.locator(".overlay .bottom-right").first).to_contain_text("W 80 · L 40", timeout=PATIENCE_MS)
        assert ada.evaluate(HEARS) == ["hello", "here"]

        # And what is drawn there in full was seen, and a mark there is one of the report.
        beside.keyboard.press("]")
        stands_at(beside, 1, 2)
        strip = ada.locator("nav.series button", has_text="定位")
        expect(strip.locator(".count")).to_contain_text("1 / 2", timeout=PATIENCE_MS)
        measures(beside)
        expect(listed(ada)).to_have_count(1, timeout=PATIENCE_MS)

        # When the next case is opened, it is there too; on the worklist it waits.
        ada.evaluate("() => { location.hash = '#/' }")
        expect(beside.locator(".empty")).to_contain_text("第一个窗口", timeout=PATIENCE_MS)
        take(ada, next_case)
        expect(beside.locator(".overlay .top-left").first).to_contain_text("李波", timeout=PATIENCE_MS)

        # And it shows nothing of anybody once the session has ended.
        ada.locator(".account summary").click()
        ada.get_by_role("button", name="退出").click()
        expect(beside.locator(".empty h1")).to_have_text("已锁定", timeout=PATIENCE_MS)
        expect(beside.locator("tierread-images")).to_have_count(0)
        ada.wait_for_url("**/sign-in**", timeout=PATIENCE_MS)  # a window that is on its way out is not closed under it
        beside.close()
