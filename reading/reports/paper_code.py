"""The verification code on a printed report: 16 characters of Crockford's alphabet, the last one checks the others."""

from __future__ import annotations

import unicodedata
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O and U, which are read as others or make words."""
RANDOM: Final = 15
"""Characters of five bits each, 75 bits together."""
LENGTH: Final = RANDOM + 1
_MISREAD: Final = str.maketrans({"O": "0", "I": "1", "L": "1", **dict.fromkeys(" -\t\r\n\u2010\u2013\u2014")})


def code_of(digest: bytes) -> str:
    """The code that the first 75 bits of a digest make."""
    number = int.from_bytes(digest[:10]) >> 5
    made = "".join(ALPHABET[(number >> 5 * place) & 31] for place in reversed(range(RANDOM)))
    return made + _check(made)


def read_code(typed: str) -> str:
    """The code as it is kept; empty where what was typed cannot be one: too short, or mistyped in one place."""
    plain = unicodedata.normalize("NFKC", typed).upper().translate(_MISREAD)
    fits = len(plain) == LENGTH and all(letter in ALPHABET for letter in plain)
    return plain if fits and plain[-1] == _check(plain[:-1]) else ""


def grouped(code: str) -> str:
    """Four by four, as it stands on paper."""
    return " ".join(code[start : start + 4] for start in range(0, len(code), 4))


def _check(letters: str) -> str:
    """Luhn's check modulo 32: every wrong letter is found, and every two neighbours that changed places but 0 and Z."""
    total = 0
    for place, letter in enumerate(reversed(letters)):
        value = ALPHABET.index(letter) * (1 if place % 2 else 2)
        total += value // 32 + value % 32
    return ALPHABET[-total % 32]
