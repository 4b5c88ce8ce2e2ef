"""Passwords."""

from __future__ import annotations

import pytest

from reading.errors import Invalid
from reading.register import passwords


def test_a_password_is_kept_as_argon2id_and_verified() -> None:
    kept = passwords.hash_password("correct horse battery")

    assert kept.startswith("$argon2id$")
    assert passwords.verify(kept, "correct horse battery")
    assert not passwords.verify(kept, "correct horse batterz")
    assert not passwords.verify(kept, "x" * 100_000)
    assert not passwords.verify(kept, "\ud800")
    assert not passwords.verify("!", "correct horse battery")


def test_nobodys_hash_costs_the_same_and_is_nobodys() -> None:
    assert passwords.nobodys_hash() == passwords.nobodys_hash()
    assert passwords.nobodys_hash().rsplit("$", 2)[0] == passwords.hash_password("x").rsplit("$", 2)[0]
    assert not passwords.verify(passwords.nobodys_hash(), "")


def test_first_passwords_can_be_read_out_and_never_repeat() -> None:
    made = {passwords.generate() for _ in range(1000)}

    assert len(made) == 1000
    assert {len(password) for password in made} == {19}
    assert set("".join(made)) <= set(passwords.ALPHABET + "-")
    for password in made:
        passwords.check(password, username="ada")


@pytest.mark.parametrize(
    ("password", "problem"),
    [("short", "too_short"), ("x" * 257, "too_long"), ("my-name-Ada", "holds_username"), ("\ud800" * 12, "characters")],
)
def test_a_password_must_be_good_enough(password: str, problem: str) -> None:
    with pytest.raises(Invalid) as refused:
        passwords.check(password, username="ada")

    assert (refused.value.field, refused.value.problem) == ("password", problem)
