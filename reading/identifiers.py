"""Formats of identifiers: checks of each kind, and the facts that an identity card number encodes."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from reading.kinds import Sex


class Problem(StrEnum):
    """Why a value is not a valid identifier."""

    EMPTY = "empty"
    LENGTH = "length"
    CHARACTERS = "characters"
    CHECK_CHARACTER = "check_character"
    DATE = "date"
    FUTURE_DATE = "future_date"
    UNKNOWN_PARENT = "unknown_parent"


class Oddity(StrEnum):
    """A peculiarity of an accepted identifier that is shown beside it."""

    LEGACY = "legacy"
    SEX_DIFFERS = "sex_differs"
    BIRTH_DATE_DIFFERS = "birth_date_differs"


# -- identity card (GB 11643-1999): region 6, birth date 8, sequence 3, check character

IDENTITY_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
IDENTITY_CHECK: Final = "10X98765432"
"""By the weighted sum mod 11."""


@dataclass(frozen=True, kw_only=True)
class IdentityCard:
    """The facts in the digits of an identity card number."""

    region_code: str
    birth_date: date
    sex: Sex
    legacy: bool
    """15 digits: a year of two digits, no check character."""

    def oddities(self, *, sex: Sex, birth_date: date | None) -> list[Oddity]:
        """How the card differs from the recorded data of its holder."""
        found: list[Oddity] = []
        if self.legacy:
            found.append(Oddity.LEGACY)
        if sex not in {Sex.UNKNOWN, self.sex}:
            found.append(Oddity.SEX_DIFFERS)
        if birth_date is not None and birth_date != self.birth_date:
            found.append(Oddity.BIRTH_DATE_DIFFERS)
        return found


def identity_card(value: str, *, today: date) -> IdentityCard | Problem:
    """Read an identity card number of 18 characters or, legacy, 15 digits."""
    if not value:
        return Problem.EMPTY
    if len(value) not in {15, 18}:
        return Problem.LENGTH
    legacy = len(value) == 15
    digits = value if legacy else value[:17]
    if not _only_digits(digits) or not (legacy or value[17] in "0123456789X"):
        return Problem.CHARACTERS
    if not legacy and value[17] != identity_check_character(digits):
        return Problem.CHECK_CHARACTER
    born = _date("19" + value[6:12] if legacy else value[6:14])
    if born is None:
        return Problem.DATE
    if born > today:
        return Problem.FUTURE_DATE
    # The last digit of the sequence, the 17th of 18: odd is male.
    sex = Sex.MALE if int(digits[-1]) % 2 else Sex.FEMALE
    return IdentityCard(region_code=value[:6], birth_date=born, sex=sex, legacy=legacy)


def identity_check_character(digits: str) -> str:
    """The 18th character for the first 17."""
    return IDENTITY_CHECK[sum(int(d) * w for d, w in zip(digits, IDENTITY_WEIGHTS, strict=True)) % 11]


# -- region code (GB/T 2260 down to the county, GB/T 10114 below): 2+2+2+3+3 digits

REGION_LENGTHS: Final = (2, 4, 6, 9, 12)
PROVINCES: Final = frozenset(
    (
        *("11", "12", "13", "14", "15"),
        *("21", "22", "23"),
        *("31", "32", "33", "34", "35", "36", "37"),
        *("41", "42", "43", "44", "45", "46"),
        *("50", "51", "52", "53", "54"),
        *("61", "62", "63", "64", "65"),
        *("71", "81", "82"),
    )
)


@dataclass(frozen=True, kw_only=True)
class Region:
    """A region code without its filling zeros, and the code of the region above."""

    code: str
    parent: str | None


def region_code(value: str, *, known: Container[str] | None = None) -> Region | Problem:
    """Read a region code; ``known``, where given, must hold its parent (without filling zeros)."""
    if not value:
        return Problem.EMPTY
    if len(value) not in REGION_LENGTHS:
        return Problem.LENGTH
    if not _only_digits(value):
        return Problem.CHARACTERS
    if value[:2] not in PROVINCES:
        return Problem.UNKNOWN_PARENT
    parts = [value[start:end] for start, end in zip((0, *REGION_LENGTHS), REGION_LENGTHS, strict=False)]
    named = [part for part in parts if part.strip("0")]
    if parts[: len(named)] != named:
        return Problem.UNKNOWN_PARENT  # digits below a level that is left at zero
    parent = "".join(named[:-1]) or None
    if known is not None and parent is not None and parent not in known:
        return Problem.UNKNOWN_PARENT
    return Region(code="".join(named), parent=parent)


def organisation_code(value: str) -> Problem | None:
    """An organisation's code, which stands in web addresses and on the command line."""
    if not value:
        return Problem.EMPTY
    if len(value) > 40:
        return Problem.LENGTH
    return None if re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z._-]*", value) else Problem.CHARACTERS


# -- institution number: the unified social credit code (GB 32100), or the registration of a medical institution

CREDIT_CHARACTERS: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The check character is one of these, too; I, O, S, V and Z are none."""
CREDIT_LENGTH: Final = 18
REGISTRATION_LENGTHS: Final = range(22, 24)


def institution_number(value: str) -> Problem | None:
    """A unified social credit code of 18 characters, or a medical institution's registration of 22 or 23."""
    if not value:
        return Problem.EMPTY
    if len(value) in REGISTRATION_LENGTHS:
        return None if re.fullmatch(r"[0-9A-Z-]+", value) else Problem.CHARACTERS
    if len(value) != CREDIT_LENGTH:
        return Problem.LENGTH
    if not set(value) <= set(CREDIT_CHARACTERS):
        return Problem.CHARACTERS
    return None if value[-1] == credit_check_character(value[:-1]) else Problem.CHECK_CHARACTER


def credit_check_character(first: str) -> str:
    """The 18th character for the first 17: weights 3^(i-1) mod 31 (GB 32100-2015)."""
    total = sum(CREDIT_CHARACTERS.index(one) * pow(3, place, 31) for place, one in enumerate(first))
    return CREDIT_CHARACTERS[-total % 31]


def accession_number(value: str) -> Problem | None:
    """At most 16 characters (PS3.5 6.2, SH): no backslash, no control characters, not only spaces."""
    return _short_text(value)


def ae_title(value: str) -> Problem | None:
    """1 to 16 characters of ASCII (PS3.5 6.2, AE): no backslash, no control characters, not only spaces."""
    problem = _short_text(value)
    if problem is None and not value.isascii():
        return Problem.CHARACTERS
    return problem


def mask(value: str) -> str:
    """A masked identifier, for people who may see it but need not read all of it. It is still an identifier."""
    if len(value) >= 15:
        return value[:3] + "*" * (len(value) - 7) + value[-4:]
    return "*" * max(len(value) - 2, 1) + value[-2:] if len(value) > 4 else "*" * len(value)


def _short_text(value: str) -> Problem | None:
    if not value.strip(" "):
        return Problem.EMPTY
    if len(value) > 16:
        return Problem.LENGTH
    if any(c == "\\" or ord(c) < 32 or 127 <= ord(c) < 160 for c in value):
        return Problem.CHARACTERS
    return None


def _only_digits(value: str) -> bool:
    return value.isascii() and value.isdigit()


def _date(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
