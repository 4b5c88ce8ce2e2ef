"""What a password must not be."""

from __future__ import annotations

import pytest

from reading.errors import Invalid
from reading.register import password_rules, passwords


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("short", "too_short"),
        ("x" * 257, "too_long"),
        ("my-name-Ada", "holds_username"),
        ("\ud800" * 12, "characters"),
        (" " * 10, "few_characters"),
        ("aaaaaaaaaa", "few_characters"),
        ("abcdabcdabcd", "few_characters"),
        ("1212121212", "few_characters"),
        ("1234567890", "common"),
        ("0987654321", "common"),
        ("abcdefghijkl", "common"),
        ("Qwertyuiop", "common"),
        ("password123", "common"),
        ("Dragonfly2024!!", "common"),
        ("１２３４５６７８９０", "common"),
        ("TierRead-2026", "holds_known_word"),
        ("河口镇卫生院-2026", "holds_known_word"),
        ("OakHospital77", "holds_known_word"),
    ],
)
def test_a_password_that_anybody_would_try_is_refused(password: str, problem: str) -> None:
    with pytest.raises(Invalid) as refused:
        password_rules.check(password, username="ada", words=["河口镇卫生院", "oak", "Ada"])

    assert (refused.value.field, refused.value.problem) == ("password", problem)


@pytest.mark.parametrize(
    "password", ["oak-tree-in-winter", "河口的雨下了三天三夜呢", "long enough 1", "9f3k2m8x1q", "x7!x7!x7!kz"]
)
def test_no_mixture_of_characters_is_asked_for(password: str) -> None:
    password_rules.check(password, username="ada")


def test_first_passwords_follow_the_rules() -> None:
    for _ in range(200):
        password_rules.check(passwords.generate(), username="ada")
