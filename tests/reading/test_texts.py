"""Text that is handed in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reading.errors import Invalid
from reading.texts import checked


@pytest.mark.parametrize(
    ("value", "problem"),
    [(" ", "empty"), ("x" * 11, "length"), ("a\0", "characters"), ("a\nb", "characters"), ("\ud800", "characters")],
)
def test_what_does_not_fit_is_told(value: str, problem: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked("name", value, longest=10, required=True)

    assert (refused.value.field, refused.value.problem) == ("name", problem)


def test_spaces_around_do_not_count_and_lines_may_be_allowed() -> None:
    assert checked("name", f" {'潘' * 10} ", longest=10) == "潘" * 10
    assert checked("name", "  ", longest=10) == ""
    assert checked("reason", "a\r\n\tb", longest=10, lines=True) == "a\r\n\tb"


@given(st.text())
def test_what_passes_has_utf_8_and_no_nul(value: str) -> None:
    try:
        text = checked("name", value, longest=50)
    except Invalid:
        return

    assert "\0" not in text
    assert len(text.encode()) <= 200
