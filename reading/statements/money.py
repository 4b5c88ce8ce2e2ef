"""Money: amounts in fen, from what is typed to what a line comes to; pure."""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum
from typing import Final

from reading.errors import Invalid

DEAREST: Final = 100_000_00
"""Fen of a price at most."""
_TYPED: Final = re.compile(r"\d{1,7}(\.\d{1,2})?")
_FULL_WIDTH: Final = str.maketrans("０１２３４５６７８９．", "0123456789.")


class Per(StrEnum):
    """What a price is for."""

    CASE = "case"
    WEIGHT = "weight"
    """One unit of relative work: a case of weight 0.18 costs 0.18 of it."""


def of_line(fen: int, per: Per, *, count: int, weight: int) -> int:
    """Fen of a line: so many cases, or so much weight (in hundredths) of all of them together, rounded once."""
    return fen * count if per is Per.CASE else half_up(fen * weight, 100)


def half_up(amount: int, parts: int) -> int:
    """A quotient rounded to whole fen, a half away from zero, so that what is taken back is what was given."""
    whole, rest = divmod(abs(amount), parts)
    rounded = whole + (1 if 2 * rest >= parts else 0)
    return rounded if amount >= 0 else -rounded


def yuan(fen: int) -> Decimal:
    """The amount in yuan, with two places."""
    return Decimal(fen).scaleb(-2).quantize(Decimal("0.01"))


def fen_of(field: str, typed: str, *, most: int = DEAREST) -> int:
    """What somebody typed as yuan, such as ``12``, ``12.5`` or ``￥12.50``.

    Raises:
        Invalid: it is no amount of at most two places, or more than ``most`` fen.

    """
    plain = typed.strip().translate(_FULL_WIDTH).removeprefix("¥").removeprefix("￥").removesuffix("元").strip()
    if not _TYPED.fullmatch(plain):
        raise Invalid(field, "amount")
    found = int(Decimal(plain).scaleb(2))
    if found > most:
        raise Invalid(field, "amount")
    return found
