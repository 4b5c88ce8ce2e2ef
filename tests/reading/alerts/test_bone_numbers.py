"""Numbers of ribs and vertebrae, in both languages."""

from __future__ import annotations

import pytest

from reading.alerts import bone_numbers, contradiction


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("左侧第3肋骨骨折", {("rib", 3)}),
        ("第3、5肋", {("rib", 3), ("rib", 5)}),
        ("第3-5前肋", {("rib", 3), ("rib", 4), ("rib", 5)}),
        ("第十一肋", {("rib", 11)}),
        ("Left 9th rib", {("rib", 9)}),
        ("third left rib", {("rib", 3)}),
        ("3rd, 4th and 6th ribs", {("rib", 3), ("rib", 4), ("rib", 6)}),
        ("3rd to 5th ribs", {("rib", 3), ("rib", 4), ("rib", 5)}),
        ("ribs 3-5", {("rib", 3), ("rib", 4), ("rib", 5)}),
        ("L4/5", {("vertebra", 23), ("vertebra", 24)}),
        ("腰4、5椎体", {("vertebra", 23), ("vertebra", 24)}),
        ("第4腰椎", {("vertebra", 23)}),
        ("fourth lumbar vertebra", {("vertebra", 23)}),
        ("T11-L1", {("vertebra", 18), ("vertebra", 19), ("vertebra", 20)}),
        ("胸12椎体", {("vertebra", 19)}),
        ("1、肋骨骨折", set()),
        ("2 ribs", set()),
        ("2根肋骨", set()),
        ("T2高信号", set()),
        ("胸10mm", set()),
        ("气胸 30%", set()),
    ],
)
def test_each_number_says_which_bone_it_is(text: str, expected: set[tuple[str, float]]) -> None:
    plain = contradiction.plain(text)

    assert bone_numbers.measures(plain) == expected
    assert not bone_numbers.measures(bone_numbers.without(plain))
    assert {one for part in contradiction.parts(plain) for one in bone_numbers.measures(part)} == expected
