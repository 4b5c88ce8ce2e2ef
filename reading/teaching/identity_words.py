"""Words by which a person, staff or an organisation are known, found in a text whatever parts their letters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from reading.patients.glyphs import standard_glyphs

MASK: Final = "〔…〕"
"""What stands in a proposal where such a word stood."""


class Kind(StrEnum):
    """What a word says; ``still_`` and this is the problem that a page words."""

    NAME = "name"
    NUMBER = "number"
    """Of a card, a patient, a study."""
    ACCESSION = "accession"
    BIRTH_DATE = "birth_date"
    TELEPHONE = "telephone"
    DATE = "date"
    """Any full date: with the site it leads to the examination."""
    STAFF = "staff"
    ORGANISATION = "organisation"
    MASKED = "masked"
    """`MASK`, which a proposal put there and nobody wrote anew."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """A word that somebody or something is known by here."""

    kind: Kind
    word: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Hit:
    """Where such a word stands in a text: characters from ``start`` (included) to ``end`` (excluded), from 0."""

    kind: Kind
    start: int
    end: int


_LATIN: Final = re.compile("[a-z]")
_APART: Final = re.compile(r"[\W_]+")
"""What is no sign of a word: spaces, hyphens, dots, commas, the separators of devices (PS3.5 6.2.1) and all others."""
_BETWEEN_NUMBERS: Final = r"\s\-./,'’^=_·•・"
"""What may stand between any two signs of a long number; between those of a Latin name, too."""
_BETWEEN_CHINESE: Final = r"\s·•・^=_"
"""Of Chinese no comma, hyphen or stop: they part sentences, whose ends would be taken for names."""
_BETWEEN_PARTS: Final = r"\s\-_"
"""What may stand where a short number is parted, besides what it is parted by."""
_SHORTEST_NUMBER: Final = 4
"""Signs: a shorter number is also a size, a vertebra or a slice."""
_SHORTEST_PARTED: Final = 6
"""Signs from which on a number is found with spaces, hyphens and dots between any two, too."""
_DATE: Final = re.compile(
    r"(?<!\d)(?:19|20)\d\d\s*[-./年]\s*(?:0?[1-9]|1[0-2])\s*[-./月]\s*(?:0?[1-9]|[12]\d|3[01])(?:\s*日)?(?!\d)"
    r"|(?<!\d)(?:0?[1-9]|[12]\d|3[01])[-./](?:0?[1-9]|1[0-2])[-./](?:19|20)\d\d(?!\d)"
    r"|(?<!\d)(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d)"
)
_CARD: Final = re.compile(
    r"(?<!\d)[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dx](?![\da-z])"
)
"""A number of an identity card (GB 11643), whoever's it is."""
_MOBILE: Final = re.compile(r"(?<!\d)(?:\+?86[\s-]?)?1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}(?!\d)")


def folded(text: str) -> str:
    """One form of each character, no case, standard glyphs; as long as the text, so that places stay."""
    return standard_glyphs("".join(map(_one_form, text)))


def found(text: str, known: Iterable[Known]) -> list[Hit]:
    """Every place where one of these words stands, or what is a full date, a card or a mobile number by its form."""
    plain = folded(text)
    hits = {Hit(kind=kind, start=one.start(), end=one.end()) for kind, one in _by_form(plain)}
    together = _APART.sub("", plain)
    for each in known:
        word = folded(each.word)
        # Of thousands of names nearly all stand nowhere: no pattern is made for those.
        pattern = _pattern(word) if _APART.sub("", word) in together else None
        if pattern is not None:
            hits |= {Hit(kind=each.kind, start=one.start(), end=one.end()) for one in pattern.finditer(plain)}
    return sorted(hits, key=lambda one: (one.start, one.end, one.kind))


def masked(text: str, known: Collection[Known]) -> str:
    """The text with `MASK` in place of each such word: a proposal, which somebody reads."""
    pieces: list[str] = []
    at = 0
    for hit in found(text, known):
        if hit.end <= at:
            continue
        if hit.start >= at:
            pieces += [text[at : hit.start], MASK]
        at = hit.end
    return "".join([*pieces, text[at:]])


def spellings_of_a_day(day: date) -> list[str]:
    """How people write a birth date that no form of a full date finds: with two digits of the year, without the day."""
    year, month = f"{day.year:04d}", day.month
    return [
        f"{year[2:]}年{month}月{day.day}日",
        f"{year}年{month}月",
        f"{year}-{month:02d}",
        f"{year[2:]}{month:02d}{day.day:02d}",
    ]


def _by_form(plain: str) -> Iterator[tuple[Kind, re.Match[str]]]:
    for kind, pattern in ((Kind.DATE, _DATE), (Kind.NUMBER, _CARD), (Kind.TELEPHONE, _MOBILE)):
        for one in pattern.finditer(plain):
            yield kind, one


def _pattern(word: str) -> re.Pattern[str] | None:
    """The pattern of a folded word, as written, squeezed and parted; None where it is too short to mean anybody."""
    parts = [part for part in _APART.split(word) if part]
    signs = "".join(parts)
    numbered = any(character.isdecimal() for character in signs)
    if len(signs) < (_SHORTEST_NUMBER if numbered else 2):
        return None
    # Whatever parts the word as it is known is allowed wherever it may be parted at all.
    own = re.escape("".join(sorted(set(_APART.findall(word)))))
    if numbered and len(signs) < _SHORTEST_PARTED:
        body = f"[{_BETWEEN_PARTS}{own}]*".join(map(re.escape, parts))
        return re.compile(rf"(?<![a-z\d]){body}(?![a-z\d])")
    is_latin = numbered or _LATIN.search(signs)
    between = f"[{_BETWEEN_NUMBERS if is_latin else _BETWEEN_CHINESE}{own}]*"
    body = between.join(map(re.escape, signs))
    return re.compile(_border(signs[0], "<!") + body + _border(signs[-1], "!"))


def _border(character: str, way: str) -> str:
    """No letter goes on beside a letter, no digit beside a digit; Chinese has no borders."""
    if character.isdecimal():
        return rf"(?{way}\d)"
    return f"(?{way}[a-z])" if _LATIN.match(character) else ""


def _one_form(character: str) -> str:
    form = unicodedata.normalize("NFKC", character).casefold()
    return form if len(form) == 1 else character
