"""Comparisons with earlier pictures that nobody here knows of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from reading.checks.clauses import clauses
from reading.checks.finding import Check, Facts, Finding, Part
from reading.reports.content import Content

# 较前壁 and 前片状影 are anatomy and shape; 比较前后 compares something else.
_COMPARES: Final = re.compile(
    r"(?:与|和|同|对比|比较|参照|较)(?:[^，。；\n]{0,12}?)(?:前片|旧片|老片|原片|既往片|上次(?:检查|片|CT|MR)?|前次(?:检查|片)?|既往(?:检查|影像))(?!状)"
    r"|较(?:[^，。；\n]{0,3}?)前(?![壁方缘部列臂侧叶纵半后])(?:片|次)?(?:[^，。；\n]{0,3}?)(?:明显|略|稍|有所|无|未|增|减|吸收|好转|进展|缩小|扩大|相仿|变化|片|次)"
    r"|\b(?:compar(?:ed|ison|ing)|relative)\b[^.\n]{0,16}\b(?:prior|previous|earlier|last)\b"
    r"|\b(?:interval (?:change|increase|decrease|growth|improvement|development)"
    r"|since (?:the )?(?:prior|previous|last))\b",
    re.IGNORECASE,
)
_NOT_DONE: Final = re.compile(
    r"建议|请|可|需|必要时|无[^，。；\n]{0,4}(?:前片|旧片|老片|既往|影像)|未见[^，。；\n]{0,4}(?:前片|旧片)|未提供|缺"
    r"|\b(?:no (?:prior|previous|earlier|old|comparison)|without (?:prior|previous|comparison)|"
    r"recommend\w*|suggest\w*|advise\w*|should|if available|not available|unavailable)\b",
    re.IGNORECASE,
)


def check(content: Content, facts: Facts) -> Iterator[Finding]:
    """The first comparison of each text, where no earlier examination is known."""
    if facts.has_priors:
        return
    for part, text in ((Part.FINDINGS, content.findings), (Part.IMPRESSION, content.impression)):
        for clause in clauses(text):
            match = _COMPARES.search(clause.text)
            if match and not _NOT_DONE.search(clause.text.replace("无明显变化", "").replace("无变化", "")):
                start = clause.start + match.start()
                yield Finding(
                    check=Check.PRIORS_UNKNOWN, part=part, start=start, end=start + len(match[0]), words=match[0]
                )
                break
