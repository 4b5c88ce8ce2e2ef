"""Patient numbers: their check character, and how they are typed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reading.patients.crockford import ALPHABET, check_character
from reading.patients.patient_number import read


def test_the_check_character_of_a_number_follows_luhn() -> None:
    # Every second character from the right counts double, as the sum of its base 32 digits:
    # only a 1 at the right end: 2, so 32 - 2 = 30, which is Y in 0123456789ABCDEFGHJKMNPQRSTVWXYZ.
    assert check_character("000000001") == "Y"
    # A 1 beside it counts once: 32 - 1 = 31, Z. A Z (31) at the right end: 62 = 1*32 + 30, 1 + 30 = 31, so 1.
    assert check_character("000000010") == "Z"
    assert check_character("00000000Z") == "1"
    assert check_character("000000000") == "0"


@given(first=st.text(ALPHABET, min_size=9, max_size=9), place=st.integers(0, 9), by=st.integers(1, 31))
def test_every_wrong_character_of_a_number_is_found(first: str, place: int, by: int) -> None:
    number = first + check_character(first)
    other = ALPHABET[(ALPHABET.index(number[place]) + by) % 32]

    assert read(number.lower()) == number
    assert read(number[:place] + other + number[place + 1 :]) is None


def test_letters_that_look_like_digits_are_read_as_these() -> None:
    number = "100000000" + check_character("100000000")

    assert read(" i" + "o" * 8 + number[-1]) == number
    assert read("L" + number[1:]) == number
    assert read("".join(chr(ord(character) + 0xFEE0) for character in number)) == number
    assert read("U" + number[1:]) is None
