"""The verification code on a printed report: 16 characters of Crockford's alphabet, the last one checks the others."""

from __future__ import annotations

from typing import Final

from reading.patients import crockford

RANDOM: Final = 15
"""Characters of five bits each, 75 bits together."""
LENGTH: Final = RANDOM + 1
_BETWEEN: Final = dict.fromkeys(map(ord, " -\t\r\n\u2010\u2013\u2014\u3000\uff0d"))
"""What stands between its groups, or is typed there."""


def code_of(digest: bytes) -> str:
    """The code that the first 75 bits of a digest make."""
    number = int.from_bytes(digest[:10]) >> 5
    made = "".join(crockford.ALPHABET[(number >> 5 * place) & 31] for place in reversed(range(RANDOM)))
    return made + crockford.check_character(made)


def read_code(typed: str) -> str:
    """The code as it is kept; empty where what was typed cannot be one: too short, or mistyped in one place."""
    return crockford.read(typed.translate(_BETWEEN), LENGTH) or ""


def grouped(code: str) -> str:
    """Four by four, as it stands on paper."""
    return " ".join(code[start : start + 4] for start in range(0, len(code), 4))
