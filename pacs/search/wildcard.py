"""Wildcard matching in time linear in the text (PS3.4 C.2.2.2.4): ``*`` is any text, ``?`` any one character."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

from pacs.errors import InvalidInput

LONGEST_PATTERN: Final = 324
"""Characters of a person name with its three groups (PS3.5 6.2: 64 each), and as many wildcards again as it needs."""


class PatternTooLong(InvalidInput):
    """A pattern is longer than any value that it could match."""


@lru_cache(maxsize=256)
def matcher(pattern: str) -> Callable[[str], bool]:
    """What tells whether a whole text matches.

    The states of the pattern are the bits of one number, all of which advance with each character of the text:
    nothing is ever tried twice, however many wildcards there are. A search by `re` or by trying again takes time
    exponential in their number, and holds Python's lock meanwhile.

    Raises:
        PatternTooLong: it has more than `LONGEST_PATTERN` characters.

    """
    if len(pattern) > LONGEST_PATTERN:
        raise PatternTooLong
    letters: dict[str, int] = {}
    place, any_one, stays = 1, 0, 0
    for letter in pattern:
        if letter == "*":
            stays |= place
            continue
        if letter == "?":
            any_one |= place
        else:
            letters[letter] = letters.get(letter, 0) | place
        place <<= 1
    whole = place

    def matches(text: str) -> bool:
        states = 1
        for letter in text:
            states = (states & (letters.get(letter, 0) | any_one)) << 1 | (states & stays)
            if not states:
                return False
        return bool(states & whole)

    return matches
