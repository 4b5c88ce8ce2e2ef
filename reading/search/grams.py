"""Text as it is sought: without spaces and case, cut into pairs of characters, since Chinese has no word borders."""

from __future__ import annotations

import re
import unicodedata
import zlib
from typing import Final

from reading.errors import Invalid
from reading.texts import storable

LONGEST: Final = 200
MOST_WORDS: Final = 12
_SPACES: Final = re.compile(r"\s+")


def plain(text: str) -> str:
    """The text for comparison: one form of each character (NFKC), no case, no spaces."""
    return _SPACES.sub("", unicodedata.normalize("NFKC", text).casefold())


def grams(text: str) -> list[int]:
    """Numbers of the characters and of the pairs of neighbours in a plain text, each once, in order.

    A number is a checksum of 32 bits (signed, as databases have integers): two pairs may share one, so what it finds is
    compared with the text.
    """
    pairs = {text[place : place + 2] for place in range(len(text) - 1)}
    return sorted({_number(each) for each in pairs | set(text)})


def sought_grams(word: str) -> list[int]:
    """The numbers that every text with this plain word has, as few as say the same."""
    return [_number(word)] if len(word) == 1 else sorted({_number(word[at : at + 2]) for at in range(len(word) - 1)})


def sought_words(query: str) -> tuple[str, ...]:
    """The plain words of what somebody typed; a text has to hold each.

    Raises:
        Invalid: it is too long, or holds control characters.

    """
    if len(query) > LONGEST:
        raise Invalid("q", "too_long")
    words = tuple(dict.fromkeys(plain(each) for each in storable("q", query, lines=False).split()))
    if len(words) > MOST_WORDS:
        raise Invalid("q", "too_long")
    return words


def _number(gram: str) -> int:
    return zlib.crc32(gram.encode("utf-8", "surrogatepass")) - (1 << 31)
