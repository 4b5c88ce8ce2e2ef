"""What a printed sheet can draw, and what it writes for the rest."""

from __future__ import annotations

import pytest

from viewer.views.glyphs import printed, runs_from_the_right, unprintable

WHOLE = (
    "CO₂ 10⁰ ✔ ⌀12 mm ‱ ≥ ± µ ℃ ①",
    "ئۇيغۇر تىلى: ۋە، ې، ۆ، ڭ",
    "བོད་ཡིག་ཀློག",
    "ไทย",
    "😀🩻",
    "朱镕玥𠮷璡㐂\U00030edd",
    "e\u0301 a\u030c",
    "한국어 日本語",
)


@pytest.mark.parametrize("text", WHOLE)
def test_what_our_regions_write_is_drawn(text: str) -> None:
    assert printed(text) == text
    assert unprintable(text) == ()


@pytest.mark.parametrize(
    ("text", "drawn", "lost"),
    [
        ("王𪛖", "王〔U+2A6D6〕", ("𪛖",)),
        ("\ue000朱\ue000", "〔U+E000〕朱〔U+E000〕", ("\ue000",)),
        ("א", "〔U+05D0〕", ("א",)),
        ("王\u0f72", "王〔U+0F72〕", ("\u0f72",)),  # no font has both
    ],
)
def test_what_no_font_has_stands_as_its_code(text: str, drawn: str, lost: tuple[str, ...]) -> None:
    assert printed(text) == drawn
    assert unprintable(text) == lost


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("前\x00\x07后\r\n下\u2028一\x0b行", "前后\n下\n一\n行"),
        ("a\u3000b\u2009c\td", "a\u3000b\u2009c d"),
        ("\u202eab\u202c\u200b\ufeff", "ab"),
        ("✔\ufe0f葛\U000e0100", "✔葛"),
        ("\ud800", "\ufffd"),
        ("", ""),
    ],
)
def test_what_has_no_glyph_is_left_out(text: str, drawn: str) -> None:
    assert printed(text) == drawn


@pytest.mark.parametrize(
    ("line", "from_right"),
    [("ئۇيغۇر CT", True), ("12 ئۇ", True), ("CT ئۇيغۇر", False), ("王", False), ("", False), ("12.", False)],
)
def test_a_line_runs_as_its_first_letter_does(line: str, from_right: bool) -> None:
    assert runs_from_the_right(line) is from_right
