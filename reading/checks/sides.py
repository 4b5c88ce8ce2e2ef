"""Sides: left and right in the text against the order, the images, and one another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from reading.checks import side_pairs
from reading.checks.clauses import clauses
from reading.checks.finding import Check, Facts, Finding, Part
from reading.checks.side_words import in_text
from reading.reports.content import Content
from storage.index.sides import each_of, side_of

_OTHER: Final = {"L": "R", "R": "L"}
_OF_ORDER: Final = (Check.SIDE_AGAINST_ORDER, Check.SIDE_BESIDES_ORDER)
_OF_IMAGES: Final = (Check.SIDE_AGAINST_IMAGES, Check.SIDE_BESIDES_IMAGES)
"""What is said of a text that names the other side alone, and of one that names both."""
_COMPARED: Final = re.compile(r"对比|对照|比较|相比|健侧|对侧|\b(?:compar\w+|contralateral|than)\b", re.IGNORECASE)
_TRUNK: Final = frozenset({
    "CHEST", "THORAX", "LUNG", "ABDOMEN", "HEAD", "BRAIN", "SKULL", "NECK", "PELVIS", "SPINE", "CSPINE", "TSPINE",
    "LSPINE", "HEART", "KIDNEY", "RIB", "RIBS",
})  # fmt: skip
"""Where both sides are described whatever side was asked for: only a rib is meant by the side of the order there."""
_RIB: Final = re.compile(r".{0,6}?(?:肋|\bribs?\b)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class _Mention:
    side: str
    part: Part
    start: int
    end: int
    words: str
    is_compared: bool


def check(content: Content, facts: Facts) -> Iterator[Finding]:
    """The side of the text against order or images, of these against each other, of impression against findings.

    One side that somebody corrected counts for more than the order's, and any side where nobody ordered one. Else the
    text is compared with the order, and with the images wherever they show another side than all that was ordered: a
    text that names the other one alone is against them. Where order and images differ, then, either side alone stops,
    and a text that names both says which is wrong. Both sides may be ordered by one word or by two orders, and come as
    two studies or as one.
    """
    found = {
        Part.FINDINGS: list(_mentions(Part.FINDINGS, content.findings)),
        Part.IMPRESSION: list(_mentions(Part.IMPRESSION, content.impression)),
    }
    asked, shown = each_of(facts.order_sides), each_of({facts.image_side})
    differing = differ(facts.order_sides, facts.image_side)
    if differing:
        yield Finding(check=Check.SIDE_OF_IMAGES_DIFFERS, words=" ".join(differing))
    of_images = _against(shown, _OF_IMAGES, found, facts, content)
    if not asked or (facts.side_corrected and len(shown) == 1):
        yield from of_images
    else:
        yield from _against(asked, _OF_ORDER, found, facts, content)
        if shown != asked:
            yield from (one for one in of_images if one.check is Check.SIDE_AGAINST_IMAGES)
    yield from _within(found, content)


def differ(order_sides: Iterable[str], image_side: str) -> tuple[str, str] | None:
    """The side of the orders and that of the images, where these show one that nobody ordered; else None."""
    asked, shown = each_of(order_sides), each_of({image_side})
    return (side_of(asked), side_of(shown)) if asked and not shown <= asked else None


def _against(
    sides: frozenset[str],
    names: tuple[Check, Check],
    found: dict[Part, list[_Mention]],
    facts: Facts,
    content: Content,
) -> Iterator[Finding]:
    """What a text says against one side; nothing where there is none, or both."""
    if len(sides) != 1:
        return
    (expected,) = sides
    alone, both = names
    besides: Finding | None = None
    for part, mentions in found.items():
        said = [one for one in mentions if _is_meant(one, facts, getattr(content, part))]
        other = [one for one in said if one.side == _OTHER[expected]]
        if not other:
            continue
        named_here = {one.side for one in said}
        if expected not in named_here and "B" not in named_here and not any(one.is_compared for one in other):
            yield _at(alone, other[0])
        elif besides is None and not all(one.is_compared for one in other):
            first = next(one for one in other if not one.is_compared)
            besides = _at(both, first)
    if besides is not None:
        yield besides


def _within(found: dict[Part, list[_Mention]], content: Content) -> Iterator[Finding]:
    """A finding of the impression that the findings have on the other side; or one side each, and not the same."""
    pair = side_pairs.contradicted(content.findings, content.impression)
    if pair is not None:
        words = content.impression[pair.start : pair.end]
        yield Finding(
            check=Check.SIDE_DIFFERS_IN_REPORT, part=Part.IMPRESSION, start=pair.start, end=pair.end, words=words
        )
        return
    impression = {one.side for one in found[Part.IMPRESSION]}
    findings = {one.side for one in found[Part.FINDINGS]}
    if len(impression) == 1 and len(findings) == 1:
        (said,) = impression
        if findings == {_OTHER.get(said, "")}:
            yield _at(Check.SIDE_DIFFERS_IN_REPORT, found[Part.IMPRESSION][0])


def _is_meant(one: _Mention, facts: Facts, text: str) -> bool:
    return facts.body_part.upper() not in _TRUNK or bool(_RIB.match(text, one.end))


def _mentions(part: Part, text: str) -> Iterator[_Mention]:
    for clause in clauses(text):
        is_compared = bool(_COMPARED.search(clause.text))
        for one in in_text(clause.text):
            yield _Mention(
                side=one.side,
                part=part,
                start=clause.start + one.start,
                end=clause.start + one.end,
                words=one.words,
                is_compared=is_compared,
            )


def _at(check_: Check, one: _Mention) -> Finding:
    return Finding(check=check_, part=one.part, start=one.start, end=one.end, words=one.words)
