"""Findings with their sides: whether an impression names one on a side where the findings do not have it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from reading.checks.clauses import Clause, clauses
from reading.checks.side_words import SideWord, in_text
from reading.checks.vocabulary import FINDINGS, SITES

_OTHER: Final = {"L": "R", "R": "L"}
_ALIKE: Final = {
    **dict.fromkeys(("inflammation", "consolidation", "opacity", "tuberculosis"), "airspace"),
    **dict.fromkeys(("nodule", "mass", "cancer", "metastasis"), "mass"),
    **dict.fromkeys(("haemorrhage", "haematoma"), "blood"),
}
"""What findings describe, and what an impression makes of it."""
_AND: Final = re.compile(r"(?:侧|肺)?\s*(?:[、/和及与&]|以及|\band\b)\s*", re.IGNORECASE)
"""Between two sides of one noun: 左、右侧气胸."""
_BEHIND: Final = re.compile(r"\s*(?:[（(]\s*|(?:on|in|at|of|within|involving)\s+(?:the\s+)?)", re.IGNORECASE)
"""Between a finding and its side: 气胸（左侧）, pneumothorax on the left."""
_DIRECTION: Final = re.compile(r"\b(?:to|towards?|into)\s+(?:the\s+)?$", re.IGNORECASE)
_OTHERWISE: Final = re.compile(
    r"对比|对照|比较|相比|健侧|对侧|正常|清晰|清楚|无殊|光整|完整|对称|通畅|锐利"
    r"|\b(?:compar\w+|contralateral|than|normal|unremarkable|clear|intact)\b",
    re.IGNORECASE,
)
"""A side to compare with, or one where all is well."""
_DENIES: Final = re.compile(r"未见|未发现|(?<!不)无|没有|\b(?:no|without|not)\b", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A finding as a text names it."""

    kind: str
    sites: frozenset[str]
    """Empty where none is named."""
    side: str
    """L, R, B, or empty where none is named beside it."""
    is_denied: bool
    is_past: bool
    """Of an operation, a history or an old state, or compared with."""
    start: int
    """Of its side, or of its word where it has none, in the whole text."""
    end: int


def contradicted(findings: str, impression: str) -> Pair | None:
    """The first finding of the impression on a side where the findings do not have it, while they have it on the other.

    A side of which the findings say something that the vocabulary does not know may have it: then nothing is said.
    """
    described = {_Thing.of(one) for clause in clauses(findings) for one in _pairs(clause) if not one.is_denied}
    open_sides = {side for clause in clauses(findings) for side in _of_unknown(clause)}
    settled: set[_Thing] = set()
    for one in (pair for clause in clauses(impression) for pair in _pairs(clause)):
        thing = _Thing.of(one)
        if thing in settled or one.side not in _OTHER or one.is_denied or one.is_past or open_sides & {one.side, "B"}:
            continue
        settled.add(thing)
        about = [other for other in described if _is_same(thing, other)]
        is_there = any(other.side in (one.side, "B") for other in about)
        if not is_there and any(other.side == _OTHER[one.side] and not other.is_past for other in about):
            return one
    return None


class _Thing(NamedTuple):
    """A pair without its place."""

    kind: str
    sites: frozenset[str]
    side: str
    is_past: bool

    @classmethod
    def of(cls, one: Pair) -> _Thing:
        return cls(one.kind, one.sites, one.side, one.is_past)


def _is_same(one: _Thing, other: _Thing) -> bool:
    """The same thing; at the same site where both name one."""
    return one.kind == other.kind and (not one.sites or not other.sites or bool(one.sites & other.sites))


def _pairs(clause: Clause) -> Iterator[Pair]:
    """The findings of a clause, each with the side right behind it, else the last one before it that is of no other."""
    text = clause.text
    sides = _sides(text)
    starts = [one.start for one in sides]
    found = sorted(
        ((match.start(), match, name) for name, pattern in FINDINGS.items() for match in pattern.finditer(text)),
        key=lambda one: one[0],
    )
    is_past = bool(found) and (clause.is_past() or bool(_OTHERWISE.search(text)))
    used: set[int] = set()
    before = 0
    for at, (start, match, name) in enumerate(found):
        next_start = found[at + 1][0] if at + 1 < len(found) else len(text)
        following, last = bisect_left(starts, match.end()), bisect_left(starts, start) - 1
        behind = following < len(sides) and bool(_BEHIND.fullmatch(text, match.end(), starts[following]))
        if behind:
            used.add(following)
        side = sides[following] if behind else sides[last] if last >= 0 and last not in used else None
        near = text[before : next_start if behind else match.end()]
        yield Pair(
            kind=_ALIKE.get(name, name),
            sites=frozenset(site for site, pattern in SITES.items() if pattern.search(near)),
            side=side.side if side else "",
            is_denied=clause.is_denied(match),
            is_past=is_past,
            start=clause.start + min(start, side.start if side else start),
            end=clause.start + max(match.end(), side.end if side else 0),
        )
        before = match.end()


def _sides(text: str) -> list[SideWord]:
    """Two sides of one noun are both; where something moved to is none."""
    found: list[SideWord] = []
    for one in in_text(text):
        if _DIRECTION.search(text[max(0, one.start - 16) : one.start]):
            continue
        last = found[-1] if found else None
        if last and {last.side, one.side} == {"L", "R"} and _AND.fullmatch(text, last.end, one.start):
            whole = text[last.start : one.end]
            found[-1] = SideWord(side="B", start=last.start, end=one.end, words=whole)
        else:
            found.append(one)
    return found


def _of_unknown(clause: Clause) -> Iterator[str]:
    """The sides of a clause without a finding that the vocabulary knows, unless all is well there."""
    known = any(pattern.search(clause.text) for pattern in FINDINGS.values())
    if not known and not _DENIES.search(clause.text) and not _OTHERWISE.search(clause.text):
        yield from (one.side for one in _sides(clause.text))
