"""The sheet as PDF: Chinese that can be read back, glyphs that are in the file, text that is never markup."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import need_tool
from viewer.views.report_pdf import Sheet, render

MADE_AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
FINAL = Sheet(
    language="zh",
    title="DR检查报告单 260302AB12CD",
    heading="DR检查报告单",
    hospital="柳林镇卫生院",
    centres=[("诊断机构", "平陵县人民医院")],
    watermark="",
    caution="",
    facts=[("姓名", "王璡"), ("性别", "女"), ("检查项目", "DR 胸部"), ("侧别", "左"), ("报告版本", "第 2 版")],
    sections=[("检查所见", "两肺纹理清晰。\n\n心影不大。"), ("诊断意见", "心肺未见明显异常。")],
    signatures=[
        ("报告医师", "艾达", "平陵县人民医院", "2026-03-02 16:05"),
        ("审核医师", "卫婉", "平陵县人民医院", "2026-03-02 16:10"),
    ],
    note="请结合临床。",
    footer="DR检查报告单 · 260302AB12CD · 第 2 版",
    page="第 {n} 页，共 {m} 页",
)


@pytest.fixture
def read_back(tmp_path: Path) -> Reader:
    return Reader(tmp_path / "report.pdf")


class Reader:
    """What poppler, which is not ours, finds in a PDF."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def text(self, sheet: Sheet) -> str:
        self.path.write_bytes(render(sheet, MADE_AT))
        return self._run("pdftotext", "-layout", str(self.path), "-")

    def fonts(self) -> list[str]:
        return self._run("pdffonts", str(self.path)).splitlines()[2:]

    def pages(self) -> int:
        information = self._run("pdfinfo", str(self.path))
        return int(next(line.split()[1] for line in information.splitlines() if line.startswith("Pages:")))

    @staticmethod
    def _run(tool: str, *arguments: str) -> str:
        return subprocess.run([need_tool(tool), *arguments], check=True, capture_output=True, text=True).stdout


def test_the_chinese_text_is_in_the_file_with_its_own_glyphs(read_back: Reader) -> None:
    said = read_back.text(FINAL)

    for words in ("平陵县人民医院", "柳林镇卫生院", "王璡", "检查所见", "两肺纹理清晰。", "诊断意见", "艾达", "卫婉"):
        assert words in said
    assert "第 1 页，共 1 页" in said
    assert read_back.fonts()
    for line in read_back.fonts():
        embedded, subset = line.split()[-5:-3]
        assert (embedded, subset) == ("yes", "yes")


def test_it_is_pdf_a_2b_and_the_same_sheet_gives_the_same_bytes() -> None:
    made = render(FINAL, MADE_AT)

    assert b"<pdfaid:part>2</pdfaid:part>" in made
    assert b"<pdfaid:conformance>B</pdfaid:conformance>" in made
    assert render(FINAL, MADE_AT) == made


def test_what_people_type_is_never_markup(read_back: Reader) -> None:
    typed = '#panic("x") *not bold* $x^2$ @ref <label> \\ // #image("/etc/passwd") `raw` = heading'

    said = read_back.text(replace(FINAL, sections=[("检查所见", typed)], facts=[("姓名", "#let")]))

    for part in (
        '#panic("x")',
        "*not bold*",
        "$x^2$",
        "@ref <label>",
        '#image("/etc/passwd")',
        "`raw` = heading",
        "#let",
    ):
        assert part in said


def test_a_preliminary_report_says_so_in_its_head_and_across_the_page(read_back: Reader) -> None:
    mark = "临时报告，以正式报告为准"

    said = read_back.text(replace(FINAL, watermark=mark))

    assert mark in said
    assert mark not in read_back.text(FINAL)


def test_a_report_of_somebody_whose_identity_is_not_confirmed_says_so(read_back: Reader) -> None:
    assert "身份未确认" in read_back.text(replace(FINAL, caution="身份未确认"))
    assert "身份未确认" not in read_back.text(FINAL)


def test_long_text_runs_over_pages_that_are_numbered(read_back: Reader) -> None:
    lines = "\n".join(f"第 {n} 行：两肺纹理增多，未见实质性病变。" for n in range(1, 151))

    said = read_back.text(replace(FINAL, sections=[("检查所见", lines), ("诊断意见", "见上。")], watermark="临时报告"))

    assert "第 150 行" in said
    assert read_back.pages() >= 3
    assert f"第 {read_back.pages()} 页，共 {read_back.pages()} 页" in said


def test_control_characters_do_not_break_the_page(read_back: Reader) -> None:
    assert "前后" in read_back.text(replace(FINAL, sections=[("检查所见", "前\x00\x07后\r\n下一行")]))


def test_an_empty_report_is_still_a_page(read_back: Reader) -> None:
    bare = replace(FINAL, hospital="", centres=[], facts=[], sections=[], signatures=[], note="", footer="")

    assert "检查报告单" in read_back.text(bare)


def test_letters_of_our_regions_and_signs_are_printed(read_back: Reader) -> None:
    said = read_back.text(replace(FINAL, sections=[("检查所见", "CO₂ 10⁰ ✔ ⌀12 ‱\nབོད་ཡིག\nไทย\n朱镕𠮷")]))

    for words in ("CO₂ 10⁰ ✔ ⌀12 ‱", "朱镕𠮷"):
        assert words in said
    assert any("NotoSerifTibetan" in line for line in read_back.fonts())
    for line in read_back.fonts():
        assert line.split()[-5:-3] == ["yes", "yes"]


def test_uyghur_runs_from_the_right(tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    word = "ئۇيغۇر"
    path.write_bytes(render(replace(FINAL, sections=[("检查所见", f"{word}\nCT {word}")]), MADE_AT))
    words = re.findall(
        r'yMin="([0-9.]+)" xMax="([0-9.]+)"[^>]*>[^<]*[\u0600-\u06ff\ufb50-\ufeff]',
        Reader._run("pdftotext", "-bbox", str(path), "-"),
    )
    first_line = min(float(top) for top, _ in words)
    alone = max(float(end) for top, end in words if float(top) < first_line + 8)
    behind = max(float(end) for top, end in words if float(top) >= first_line + 8)
    middle_of_the_page_pt = 595.3 / 2

    assert alone > middle_of_the_page_pt + 200
    assert behind < middle_of_the_page_pt


def test_what_no_font_has_is_printed_as_its_code(read_back: Reader) -> None:
    said = read_back.text(replace(FINAL, facts=[("姓名", "王𪛖")], sections=[("检查所见", "א\ue000")]))

    assert "王〔U+2A6D6〕" in said
    assert "〔U+05D0〕〔U+E000〕" in said


@settings(max_examples=40, derandomize=True, deadline=None)
@given(text=st.text(st.characters(), max_size=60))
def test_whatever_was_signed_is_printed(text: str) -> None:
    assert render(replace(FINAL, facts=[("姓名", text)], sections=[(text, text)]), MADE_AT).startswith(b"%PDF")


@settings(max_examples=20, derandomize=True, deadline=None)
@given(text=st.text(st.sampled_from("aبཀไ王😀ً่ཱུ́ิ̂⃝ः゙"), min_size=1, max_size=20))
def test_marks_on_letters_of_other_scripts_are_printed(text: str) -> None:
    assert render(replace(FINAL, sections=[("检查所见", text)]), MADE_AT).startswith(b"%PDF")
