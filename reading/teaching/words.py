"""The words of an entry: their lengths, that nobody is named in them, and the band of ages."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from typing import Final

from reading.errors import Invalid
from reading.search.grams import plain
from reading.teaching.identity_words import MASK, Kind, Known, found
from reading.texts import checked

LENGTHS: Final = {"title": 100, "diagnosis": 200, "findings": 8000, "impression": 4000, "point": 2000}
_PARTED: Final = "¦"
"""What stands between the fields in the text in which words are sought."""
_LINES: Final = frozenset({"findings", "impression", "point"})
BANDS: Final = (0, 1, 5, *range(10, 91, 10))
"""The first year of each band of ages; the last one has no end."""


@dataclass(frozen=True, kw_only=True)
class Words:
    """What an entry says."""

    title: str = field(repr=False)
    diagnosis: str = field(repr=False)
    """诊断词, parted by spaces or commas."""
    findings: str = field(repr=False)
    impression: str = field(repr=False)
    point: str = field(repr=False)
    """教学要点: what there is to learn."""

    def to_row(self) -> dict[str, str]:
        return asdict(self)

    def sought(self) -> str:
        """The text in which words are sought."""
        return _PARTED.join(plain(value).replace(_PARTED, "") for value in self.to_row().values())


class StillNamed(Invalid):
    """Somebody is named in the text: take that out. Says which kind of word stands in which field, never the word."""

    def __init__(self, found: Collection[tuple[str, Kind]]) -> None:
        self.found = tuple(found)
        first = self.found[0]
        super().__init__(first[0], f"still_{first[1]}")


def ready(typed: Words, known: Collection[Known]) -> Words:
    """The words without the spaces around them, if they may be kept.

    Raises:
        Invalid: one is missing or too long.
        StillNamed: a word by which somebody is known stands in them, or the mark where a proposal left one out.

    """
    said = Words(
        **{
            name: checked(name, value, longest=LENGTHS[name], required=True, lines=name in _LINES)
            for name, value in typed.to_row().items()
        }
    )
    named = {(name, hit.kind): None for name, text in said.to_row().items() for hit in found(text, known)}
    named |= {(name, Kind.MASKED): None for name, text in said.to_row().items() if MASK in text}
    if named:
        raise StillNamed(tuple(named))
    return said


def in_diagnosis(word: str) -> str:
    """The pattern (LIKE, with ``/`` before what is meant as it is) of a text whose diagnosis has a plain word."""
    fields = list(LENGTHS)
    before = fields.index("diagnosis")
    after = len(fields) - before - 1
    meant = re.sub("[/%_]", r"/\g<0>", word)
    return f"%{before * f'{_PARTED}%'}{meant}{after * f'%{_PARTED}'}%"


def band_of(years: int | None) -> int | None:
    """The first year of the band of an age in years; None where nobody knows it."""
    if years is None or years < 0:
        return None
    return max(first for first in BANDS if first <= years)
