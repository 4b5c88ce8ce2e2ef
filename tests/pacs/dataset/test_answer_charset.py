"""What a device can read, and how text is written for it."""

from __future__ import annotations

import pytest

from pacs.dataset.answer_charset import answer_charset

NAME = ("WANG^XIAOLI", "王^小丽")
RARE = ("WANG^JIN", "王^璡")


@pytest.mark.parametrize(
    ("entered", "asked", "terms", "name", "rare"),
    [
        ("", (), (), "WANG^XIAOLI", "WANG^JIN"),
        ("ISO_IR 6", ("GB18030",), (), "WANG^XIAOLI", "WANG^JIN"),
        ("ISO_IR 100", (), ("ISO_IR 100",), "WANG^XIAOLI", "WANG^JIN"),
        ("GB18030", (), ("GB18030",), "WANG^XIAOLI=王^小丽", "WANG^JIN=王^璡"),
        ("GBK", ("ISO_IR 192",), ("GBK",), "WANG^XIAOLI=王^小丽", "WANG^JIN=王^璡"),
        ("", ("ISO_IR 192",), ("ISO_IR 192",), "WANG^XIAOLI=王^小丽", "WANG^JIN=王^璡"),
        ("iso 2022 ir 58", (), ("", "ISO 2022 IR 58"), "WANG^XIAOLI=王^小丽", "WANG^JIN"),
        ("", ("", "ISO 2022 IR 58"), ("", "ISO 2022 IR 58"), "WANG^XIAOLI=王^小丽", "WANG^JIN"),
        ("ISO_IR 144", ("ISO_IR 192",), ("ISO_IR 192",), "WANG^XIAOLI=王^小丽", "WANG^JIN=王^璡"),
        ("", ("ISO_IR 144",), (), "WANG^XIAOLI", "WANG^JIN"),
    ],
)
def test_the_register_counts_then_the_request(
    entered: str, asked: tuple[str, ...], terms: tuple[str, ...], name: str, rare: str
) -> None:
    found = answer_charset(entered, asked)

    assert (found.terms, found.name(*NAME), found.name(*RARE)) == (terms, name, rare)


def test_text_is_chinese_where_it_can_be_read_and_plain_elsewhere() -> None:
    assert answer_charset("GB18030", ()).text("胸部", "Chest") == "胸部"
    assert answer_charset("", ()).text("胸部", "Chest") == "Chest"
    assert answer_charset("", ()).name("José^María", "") == "Jose^Maria"
    assert answer_charset("ISO_IR 100", ()).name("José^María", "") == "José^María"
    assert answer_charset("", ()).text("", "价") == "?"
