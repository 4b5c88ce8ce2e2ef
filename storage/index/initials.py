"""The initials of a name in pinyin: what readers type for somebody, ``wxl`` for WANG^XIAOLI."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

LONGEST: Final = 16
"""Initials of a name that are kept; few names have more syllables."""
_BETWEEN: Final = re.compile(r"[\^\s·']+")
_LETTERS: Final = re.compile(r"[a-z]+")
_FINALS: Final = {
    "b": "a o ai ei ao an en ang eng i ie iao ian in ing u",
    "p": "a o ai ei ao ou an en ang eng i ie iao ian in ing u",
    "m": "a o e ai ei ao ou an en ang eng i ie iao iu ian in ing u",
    "f": "a o ei ou an en ang eng u",
    "d": "a e ai ei ao ou an en ang eng ong i ia ie iao iu ian in ing u uo ui uan un",
    "t": "a e ai ao ou an ang eng ong i ie iao ian ing u uo ui uan un",
    "n": "a e ai ei ao ou an en ang eng ong i ie iao iu ian in iang ing u uo uan v ve yu yue ue",
    "l": "a e ai ei ao ou an ang eng ong i ia ie iao iu ian in iang ing u uo uan un v ve yu yue ue",
    **dict.fromkeys("gkh", "a e ai ei ao ou an en ang eng ong u ua uo uai ui uan un uang"),
    **dict.fromkeys("jqx", "i ia ie iao iu ian in iang ing iong u ue uan un"),
    **dict.fromkeys(("zh", "ch", "sh"), "a e i ai ei ao ou an en ang eng ong u ua uo uai ui uan un uang"),
    "r": "e i ao ou an en ang eng ong u ua uo ui uan un",
    **dict.fromkeys("zcs", "a e i ai ei ao ou an en ang eng ong u uo ui uan un"),
    "y": "a e i ao o ou an in ang ing ong u ue uan un",
    "w": "a o ai ei an en ang eng u",
    "": "a o e ai ei ao ou an en ang eng er",
}
"""The finals that stand behind each initial (GB/T 16159, with u and ü as devices and passports write them)."""
_SYLLABLES: Final = frozenset(initial + final for initial, finals in _FINALS.items() for final in finals.split())
_LONGEST_SYLLABLE: Final = max(map(len, _SYLLABLES))


def initials(alphabetic: str, ideographic: str = "") -> str:
    """The initials of a folded name: one letter a syllable of pinyin, and of a part that is none its first letter.

    Where the characters are known, a part has as many syllables as characters: XIAN of 西安 is two, of 先 one.
    """
    parts = [part for part in _BETWEEN.split(alphabetic) if part]
    characters = [part for part in _BETWEEN.split(ideographic) if part]
    counts = [len(part) for part in characters] if len(characters) == len(parts) else [0] * len(parts)
    said = "".join(_of_part(part, count) for part, count in zip(parts, counts, strict=True))
    return said[:LONGEST]


def is_initials(typed: str) -> bool:
    """Whether what somebody typed may be the initials of a name; one letter is the beginning of a name alone."""
    return 2 <= len(typed) <= LONGEST and _LETTERS.fullmatch(typed) is not None


def _of_part(part: str, count: int) -> str:
    if not _LETTERS.fullmatch(part):
        return part[0] if part[0].isascii() and part[0].isalnum() else ""
    counted = (_parted(part, count) or _parted(part, count, with_vowels=True)) if count else None
    found = counted or _parted(part, 0)
    return "".join(syllable[0] for syllable in found) if found else part[0]


@lru_cache(maxsize=4096)
def _parted(text: str, count: int, *, with_vowels: bool = False) -> tuple[str, ...] | None:
    """A text as so many syllables (0: however many), the longest ones first.

    Without an apostrophe a syllable inside a word begins with no vowel (GB/T 16159): ANGANG is an-gang. ``with_vowels``
    lets it, as devices write names.
    """
    for length in range(min(_LONGEST_SYLLABLE, len(text)), 0, -1):
        first, rest = text[:length], text[length:]
        if first not in _SYLLABLES or (not rest and count > 1) or (rest and count == 1):
            continue
        if not rest:
            return (first,)
        if rest[0] in "aeo" and not with_vowels:
            continue
        others = _parted(rest, max(count - 1, 0), with_vowels=with_vowels)
        if others is not None:
            return (first, *others)
    return None
