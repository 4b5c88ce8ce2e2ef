"""Passwords."""

from __future__ import annotations

import re

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


def test_full_width_letters_are_the_same_password() -> None:
    kept = passwords.hash_password("ｏａｋ tree in winter")

    assert passwords.verify(kept, "oak tree in winter")
    before = passwords._hasher.hash("ｏａｋ tree in winter")
    assert passwords.verify(before, "ｏａｋ tree in winter")


def test_the_first_passwords_of_a_table_come_from_one_seed_and_are_hashed_lightly() -> None:
    made = passwords.derived("seed", "wangfang")
    first = passwords.first_of(made)

    assert made == passwords.derived("seed", "wangfang") != passwords.derived("seed", "wangfang2")
    assert made != passwords.derived("other", "wangfang")
    assert re.fullmatch(r"([2-9a-hjkmnp-z]{4}-){3}[2-9a-hjkmnp-z]{4}", made)
    assert first.is_first
    assert passwords.verify(first.hash, made)
    assert not passwords.verify(first.hash, passwords.derived("other", "wangfang"))
