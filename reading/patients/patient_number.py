"""The number that this service gives a patient: opaque, and the only one that devices, images and receipts carry."""

from __future__ import annotations

import secrets
import unicodedata
from typing import Final

ISSUER: Final = "TIERREAD"
"""The issuer of these numbers, as worklists give it to devices and images bring it back."""

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U."""

LENGTH: Final = 10
"""Nine random characters (45 bits) and a check character."""


def read(typed: str) -> str | None:
    """A typed patient number in its written form, None when its check character is wrong; full widths are read."""
    number = unicodedata.normalize("NFKC", typed).strip().upper().replace("O", "0").replace("I", "1").replace("L", "1")
    if len(number) != LENGTH or not set(number) <= set(ALPHABET):
        return None
    return number if number[-1] == check_character(number[:-1]) else None


def check_character(first: str) -> str:
    """Luhn's sum mod 32: finds every wrong character and every swapped pair but 0 beside Z."""
    total = 0
    for place, character in enumerate(reversed(first)):
        product = ALPHABET.index(character) * (1 if place % 2 else 2)
        total += product // 32 + product % 32
    return ALPHABET[-total % 32]


def draw() -> str:
    """A number at random; whoever takes it makes sure that it is free."""
    first = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH - 1))
    return first + check_character(first)
