"""Text changes: both texts can be read from the parts, and what did not change is said once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.views.text_changes import Part, Way, text_changes


@given(st.text(max_size=60), st.text(max_size=60))
def test_both_texts_stand_in_the_parts(before: str, now: str) -> None:
    parts = text_changes(before, now)

    assert "".join(one.text for one in parts if one.way is not Way.IN) == before
    assert "".join(one.text for one in parts if one.way is not Way.OUT) == now


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ("右下肺炎", "左下肺炎", [(Way.OUT, "右"), (Way.IN, "左"), (Way.KEPT, "下肺炎")]),
        ("Right lobe", "Left lobe", [(Way.OUT, "Right"), (Way.IN, "Left"), (Way.KEPT, " lobe")]),
        ("12 mm", "13 mm", [(Way.OUT, "12"), (Way.IN, "13"), (Way.KEPT, " mm")]),
        ("", "", []),
        ("a" + "，" * 5000, "b", [(Way.OUT, "a" + "，" * 5000), (Way.IN, "b")]),
    ],
)
def test_words_numbers_and_characters_change_as_a_whole(before: str, now: str, expected: list[tuple[Way, str]]) -> None:
    assert text_changes(before, now) == [Part(way=way, text=text) for way, text in expected]
