"""At the desk: what nothing here drew, or not as it is now, is never called seen; an image of another is marked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect
from pydicom.dataset import Dataset

from tests.acts import writes
from tests.browser import PHONE, chromium, signed_in, window
from tests.builders import CT, compressed, fragmented, image, new_uid, thing
from tests.codestreams import JPEG_2000_LOSSLESS, codestream
from tests.running import Cast, TierRead, serving, wait_until
from tests.wire import EXPLICIT_LITTLE, Sender

MPEG_4: Final = "1.2.840.10008.1.2.4.102"
"""MPEG-4 AVC/H.264 High Profile / Level 4.1 (PS3.5 A.4.5)."""
VIDEO: Final = "1.2.840.10008.5.1.4.1.1.77.1.4.1"
"""Video Photographic Image Storage."""
PATIENCE_MS: Final = 60_000
REASON: Final = "录像与损坏图像已在设备上看过"


@pytest.fixture(scope="module")
def tierread(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TierRead]:
    with serving(tmp_path_factory.mktemp("undrawn")) as running:
        yield running


@pytest.fixture(scope="module")
def cast(tierread: TierRead) -> Cast:
    return tierread.cast()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


def of_pia(study_uid: str, number: int, description: str, **known: Any) -> Dataset:
    series = {"StudyInstanceUID": study_uid, "SeriesNumber": number, "SeriesDescription": description}
    person = {"PatientName": "Pi^Ya=皮亚", "PatientBirthDate": "19800506", "AccessionNumber": None}
    window = {"WindowCenter": 2048, "WindowWidth": 4096}
    shown: dict[str, Any] = {**window, **person, **series, **known}
    return image(rows=64, columns=64, **shown)


def a_video(study_uid: str) -> Dataset:
    """24 frames in one fragment, as PS3.5 8.2.5 asks: the beginning of an MPEG-4 file, which nothing here reads."""
    stream = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(range(256)) * 4
    video = of_pia(
        study_uid, 2, "录像", SOPClassUID=VIDEO, Modality="XC", frames=24, SamplesPerPixel=3,
        PhotometricInterpretation="YBR_PARTIAL_420", BitsAllocated=8, BitsStored=8, HighBit=7, PlanarConfiguration=0,
    )  # fmt: skip
    return fragmented(video, [stream])


def one_of_two_is_cut(study_uid: str) -> list[Dataset]:
    """A series of two images; the codestream of the second ends after a third of its bytes."""
    series_uid = new_uid()
    pair = [of_pia(study_uid, 3, "平扫", SeriesInstanceUID=series_uid, InstanceNumber=number) for number in (1, 2)]
    noise = np.random.default_rng(7).integers(0, 4096, (64, 64)).astype("<u2")
    whole = codestream(noise, JPEG_2000_LOSSLESS, bits=12)
    cut = whole[: len(whole) // 3]
    return [compressed(pair[0], JPEG_2000_LOSSLESS), fragmented(pair[1], [cut + b"\0" * (len(cut) % 2)])]


def send(tierread: TierRead, cast: Cast) -> str:
    """The study that a device sent."""
    study_uid = new_uid()
    pair = [thing(one, JPEG_2000_LOSSLESS) for one in one_of_two_is_cut(study_uid)]
    things = [thing(of_pia(study_uid, 1, "定位")), thing(a_video(study_uid), MPEG_4), *pair]
    contexts = [(VIDEO, [MPEG_4]), (CT, [JPEG_2000_LOSSLESS]), (CT, [EXPLICIT_LITTLE])]
    address = ("127.0.0.1", tierread.dicom_port)
    with Sender(address=address, contexts=contexts, calling=cast.device, called=tierread.ae_title) as sender:
        assert [sender.store(one) for one in things] == [0, 0, 0, 0]
    return study_uid


def send_images(tierread: TierRead, cast: Cast, images: list[Dataset]) -> None:
    address = ("127.0.0.1", tierread.dicom_port)
    contexts = [(CT, [EXPLICIT_LITTLE])]
    with Sender(address=address, contexts=contexts, calling=cast.device, called=tierread.ae_title) as sender:
        assert [sender.store(thing(one)) for one in images] == [0] * len(images)


def case_of(tierread: TierRead, cast: Cast, study_uid: str, identity: str = "") -> str:
    """The case of a study once it is on the worklist with that word about its identity; else empty."""
    for one in tierread.sign_in(cast.vera).get("/api/cases").json()["items"]:
        if one["studies"][0]["study_uid"] == study_uid and identity in {"", one["identity"]}:
            return one["id"]
    return ""


def take(page: Page, case_id: str) -> None:
    page.goto(f"/#/case/{case_id}")
    page.locator(".actions .primary", has_text="领取这份检查").click(timeout=PATIENCE_MS)


@pytest.mark.timeout(300)
def test_a_reader_signs_what_the_desk_cannot_draw_with_a_reason_that_the_next_one_reads(
    tierread: TierRead, cast: Cast, browser: Browser
) -> None:
    study_uid = send(tierread, cast)
    case_id = wait_until(lambda: case_of(tierread, cast, study_uid))
    ada = signed_in(window(browser, tierread), cast.ada)
    take(ada, case_id)

    # Not opened yet: the desk says which, signs nothing, and leads there.
    expect(ada.locator(".actions .unseen.hint li")).to_have_count(2, timeout=PATIENCE_MS)
    writes(ada, "定位像未见异常。", "未见异常。")
    ada.locator(".actions .primary").click()
    expect(ada.locator("dialog .unseen.hint li")).to_have_count(2, timeout=PATIENCE_MS)
    ada.locator("dialog .unseen.hint li", has_text="录像").locator("button").click()
    expect(ada.locator("dialog")).to_have_count(0, timeout=PATIENCE_MS)

    # The video: tried, and not seen.
    expect(ada.locator(".stage .message")).to_contain_text("视频", timeout=PATIENCE_MS)
    expect(ada.locator("nav.series button", has_text="录像")).to_contain_text("未能显示", timeout=PATIENCE_MS)

    # Of two pictures one draws: the other is looked at as well before it counts as not shown.
    ada.locator("nav.series button", has_text="平扫").click()
    expect(ada.locator("nav.series button", has_text="平扫")).to_contain_text("1 / 2", timeout=PATIENCE_MS)
    expect(ada.locator("nav.series button", has_text="平扫")).to_contain_text("未看", timeout=PATIENCE_MS)
    steps_on(ada)
    expect(ada.locator(".stage .message.instead")).to_contain_text("已损坏", timeout=PATIENCE_MS)
    expect(ada.locator("nav.series button", has_text="平扫")).to_contain_text("未能显示", timeout=PATIENCE_MS)
    expect(ada.locator(".actions .unseen.hint")).to_have_count(0, timeout=PATIENCE_MS)
    expect(ada.locator(".actions .unseen.failed li")).to_have_count(2, timeout=PATIENCE_MS)
    expect(ada.locator(".actions .unseen.failed")).to_contain_text("其中 1 幅：图像数据已损坏", timeout=PATIENCE_MS)

    # Another try changes nothing, and is offered.
    ada.locator(".actions .unseen.failed li", has_text="录像").locator("button").click()
    expect(ada.locator("nav.series button", has_text="录像")).to_contain_text("未能显示", timeout=PATIENCE_MS)

    # Signed with a reason only.
    ada.locator(".actions .primary").click()
    dialog = ada.locator("dialog.ask")
    expect(dialog.locator(".unseen.failed li")).to_have_count(2, timeout=PATIENCE_MS)
    expect(dialog.locator("button[type=submit]")).to_be_disabled()
    dialog.locator("textarea[name=not_shown_reason]").fill("  ")
    expect(dialog.locator("button[type=submit]")).to_be_disabled()
    dialog.locator("textarea[name=not_shown_reason]").fill(REASON)
    dialog.locator(".tick input").check()  # a positive result whose impression is normal
    dialog.locator("button[type=submit]").click()
    ada.wait_for_url(lambda url: "#/case/" not in url)

    # The verifier reads it, on the phone too.
    vera = signed_in(window(browser, tierread), cast.vera)
    take(vera, case_id)
    vera.set_viewport_size(PHONE)  # type: ignore[arg-type]
    vera.locator(".sides button").nth(1).click()
    limits = vera.locator(".not-seen-before")
    expect(limits).to_contain_text(REASON, timeout=PATIENCE_MS)
    expect(limits).to_contain_text("序列 2 · XC · 录像", timeout=PATIENCE_MS)
    expect(limits).to_contain_text("序列 3 · CT · 平扫", timeout=PATIENCE_MS)
    assert vera.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.timeout(300)
def test_an_image_that_says_another_person_is_marked_in_the_strip_and_on_the_picture(
    tierread: TierRead, cast: Cast, browser: Browser
) -> None:
    study_uid, series_uid = new_uid(), new_uid()
    own = of_pia(study_uid, 1, "定位")
    pair = [of_pia(study_uid, 2, "平扫", SeriesInstanceUID=series_uid, InstanceNumber=number) for number in (1, 2)]
    pair[1].PatientName = "WU^JUN=吴军"
    send_images(tierread, cast, [own, *pair])

    case_id = wait_until(lambda: case_of(tierread, cast, study_uid, "differs"))
    page = signed_in(window(browser, tierread), cast.vera)
    page.goto(f"/#/case/{case_id}")
    series = page.locator("nav.series button", has_text="平扫")
    expect(series.locator(".other")).to_have_text("⚠ 1 幅写着别人", timeout=PATIENCE_MS)
    expect(page.locator("nav.series button", has_text="定位").locator(".other")).to_have_count(0)
    series.click()
    expect(series).to_contain_text("1 / 2", timeout=PATIENCE_MS)
    expect(page.locator(".stage .other-person")).to_have_count(0)
    steps_on(page)

    expect(page.locator(".stage .other-person")).to_contain_text("吴军", timeout=PATIENCE_MS)


@pytest.mark.timeout(300)
def test_a_series_that_grew_behind_the_one_that_is_open_is_looked_at_anew(
    tierread: TierRead, cast: Cast, browser: Browser
) -> None:
    study_uid, series_uid = new_uid(), new_uid()
    first = of_pia(study_uid, 1, "定位")
    pair = [of_pia(study_uid, 2, "平扫", SeriesInstanceUID=series_uid, InstanceNumber=number) for number in (1, 2)]
    send_images(tierread, cast, [first, pair[0]])
    case_id = wait_until(lambda: case_of(tierread, cast, study_uid))
    ada = signed_in(window(browser, tierread), cast.ada)
    take(ada, case_id)
    writes(ada, "未见异常。", "未见异常。")
    scout, grown = (ada.locator("nav.series button", has_text=name) for name in ("定位", "平扫"))
    for series in (grown, scout):
        series.click()
        expect(series.locator(".seen")).to_have_text("已看完", timeout=PATIENCE_MS)

    # An image comes to the series that is not open.
    send_images(tierread, cast, [pair[1]])
    ada.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    ada.locator("button", has_text="载入新图像").click(timeout=PATIENCE_MS)
    expect(grown.locator(".seen")).to_have_text("未看完", timeout=PATIENCE_MS)
    expect(scout.locator(".seen")).to_have_text("已看完", timeout=PATIENCE_MS)
    ada.locator(".actions .primary").click()
    left = ada.locator("dialog .unseen.hint li")
    expect(left).to_have_count(1, timeout=PATIENCE_MS)
    expect(left).to_contain_text("平扫")

    # It is whole again once both its images were on the screen.
    left.locator("button").click()
    expect(grown).to_contain_text("1 / 2", timeout=PATIENCE_MS)
    steps_on(ada)
    expect(grown.locator(".seen")).to_have_text("已看完", timeout=PATIENCE_MS)
    expect(ada.locator(".actions .unseen.hint")).to_have_count(0, timeout=PATIENCE_MS)


def steps_on(page: Page) -> None:
    """To the next picture of the series, by the slider."""
    page.locator("input.slider").press("ArrowRight")
