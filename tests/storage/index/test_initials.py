"""Initials of names: one letter a syllable, as people type them."""

from __future__ import annotations

import pytest

from storage.index.initials import LONGEST, initials, is_initials
from storage.index.name_forms import folded


@pytest.mark.parametrize(
    ("alphabetic", "ideographic", "expected"),
    [
        ("WANG^XIAOLI", "王^小丽", "wxl"),
        ("Wang^Xiaoli", "", "wxl"),
        ("ZHANG^SAN", "张^三", "zs"),
        ("OUYANG^NA", "欧阳^娜", "oyn"),
        ("LYU^XIAN", "吕^先", "lx"),
        ("LYU^XIAN", "吕^西安", "lxa"),
        ("FANG^ANGANG", "方^安钢", "fag"),
        ("FANGAN", "", "fg"),
        ("MAI MAI TI", "", "mmt"),
        ("Smith^John", "", "sj"),
        ("O'NEIL^PIA", "", "onp"),
        ("Pia", "", "p"),
        ("WANG^XIAOLI", "王小丽", "wxl"),
        ("Patient 12", "", "p1"),
        ("王小丽", "", ""),
        ("", "", ""),
        ("^".join(["li"] * 40), "", "l" * LONGEST),
    ],
)
def test_a_name_has_one_letter_for_each_syllable(alphabetic: str, ideographic: str, expected: str) -> None:
    assert initials(folded(alphabetic), ideographic) == expected


@pytest.mark.parametrize(("typed", "is_one"), [("wxl", True), ("w", False), ("王", False), ("w1", False), ("", False)])
def test_what_may_be_initials(typed: str, is_one: bool) -> None:
    assert is_initials(typed) is is_one
