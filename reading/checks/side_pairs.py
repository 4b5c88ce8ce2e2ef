"""Findings with their sides: whether an impression names one on a side where the findings do not have it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
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
_COMPARES: Final = re.compile(r"对比|对照|比较|相比|健侧|对侧|\b(?:compar\w+|contralateral|than)\b", re.IGNORECASE)
"""A side to compare with."""
_MEASURED: Final = re.compile(r"[较比]|[大小多少高低]于|\b(?:than|similar|like)\b", re.IGNORECASE)
"""Before a side that a finding is measured by: it has it, too."""
_JOINS: Final = re.compile(r"[、，,和及与伴]|\b(?:and|with)\b", re.IGNORECASE)
_WELL: Final = re.compile(
    r"正常|清晰|清楚|无殊|光整|完整|对称|通畅|锐利|复张|\b(?:normal|unremarkable|clear|intact|re-?expanded)\b",
    re.IGNORECASE,
)
_DENIES: Final = re.compile(r"未见|未发现|(?<!不)无|没有|\b(?:no|none|without|not)\b", re.IGNORECASE)
_STILL: Final = re.compile(
    r"较前|仍|残[留余]|同前|相仿|复查|新发|新近|(?<!亚)急性"
    r"|\b(?:acute|new|residual|persist\w*|remain\w*|unchanged|stable|follow-up)\b",
    re.IGNORECASE,
)
"""Beside words of the past: what was there is there, too."""
_TEXTURE: Final = re.compile(
    r"纹理|透亮度|透光度|血管束|胸廓|致密型|腺体型"
    r"|\b(?:hyperinflat\w+|hyperlucen\w+|markings|vasculature|dense breasts?)\b",
    re.IGNORECASE,
)
"""How both sides look as a whole says nothing of a finding on one of them."""
_WEAR: Final = re.compile(r"退行|退变|\bdegenerat\w+", re.IGNORECASE)
_OF_WEAR: Final = frozenset({"osteophytes", "stenosis", "effusion", "hernia", "cyst", "calcification", "thickening"})
"""What degeneration may be."""
_AT: Final = {
    **dict.fromkeys(("pneumothorax", "haemothorax"), frozenset({"lung", "pleura"})),
    **dict.fromkeys(("airspace", "atelectasis", "bulla", "bronchiectasis"), frozenset({"lung"})),
    "infarct": frozenset({"brain"}),
    "hydronephrosis": frozenset({"kidney"}),
}
"""Where a finding is whose site nobody names."""


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
    """Of an operation, a history or an old state alone."""
    is_compared: bool
    """In a clause that compares, or says that all is well."""
    start: int
    """Of its side, or of its word where it has none, in the whole text."""
    end: int


def contradicted(findings: str, impression: str) -> Pair | None:
    """The first finding of the impression on a side where the findings do not have it, while they have it on the other.

    A side of which the findings say something that the vocabulary does not know, or with which they compare, may have
    it: then nothing is said. What was there and is no longer is not what is there.
    """
    found = list(clauses(findings))
    described = {
        _Thing.of(one)
        for clause, behind in zip_longest(found, found[1:])
        for one in _pairs(clause, behind)
        if not one.is_denied
    }
    open_sides = [one for clause in found for one in _open(clause)]
    settled: set[_Thing] = set()
    for one in (pair for clause in clauses(impression) for pair in _pairs(clause)):
        thing = _Thing.of(one)
        if thing in settled or one.side not in _OTHER or one.is_denied or one.is_past or one.is_compared:
            continue
        settled.add(thing)
        about = [other for other in described if _is_same(thing, other) and not other.is_past]
        is_there = any(other.side in (one.side, "B") for other in about)
        if is_there or any(_may_have(side, thing) for side in open_sides):
            continue
        if any(other.side == _OTHER[one.side] and not other.is_compared for other in about):
            return one
    return None


class _Thing(NamedTuple):
    """A pair without its place."""

    kind: str
    sites: frozenset[str]
    side: str
    is_past: bool
    is_compared: bool

    @classmethod
    def of(cls, one: Pair) -> _Thing:
        return cls(one.kind, one.sites, one.side, one.is_past, one.is_compared)


class _Open(NamedTuple):
    """A side of which a clause says what cannot be judged."""

    side: str
    sites: frozenset[str]
    is_texture: bool
    is_wear: bool


def _is_same(one: _Thing, other: _Thing) -> bool:
    """The same thing; at the same site where both name one."""
    return one.kind == other.kind and (not one.sites or not other.sites or bool(one.sites & other.sites))


def _may_have(one: _Open, thing: _Thing) -> bool:
    """Whether an open side may have a finding; both sides at once only at its site, and not by their texture."""
    if one.side != "B":
        return one.side == thing.side
    sites = thing.sites or _AT.get(thing.kind, frozenset())
    is_here = not one.sites or not sites or bool(one.sites & sites)
    return is_here and not one.is_texture and not (one.is_wear and thing.kind not in _OF_WEAR)


class _Found(NamedTuple):
    """A word of a finding, and the sides of its clause that are its own, each with the sites beside it."""

    kind: str
    match: re.Match[str]
    sides: list[tuple[SideWord | None, frozenset[str]]]


def _pairs(clause: Clause, behind: Clause | None = None) -> Iterator[Pair]:
    """The findings of a clause, each on each of its sides; the clause behind it may say that they are there still."""
    text = clause.text
    still = text + behind.text if behind and not _sides(behind.text) else text
    is_past = clause.is_past() and not _STILL.search(still)
    is_compared = bool(_COMPARES.search(text) or _WELL.search(text))
    for one in _found(text):
        start, end = one.match.span()
        for side, sites in one.sides:
            yield Pair(
                kind=_ALIKE.get(one.kind, one.kind),
                sites=sites,
                side=side.side if side else "",
                is_denied=clause.is_denied(one.match),
                is_past=is_past,
                is_compared=is_compared,
                start=clause.start + min(start, side.start if side else start),
                end=clause.start + max(end, side.end if side else 0),
            )


def _found(text: str) -> list[_Found]:
    """The findings of a text, each with the sides right behind it, else those before it that are of no other.

    Several sides before one finding, or behind it, with nothing found between them share it: 左侧锁骨、右侧肩胛骨骨折,
    "nodules in the right upper lobe and left lower lobe".
    """
    words = sorted(
        ((match.start(), match, name) for name, pattern in FINDINGS.items() for match in pattern.finditer(text)),
        key=lambda one: one[0],
    )
    sides = _sides(text)
    starts = [one.start for one in sides]
    found: list[_Found] = []
    before, free = 0, 0
    shared: list[SideWord] = []
    for at, (start, match, name) in enumerate(words):
        next_start = next((one[0] for one in words[at + 1 :] if one[0] >= match.end()), len(text))
        following = bisect_left(starts, match.end())
        if following < len(sides) and _BEHIND.fullmatch(text, match.end(), starts[following]):
            free = _last_behind(text, sides, following, next_start)
            head = _sites(text[before : match.end()])
            own = _beside(text, sides[following:free], next_start)
            found.append(
                _Found(name, match, [(side, sites if len(own) > 1 and sites else sites | head) for side, sites in own])
            )
            shared = []
        else:
            here = sides[free : bisect_left(starts, start)]
            free = max(free, bisect_left(starts, start))
            near = _sites(text[before : match.end()])
            several = _of_one(here)
            if len(several) > 1:
                own = _beside(text, several, match.end())
            else:
                own = [(one, near) for one in several or shared]
            shared = list({one.side: one for one in several or shared}.values())
            found.append(_Found(name, match, [*own] or [(None, near)]))
        before = match.end()
    return found


def _last_behind(text: str, sides: list[SideWord], first: int, next_start: int) -> int:
    """Behind the last of the sides that follow a finding and are its own; one right before another finding is not."""
    end = first + 1
    while end < len(sides) and sides[end].start < next_start:
        is_last = end + 1 == len(sides) or sides[end + 1].start > next_start
        if is_last and next_start < len(text) and not _JOINS.search(text, sides[end].end, next_start):
            break
        end += 1
    return end


def _of_one(sides: list[SideWord]) -> list[SideWord]:
    """The sides before a finding that are its own: the last one, or left and right."""
    return sides if {"L", "R"} <= {one.side for one in sides} else sides[-1:]


def _beside(text: str, sides: list[SideWord], end: int) -> list[tuple[SideWord, frozenset[str]]]:
    """Each side with the sites up to the next one, else with those of the last: 左侧第3、右侧第5肋骨."""
    ends = [*(one.start for one in sides[1:]), end]
    sites = [_sites(text[one.start : to]) for one, to in zip(sides, ends, strict=True)]
    return [(one, of or sites[-1]) for one, of in zip(sides, sites, strict=True)]


def _sites(text: str) -> frozenset[str]:
    return frozenset(site for site, pattern in SITES.items() if pattern.search(text))


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


def _open(clause: Clause) -> Iterator[_Open]:
    """The sides of a clause that no finding has which the vocabulary knows, unless all is well there.

    Beside a finding, the side that is compared with is one: 右侧气胸大于左侧.
    """
    text = clause.text
    found = _found(text)
    if not found and (_DENIES.search(text) or _WELL.search(text) or _COMPARES.search(text)):
        return
    used = {side.start for one in found for side, _ in one.sides if side}
    of_clause, is_texture, is_wear = _sites(text), bool(_TEXTURE.search(text)), bool(_WEAR.search(text))
    sides = _sides(text)
    bounds = sorted({0, len(text), *(one.start for one in sides), *(one.match.start() for one in found)})
    for one in sides:
        behind = text[one.start : bounds[bisect_left(bounds, one.end)]]
        before = text[bounds[max(0, bisect_left(bounds, one.start) - 1)] : one.start]
        is_known = found and not _MEASURED.search(before) and (_DENIES.search(before + behind) or _WELL.search(behind))
        if one.start not in used and not is_known:
            yield _Open(one.side, of_clause if not found else _sites(behind), is_texture, is_wear)
