"""The desk says of objects that are no pictures what they are, and what opens them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import numpy as np
from playwright.sync_api import Locator, Page, expect
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from tests.builders import image, new_uid
from tests.dicomweb import path_of
from tests.pacs.objects import code, of_kind
from tests.pictures import desk
from tests.running import wait_until

NOTES: Final = """uid => {
  window.seen = []
  const panel = document.querySelector('tierread-images')
  const nothing = () => undefined
  panel.documents = [uid]
  panel.shown = {
    contentOf: () => '', expect: nothing, lose: nothing, failed: nothing, isDone: () => false, isShown: () => false,
    cannotShow: nothing, progress: () => ({ done: 0, frames: 0 }), wasDisplayed: (_, id) => window.seen.includes(id),
    displayed: (series, id) => window.seen.push(id),
  }
  Object.assign(panel.style, { position: 'fixed', inset: '0' })
}"""


def named(meaning: str) -> Sequence:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "1", "99TEST", meaning
    return Sequence([code])


def report(beside: Dataset) -> Dataset:
    """A structured report of one line."""
    made = of_kind("structured report", beside)
    line = Dataset()
    line.RelationshipType, line.ValueType, line.ConceptNameCodeSequence = "CONTAINS", "TEXT", named("Finding")
    line.TextValue = "Nothing to report <b>"
    made.ConceptNameCodeSequence, made.ContentSequence = named("Dose report"), Sequence([line])
    return made


def electrocardiogram(beside: Dataset, samples: np.ndarray) -> Dataset:
    """By channel; a step is 5 uV, 500 of them a second, and lead II lies 0.1 mV higher."""
    made = of_kind("waveform", beside)
    group = Dataset()
    group.WaveformOriginality, group.SamplingFrequency = "ORIGINAL", 500
    group.NumberOfWaveformChannels, group.NumberOfWaveformSamples = samples.shape
    group.WaveformBitsAllocated, group.WaveformSampleInterpretation = 16, "SS"
    group.WaveformData = samples.T.astype("<i2").tobytes()
    group.ChannelDefinitionSequence = Sequence([channel("Lead I", 0), channel("Lead II", 100)])
    made.WaveformSequence = Sequence([group])
    return made


def channel(name: str, baseline: int) -> Dataset:
    made = Dataset()
    made.ChannelSourceSequence = Sequence([code("1", name)])
    made.ChannelSensitivity, made.ChannelSensitivityCorrectionFactor, made.ChannelBaseline = 5, 1, baseline
    made.ChannelSensitivityUnitsSequence = Sequence([code("uV", "microvolt", "UCUM")])
    made.WaveformBitsStored = 16
    return made


def chosen(page: Page, dataset: Dataset) -> None:
    page.evaluate(
        """async uid => {
          const panel = document.querySelector('tierread-images')
          while (!panel.series) await new Promise(resolve => setTimeout(resolve, 5))
          await panel.choose(panel.series.find(each => each.seriesUid === uid))
        }""",
        str(dataset.SeriesInstanceUID),
    )


def test_each_object_says_what_it_is_and_what_opens_it(sqlite_template: Path, tmp_path: Path) -> None:
    picture = image(SOPInstanceUID=new_uid())
    kinds = ("encapsulated PDF", "encapsulated PDF", "presentation state", "waveform")
    pdf, endless, state, waveform = (of_kind(kind, picture) for kind in kinds)
    fill(endless, pdf_of([(0, 0, 0)], pages=2001))
    sr = report(picture)
    beside = of_kind("presentation state", picture)
    for at, one in enumerate((pdf, state, waveform, sr, endless), start=2):
        one.SeriesInstanceUID, one.SeriesNumber = new_uid(), at
    beside.SeriesInstanceUID = picture.SeriesInstanceUID
    with desk.holding((picture, pdf, state, waveform, sr, beside, endless), sqlite_template, tmp_path) as page:
        objects = page.locator(".objects")
        chosen(page, pdf)
        expect(objects).to_contain_text("PDF 文档")
        expect(objects.get_by_role("alert")).to_contain_text("此文档已损坏")
        expect(objects.locator("a")).to_have_attribute("href", f"/dicomweb{path_of(pdf)}/rendered")
        chosen(page, endless)
        expect(objects.get_by_role("alert")).to_contain_text("此文档过大")
        chosen(page, sr)
        expect(objects).to_contain_text("结构化报告")
        expect(objects.locator("li")).to_have_text("Finding：Nothing to report <b>")
        for one, words in ((state, "显示状态"), (waveform, "请用心电工作站")):
            chosen(page, one)
            expect(objects).to_contain_text(words)
            expect(objects.locator("a")).to_have_count(0)
        chosen(page, picture)
        expect(page.locator("details.others summary")).to_have_text("另有 1 个不是图像的对象")
        expect(page.locator(".stage canvas").first).to_be_visible()


def test_reports_of_this_server_stand_in_one_fold_behind_the_pictures(sqlite_template: Path, tmp_path: Path) -> None:
    picture = image(SOPInstanceUID=new_uid(), SeriesNumber=9999, SeriesDescription="Chest")
    theirs, ours, sheet = report(picture), report(picture), of_kind("encapsulated PDF", picture)
    for one, number in ((theirs, 10), (ours, 1), (sheet, 2)):
        one.SOPInstanceUID, one.SeriesInstanceUID, one.SeriesNumber = new_uid(), new_uid(), number
    theirs.SeriesDescription = "Dose of another maker"
    with desk.holding([theirs, picture], sqlite_template, tmp_path, made_here=[ours, sheet]) as page:
        strip, fold = page.locator("nav.series > button"), page.locator("nav.series > details")
        expect(strip).to_have_count(2)
        expect(strip.last).to_contain_text("Dose of another maker")  # a picture is what is shown first
        expect(fold.locator("summary")).to_have_text("本次检查的报告（2）")
        expect(fold.get_by_role("button")).to_have_count(0)  # closed
        expect(page.locator(".overlay")).to_contain_text("Chest")
        page.keyboard.press("[")  # behind the first one is the last one
        expect(page.locator(".objects h3")).to_contain_text("结构化报告")
        fold.locator("summary").click()
        expect(fold.get_by_role("button")).to_have_text(["报告正文", "报告单 PDF"])
        fold.get_by_role("button", name="报告正文").click()
        expect(page.locator(".objects li")).to_have_text("Finding：Nothing to report <b>")


def test_an_electrocardiogram_is_drawn_on_millimetre_paper_and_measured(sqlite_template: Path, tmp_path: Path) -> None:
    steps = np.round(200 * np.sin(np.arange(2 * 1000).reshape(2, 1000) / 40))
    ecg = electrocardiogram(image(), steps)
    with desk.holding([ecg], sqlite_template, tmp_path) as page:
        page.evaluate(NOTES, str(ecg.SOPInstanceUID))
        chosen(page, ecg)
        drawing = page.locator("tierread-ecg .paper svg")
        expect(drawing.locator("text")).to_have_text(["I", "II"])
        lines = [drawn(drawing.locator("path.trace").nth(at + 2)) for at in (0, 1)]  # behind two pulses of 1 mV
        wait_until(lambda: page.evaluate("() => window.seen.length") == 1)
        box = drawing.bounding_box()
        assert box is not None
        mm = box["width"] / 60
        # 20 mm to the right are 800 ms, 10 mm up 1 mV
        page.mouse.move(box["x"] + 15 * mm, box["y"] + 30 * mm)
        page.mouse.down()
        page.mouse.move(box["x"] + 35 * mm, box["y"] + 20 * mm)
        page.mouse.up()
        measured = page.locator("tierread-ecg output").text_content()
        page.get_by_label("走纸速度").select_option("50 mm/s")
        expect(drawing).to_have_attribute("viewBox", "0 0 110 50")

    # Two points for every two samples: the lower and the higher one of 0.1 mm.
    for line, millivolts, middle_mm in zip(lines, steps * 0.005 + [[0], [0.1]], (12.5, 37.5), strict=True):
        pairs = millivolts.reshape(-1, 2)
        assert line[0][0] == 10
        assert {round(y, 2) for _, y in line} == {round(middle_mm - 10 * v, 2) for v in pairs.ravel()}
    assert measured == "800 ms · 75/min · 1.00 mV"


def pdf_of(colours: list[tuple[int, int, int]], *, pages: int = 0) -> bytes:
    """One page of 100 by 200 points for each colour, which fills it; its script would give our page another title.

    ``pages``: so many, of the colours in turn.
    """
    pages = pages or len(colours)
    kids = " ".join(f"{3 + 2 * (at % len(colours))} 0 R" for at in range(pages))
    objects = [
        "<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(document.title='ran')>>>>",
        f"<</Type/Pages/Count {pages}/Kids[{kids}]>>",
    ]
    for at, colour in enumerate(colours):
        drawing = " ".join(f"{part / 255:.4f}" for part in colour) + " rg 0 0 100 200 re f"
        objects.append(f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 200]/Contents {4 + 2 * at} 0 R>>")
        objects.append(f"<</Length {len(drawing)}>>\nstream\n{drawing}\nendstream")
    content, places = b"%PDF-1.7\n", []
    for number, written in enumerate(objects, start=1):
        places.append(len(content))
        content += f"{number} 0 obj\n{written}\nendobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    trailer = f"trailer<</Size {size}/Root 1 0 R>>\nstartxref\n{len(content)}\n%%EOF\n"
    return content + f"xref\n0 {size}\n0000000000 65535 f \n{table}{trailer}".encode()


def test_a_pdf_is_read_in_its_place_and_seen_when_each_page_was_on_the_screen(
    sqlite_template: Path, tmp_path: Path
) -> None:
    colours = [(200, 30, 30), (30, 160, 30), (30, 30, 200)]
    document = of_kind("encapsulated PDF", image())
    fill(document, pdf_of(colours))
    with desk.holding([document], sqlite_template, tmp_path) as page:
        page.evaluate(NOTES, str(document.SOPInstanceUID))
        chosen(page, document)
        sheets = page.locator(".pdf-page canvas")
        expect(sheets).to_have_count(3)
        colour_of_page = [colour_in_the_middle(page, at) for at in range(2)]
        seen_before = page.evaluate("() => window.seen.length")
        page.locator(".objects").focus()
        page.get_by_label("下一页").click()
        colour_of_page.append(colour_in_the_middle(page, 2))
        wait_until(lambda: page.evaluate("() => window.seen.length") == 1)
        expect(page.locator(".pdf-bar output")).to_have_text("各页均已看过")
        sheets.first.scroll_into_view_if_needed()
        expect(page.locator(".pdf-bar span")).to_have_text("第 1 页，共 3 页")
        expect(page.get_by_label("下一页")).to_be_enabled()
        title = page.title()

    assert colour_of_page == [list(each) for each in colours]
    assert seen_before == 0
    assert title != "ran"


def fill(document: Dataset, content: bytes) -> None:
    document.EncapsulatedDocumentLength = len(content)
    document.EncapsulatedDocument = content + b"\0" * (len(content) % 2)


def colour_in_the_middle(page: Page, at: int) -> list[int]:
    canvas = page.locator(".pdf-page canvas").nth(at)
    canvas.scroll_into_view_if_needed()
    expect(canvas).to_have_attribute("data-drawn", "true")
    return list(
        canvas.evaluate(
            """canvas => [...canvas.getContext('2d').getImageData(canvas.width >> 1, canvas.height >> 1, 1, 1).data]
              .slice(0, 3)"""
        )
    )


def drawn(path: Locator) -> list[tuple[float, float]]:
    """Its points in millimetres."""
    parts = re.findall(r"[ML]([\d.-]+) ([\d.-]+)", str(path.get_attribute("d")))
    return [(float(x), float(y)) for x, y in parts]
