"""Text that people and systems hand in: its checks, and how numbers and codes are taken as people type them."""

from __future__ import annotations

import unicodedata
from typing import Final

from reading.errors import Invalid

DASHES: Final = "‐‑‒–—―⁃−﹘﹣ー"
_HYPHEN: Final = dict.fromkeys(map(ord, DASHES), "-")
_NOT_SEEN: Final = "Cf"
"""The general category of signs that no reader sees: marks of direction, joiners, a byte order mark."""

NUMBERS: Final = frozenset(
    (
        *("telephone", "card", "code", "number", "patient_number", "passcode", "slip", "username", "region"),
        *("birth_date", "estimated_age", "age", "min_age_years", "max_age_years"),
        *("ae_title", "network", "host", "port", "days", "minutes", "disposal_minutes"),
        *("arriving_minutes", "double_minutes", "due_minutes", "hold_minutes", "indicator_minutes"),
        *("hours_from", "hours_to", "review_percent", "panel_opinions", "most"),
        *("price", "km", "fare", "wage", "first", "last", "since", "until", "begins", "ends"),
        *("runs", "seed", "count", "per_day", "numbers", "q", "value", "accession_number"),
        *("counted_minutes_at_most", "counted_examined_minutes_at_most"),
        *("of_minutes_at_most", "of_examined_minutes_at_most"),
    )
)
"""The names of fields whose kind is a number, a day, a code or a search, in forms, JSON, tables and commands alike."""


def checked(field: str, value: str, *, longest: int, required: bool = False, lines: bool = False) -> str:
    """The text without the spaces around it.

    Raises:
        Invalid: longer than ``longest`` characters, empty though ``required``, or with control characters
            (line ends and tabs pass with ``lines``) or halves of surrogate pairs, which have no UTF-8.

    """
    text = value.strip()
    if required and not text:
        raise Invalid(field, "empty")
    if len(text) > longest:
        raise Invalid(field, "length")
    return storable(field, text, lines=lines)


def storable(field: str, text: str, *, lines: bool = True) -> str:
    """The text unchanged, if every database and every encoding can hold it.

    Raises:
        Invalid: it has control characters other than line ends and tabs, or halves of surrogate pairs.

    """
    if any(not _fits(character, lines=lines) for character in text):
        raise Invalid(field, "characters")
    return text


def _fits(character: str, *, lines: bool) -> bool:
    if lines and character in "\n\r\t":
        return True
    return ord(character) >= 32 and ord(character) != 127 and not 0xD800 <= ord(character) < 0xE000


def plain(typed: str) -> str:
    """What was typed in the letters and digits of any keyboard: in half width, with one kind of dash and of space."""
    seen = "".join(each for each in typed if unicodedata.category(each) != _NOT_SEEN)
    return " ".join(unicodedata.normalize("NFKC", seen).translate(_HYPHEN).split())


def plain_code(typed: str) -> str:
    """As `plain`, of something that may be a text: it is one where it holds letters that no code has."""
    found = plain(typed)
    return found if found.isascii() and not typed.isascii() else typed


def bare(typed: str) -> str:
    """As `plain`, without what parts the groups of a code."""
    return "".join(each for each in plain(typed) if each not in " -")
