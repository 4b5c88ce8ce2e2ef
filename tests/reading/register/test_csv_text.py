"""Tables as spreadsheets write them: encodings, separators, quotes, headings and what is wrong with them."""

from __future__ import annotations

import pytest

from reading.errors import Invalid
from reading.kinds import Level, Role
from reading.register.csv_text import MOST_BYTES, decoded, lines_of
from reading.register.import_columns import LEVELS, Kind, read, roles_of, word_of


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_each_encoding_gives_the_same_text(encoding: str) -> None:
    assert decoded("县医院，𠮷".encode(encoding)) == "县医院，𠮷"


@pytest.mark.parametrize("file", [b"\xff\xfe\x00", b"a" * (MOST_BYTES + 1)])
def test_what_is_no_table_is_refused(file: bytes) -> None:
    with pytest.raises(Invalid):
        decoded(file)


@pytest.mark.parametrize("separator", [",", ";", "\t", "，", "；"])
def test_each_separator_gives_the_same_cells(separator: str) -> None:
    text = (
        separator.join(("a", "县 医院", "", ""))
        + "\r\n\r\n# no line\r\n"
        + separator * 3
        + "\r\n"
        + separator.join("xyz")
    )

    assert lines_of(text) == [(1, ("a", "县 医院")), (5, ("x", "y", "z"))]


def test_quotes_keep_a_separator_and_an_apostrophe_before_a_formula_goes() -> None:
    assert lines_of("\"东院,西院\",'+86 571,'x") == [(1, ("东院,西院", "+86 571", "'x"))]


def test_a_heading_in_either_language_puts_columns_in_any_order() -> None:
    chinese = read(Kind.ORGANISATIONS, lines_of("名称,代码,级别\n县医院,C1,县"))
    english = read(Kind.ORGANISATIONS, lines_of("level,name,code\n县,县医院,C1"))
    plain = read(Kind.ORGANISATIONS, lines_of("C1,县医院,县"))

    assert [dict(one.cells) for one in (chinese[0], english[0])] == [dict(plain[0].cells)] * 2
    assert [one[0].number for one in (chinese, english, plain)] == [2, 2, 1]


@pytest.mark.parametrize(
    "text", ["", "代码,名称,级别", "代码,名称,什么\na,b,c", "代码,级别\na,b", "代码,代码,级别\na,b,c"]
)
def test_a_table_without_lines_or_with_a_wrong_heading_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="lines"):
        read(Kind.ORGANISATIONS, lines_of(text))


def test_a_line_that_lacks_a_cell_or_has_one_too_many_is_named() -> None:
    lacking, fitting, long = read(Kind.ORGANISATIONS, lines_of("C1,县医院\nC2,县医院,县\nC3,县医院,县" + ",x" * 5))

    assert lacking.wrong is not None
    assert (lacking.wrong.field, fitting.wrong) == ("level", None)
    assert long.wrong is not None
    assert long.wrong.problem == "table_cells"


def test_words_of_both_languages_are_known() -> None:
    assert roles_of("报告医师、审核医师/reader") == [Role.READER, Role.VERIFIER, Role.READER]
    assert word_of(LEVELS, "level", " County ") is Level.COUNTY
    for wrong in ("", "/", "医生"):
        with pytest.raises(Invalid):
            roles_of(wrong)
