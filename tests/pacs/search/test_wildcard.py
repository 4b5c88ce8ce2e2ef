"""Wildcards match as PS3.4 C.2.2.2.4 says, and no pattern takes longer than its text is long."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pacs.search.matching_keys import UnfitKey, condition
from pacs.search.wildcard import LONGEST_PATTERN, PatternTooLong, matcher


def slowly(pattern: str, text: str) -> bool:
    """The rule as it is written, tried in every way."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(slowly(pattern[1:], text[begin:]) for begin in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and slowly(pattern[1:], text[1:])


@given(st.text("ab*?王[", max_size=9), st.text("ab王[", max_size=9))
def test_it_matches_what_the_rule_matches(pattern: str, text: str) -> None:
    assert matcher(pattern)(text) is slowly(pattern, text)


@given(st.text(max_size=40))
def test_every_text_matches_itself_the_star_and_as_many_question_marks(text: str) -> None:
    assert matcher("*")(text)
    assert matcher("?" * len(text))(text)
    assert not matcher("?" * (len(text) + 1) + "*")(text)
    assert "*" in text or "?" in text or matcher(text)(text)


def lines_run(pattern: str, text: str) -> int:
    """How many lines the match executes: a measure that no busy machine changes."""
    match, count = matcher(pattern), 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        match(text)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("pattern", ["*?" * 16 + "#", "*a" * 100 + "b", "a*" * 100 + "b", "*" * 300 + "#", "?*" * 60])
def test_twice_the_text_takes_twice_the_work_whatever_the_pattern(pattern: str) -> None:
    short, long = lines_run(pattern, "a" * 500), lines_run(pattern, "a" * 1000)

    assert short <= 3 * 500 + 10
    assert long <= 2 * short + 10


def test_a_pattern_longer_than_any_value_is_refused() -> None:
    matcher("?" * LONGEST_PATTERN)
    with pytest.raises(PatternTooLong):
        matcher("?" * (LONGEST_PATTERN + 1))


@pytest.mark.parametrize("pattern", ["*a" * 200, "a" * 400, "?" * 325])
def test_a_search_with_a_pattern_longer_than_any_value_is_refused(pattern: str) -> None:
    with pytest.raises(UnfitKey):
        condition(0x00081030, pattern)
