"""Codes that people read and type: Crockford's base 32, the last character checks the others."""

from __future__ import annotations

from typing import Final

from reading.texts import bare

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without I, L, O and U, which are read as others or make words."""
_MISREAD: Final = str.maketrans({"O": "0", "I": "1", "L": "1"})


def read(typed: str, length: int) -> str | None:
    """A code of this length as it is kept; None where what was typed cannot be one, such as one wrong character.

    Full widths, small letters, what is misread, and spaces or dashes between groups are read.
    """
    found = bare(typed).upper().translate(_MISREAD)
    if len(found) != length or not set(found) <= set(ALPHABET):
        return None
    return found if found[-1] == check_character(found[:-1]) else None


def check_character(first: str) -> str:
    """Luhn's sum mod 32: finds every wrong character and every swapped pair but 0 beside Z."""
    total = 0
    for place, character in enumerate(reversed(first)):
        product = ALPHABET.index(character) * (1 if place % 2 else 2)
        total += product // 32 + product % 32
    return ALPHABET[-total % 32]
