"""The number that this service gives a patient: opaque, and the only one that devices, images and receipts carry."""

from __future__ import annotations

import secrets
from typing import Final

from reading.patients import crockford

ISSUER: Final = "TIERREAD"
"""The issuer of these numbers, as worklists give it to devices and images bring it back."""

LENGTH: Final = 10
"""Nine random characters (45 bits) and a check character."""


def read(typed: str) -> str | None:
    """A typed patient number in its written form, None when its check character is wrong; full widths are read."""
    return crockford.read(typed, LENGTH)


def draw() -> str:
    """A number at random; whoever takes it makes sure that it is free."""
    first = "".join(secrets.choice(crockford.ALPHABET) for _ in range(LENGTH - 1))
    return first + crockford.check_character(first)
