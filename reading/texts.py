"""Checks of text that people and systems hand in: its length, and characters that no database stores."""

from __future__ import annotations

from reading.errors import Invalid


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
