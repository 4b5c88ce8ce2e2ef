"""Denials: what a report affirms although its findings deny it, as a normal sentence of a template does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from reading.checks.clauses import Clause, clauses
from reading.checks.finding import Check, Facts, Finding, Part
from reading.checks.side_words import named
from reading.checks.vocabulary import FINDINGS, SITES
from reading.reports.content import Content

_KINDS: Final = FINDINGS | {
    "lesion": re.compile(
        r"病灶|病变|(?:信号|密度)灶|(?:局灶|斑片|片状|点状|结节状|团块状?|类圆形|条状|异常)(?:性|状|的)?[低高等混杂长短T12]{0,4}(?:信号|密度)"
        r"|\blesions?\b|\b(?:focal|abnormal|patchy)\s(?:low|high|signal|hyp\w+)",
        re.IGNORECASE,
    )
}
_PLACES: Final = SITES | {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        "pericardium": r"心包|\bpericardi\w+",
        "mediastinum": r"纵隔|\bmediastin\w+",
        "node": r"淋巴结|\b(?:lymph )?nodes?\b",
        "canal": r"椎管|\b(?:spinal )?canal\b",
        "foramen": r"椎间孔|神经孔|\bforam(?:en|ina)l?\b",
        "spine": r"椎(?!管|间孔)|\b(?:vertebra\w*|spin(?:e|al))\b",
        "joint": r"关节|\bjoints?\b",
        "gallbladder": r"胆|\b(?:gallbladder|bile|biliary)\b",
        "pancreas": r"胰|\bpancrea\w+",
        "bladder": r"膀胱|\b(?:urinary )?bladder\b",
        "bowel": r"胃|肠|阑尾|\b(?:gastric|stomach|bowel|intestin\w+|colon\w*)\b",
        "uterus": r"子宫|宫腔|宫颈|\b(?:uter(?:us|ine)|cervix)\b",
        "prostate": r"前列腺|外周带|移行带|\b(?:prostat\w+|peripheral (?:and transition )?zones?|transition zones?)\b",
        "abdomen": r"腹(?!股)|\b(?:abdom\w+|peritone\w+)\b",
        "pelvis": r"盆|\bpelvi[cs]\b",
        "vessel": r"动脉|静脉|血管|\b(?:arter\w+|veins?|venous|aort\w+)\b",
        "airway": r"气管|支气管|\b(?:trachea\w*|bronch\w+)\b",
        "oesophagus": r"食[管道]|\bo?esophag\w+",
        "meniscus": r"半月板|\bmenisc\w+",
        "ligament": r"韧带|\bligaments?\b",
        "tendon": r"肌腱|腱|\btendons?\b",
        "skull": r"颅骨|颅底|\bskull\b",
    }.items()
}
_GROUPS: Final = {
    **dict.fromkeys(("inflammation", "consolidation", "opacity", "tuberculosis"), "airspace"),
    **dict.fromkeys(("nodule", "mass", "cancer", "metastasis", "lesion"), "mass"),
    **dict.fromkeys(("haemorrhage", "haematoma"), "blood"),
}
"""What findings describe, and what an impression makes of it: one that is affirmed stands for the others."""
_FOLLOWS: Final = {
    "nodule": {"cancer", "metastasis"},
    "mass": {"cancer", "metastasis"},
    "lesion": {"nodule", "mass", "cancer", "metastasis", "infarct", "haemorrhage", "haematoma"},
    "consolidation": {"inflammation"},
    "opacity": {"inflammation"},
    "haemorrhage": {"haematoma"},
}
"""What nobody concludes from findings that deny it and describe nothing else."""
_DESCRIBES: Final = re.compile(
    r"(?<!未)(?<!未能)见|示|呈|肿大|增[大多粗宽浓]|模糊|毛糙|变窄"
    r"|\b(?:there (?:is|are)|shows?|seen|enlarged|increased)\b",
    re.IGNORECASE,
)
_NARROW: Final = re.compile(
    r"新鲜|急性|活动性|新发|大量|巨大|较大|恶性|转移性|典型|复发|残留|余|其他|其它|另|明显强化|增大|进展|\d"
    r"|\b(?:acute|active|new|large|malignant|other|additional|further|rest|remaining|remainder|elsewhere|recurrent|residual)\b",
    re.IGNORECASE,
)
"""A denial of one sort, or of all but what was named before."""
_PARTS: Final = re.compile(
    r"[叶段尖底头颈干端]|\b(?:lobes?|segments?|apex|base|head|neck|shaft|distal|proximal)\b", re.IGNORECASE
)
_OPEN: Final = re.compile(
    r"不[能可]?(?:完全)?(?:除外|排除)|待(?:排|除外|查)|建议|请|必要时|随访|复查"
    r"|\b(?:cannot|not)\b.{0,12}\b(?:exclu|rule)|\b(?:recommend\w*|suggest\w*|follow|if|query)\b",
    re.IGNORECASE,
)
"""What an impression only asks, or advises to look for."""
_BEHIND: Final = re.compile(r"\s*[（(][^）)]{0,16}|\s(?:in|of|at|on|within)\s[^,.;]{0,40}", re.IGNORECASE)
_PLAIN: Final = re.compile(
    r"多发|单发|腔隙|急性|粉碎|压缩|病理|张力|隐匿|恶性|良性|原发|继发|周围型|中央型|实性|散在|少许|少量|大量|多个|一枚|数枚|小|大|微|双侧?|两侧?|左|右|侧|部|考虑|可能|可疑|符合|提示|诊断|伴|及|并|和|与|合并|性|瘤|影|见|为|的|明确|明显|炎症?"
    r"|\b(?:multiple|several|scattered|small|large|left|right|bilateral|both|a|an|the|with|and|probable|possible|likely|consistent|of|in)\b"
    r"|[\s\d、，,.:：;()（）/\-]",
    re.IGNORECASE,
)
"""Words before a finding that name no place."""
_ASKS: Final = frozenset("?？")
_NEAR: Final = 24
"""Characters before a finding among which its place is sought."""
_SENTENCE: Final = re.compile(r"[。；;!！?？\n.]")


@dataclass(frozen=True, kw_only=True)
class _Said:
    """A finding as a text names it."""

    kind: str
    sites: frozenset[str]
    """Empty where none is named."""
    sides: frozenset[str]
    is_denied: bool
    is_narrow: bool
    is_part: bool
    is_old: bool
    is_open: bool
    is_elsewhere: bool
    """A place stands before it that nobody here knows."""
    start: int
    end: int


def check(content: Content, _facts: Facts) -> Iterator[Finding]:
    """The first finding of the impression that the findings deny, else one that they affirm and deny at one place."""
    described = list(_said(content.findings, across=True))
    denied = [one for one in described if one.is_denied and not (one.is_narrow or one.is_old)]
    if not denied:
        return
    there = [one for one in described if not one.is_denied]
    describes = any(
        _DESCRIBES.search(clause.text) and not any(clause.is_denied(one) for one in _DESCRIBES.finditer(clause.text))
        for clause in clauses(content.findings)
    )
    for one in _affirmed(content.impression, across=False):
        if any(_group(other) == _group(one) and _is_near(other, one) for other in there):
            continue
        if any(_is_against(each, one, follows=not describes) for each in denied):
            yield _at(Part.IMPRESSION, one, content.impression)
            return
    whole = [one for one in denied if one.sites and not one.is_part]
    for one in _affirmed(content.findings, across=True):
        if any(each.kind == one.kind and each.sites & one.sites and _shares_side(each, one) for each in whole):
            yield _at(Part.FINDINGS, one, content.findings)
            return


def _affirmed(text: str, *, across: bool) -> Iterator[_Said]:
    return (one for one in _said(text, across=across) if not (one.is_denied or one.is_old or one.is_open))


def _is_against(denied: _Said, one: _Said, *, follows: bool) -> bool:
    is_meant = denied.kind == one.kind or (follows and one.kind in _FOLLOWS.get(denied.kind, ()))
    return is_meant and _is_near(denied, one) and _shares_side(denied, one) and not (denied.sites and one.is_elsewhere)


def _is_near(one: _Said, other: _Said) -> bool:
    return not one.sites or not other.sites or bool(one.sites & other.sites)


def _shares_side(one: _Said, other: _Said) -> bool:
    return {*one.sides, *other.sides} != {"L", "R"} or bool(one.sides & other.sides)


def _group(one: _Said) -> str:
    return _GROUPS.get(one.kind, one.kind)


def _said(text: str, *, across: bool) -> Iterator[_Said]:
    """The findings that a text names; ``across`` a sentence a place is said once for what follows, else in a clause."""
    sites, sides, end = frozenset[str](), frozenset[str](), 0
    for clause in clauses(text):
        if not across or _SENTENCE.search(text, end, clause.start):
            sites, sides = frozenset(), frozenset()
        end = clause.start + len(clause.text)
        told = _clause(clause, sites, sides, is_asked=text[end : end + 1] in _ASKS)
        yield from told
        tail = clause.text[: _NEAR * 4]
        sites, sides = (told[-1].sites, told[-1].sides) if told else (_sites(tail) or sites, named(tail) or sides)


def _clause(clause: Clause, sites: frozenset[str], sides: frozenset[str], *, is_asked: bool) -> list[_Said]:
    text, before, told = clause.text, 0, list[_Said]()
    found = sorted(
        ((match.start(), match, kind) for kind, pattern in _KINDS.items() for match in pattern.finditer(text)),
        key=lambda one: one[0],
    )
    whole = {
        "is_narrow": bool(_NARROW.search(text)),
        "is_part": bool(_PARTS.search(text)),
        "is_old": clause.is_past(),
        "is_open": is_asked or bool(_OPEN.search(text)),
    }
    for start, match, kind in found:
        behind = _BEHIND.match(text, match.end())
        near = text[max(before, start - _NEAR) : behind.end() if behind else match.end()]
        sites, sides = _sites(near) or sites, named(near) or sides
        left = text[max(before, start - _NEAR) : start]
        told.append(
            _Said(
                kind=kind,
                sites=sites,
                sides=sides,
                is_denied=clause.is_denied(match),
                is_elsewhere=not sites and bool(_PLAIN.sub("", left)),
                start=clause.start + start,
                end=clause.start + match.end(),
                **whole,
            )
        )
        before = max(before, match.end())
    return told


def _sites(text: str) -> frozenset[str]:
    return frozenset(name for name, pattern in _PLACES.items() if pattern.search(text))


def _at(part: Part, one: _Said, text: str) -> Finding:
    return Finding(
        check=Check.DENIED_IN_FINDINGS, part=part, start=one.start, end=one.end, words=text[one.start : one.end]
    )
