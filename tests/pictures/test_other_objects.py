"""The desk says of objects that are no pictures what they are, and what opens them."""

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.sync_api import Page, expect
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from storage.database import connect
from tests.archive import archive
from tests.builders import image, new_uid, thing
from tests.dicomweb import path_of, serving
from tests.pacs.objects import of_kind
from tests.pictures import desk


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
    kinds = ("encapsulated PDF", "presentation state", "waveform")
    pdf, state, waveform = (of_kind(kind, picture) for kind in kinds)
    sr = report(picture)
    beside = of_kind("presentation state", picture)
    for at, one in enumerate((pdf, state, waveform, sr), start=2):
        one.SeriesInstanceUID, one.SeriesNumber = new_uid(), at
    beside.SeriesInstanceUID = picture.SeriesInstanceUID
    url = f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'objects.db')}"
    engine = connect(url)
    with archive(engine, url, tmp_path) as held, serving(held, engine, tmp_path, desk.page_of_the_desk()) as web:
        for one in (picture, pdf, state, waveform, sr, beside):
            assert held.take(thing(one)).accepted
        with desk.opened(web.base, [str(picture.StudyInstanceUID)], ["cpu"]) as pages:
            page = pages["cpu"]
            objects = page.locator(".objects")
            chosen(page, pdf)
            expect(objects).to_contain_text("PDF 文档")
            expect(objects.locator("a")).to_have_attribute("href", f"/dicomweb{path_of(pdf)}/rendered")
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
    engine.dispose()
