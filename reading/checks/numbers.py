"""Measurements whose number has no unit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from reading.checks.finding import Check, Facts, Finding, Part
from reading.reports.content import Content

_NUMBER: Final = r"\d+(?:\.\d+)?"
_MORE: Final = rf"(?:\s*(?:[×xX*＊、和及与]|[-~～–—至]|\b(?:by|and|to)\b)\s*{_NUMBER})*"
_UNIT: Final = (
    r"\s*-?\s*(?:mm|cm|dm|m|um|μm|ml|cc|l|hu|毫米|厘米|微米|毫升|升|米|度|倍|个|枚|条|级|分|期|层|指|岁|年|月|天|周|"
    r"degrees?|millimet|centimet|°|%|％|‰)"
)
_TAIL: Final = rf"(?>{_NUMBER}{_MORE})(?!\s*[/×xX*～~])(?!{_UNIT})"
_LINK: Final = r"(?:\s|约|大约|最大|者|最厚|最宽|处|分别|为|是|达|可达|近|均|值|[:：>＞≥<＜≤=]|大于|小于|超过|不足)"
_CHINESE: Final = re.compile(
    rf"(?:大小|直径|[长短横]径|最大径|前后径|上下径|左右径|径线|[管内]径|(?<!层)厚度|壁厚|宽度|长度|深度|高度|体积|容积|"
    rf"CT值|间距|移位|偏移|面积){_LINK}{{0,5}}{_TAIL}"
    rf"|(?<!层)[厚宽长深]{_LINK}{{1,5}}{_TAIL}",
    re.IGNORECASE,
)
_ENGLISH: Final = re.compile(
    r"\b(?:measur(?:es|ing|ed)|diameters?|thickness|width|length|volume|shift|attenuation)\b"
    rf"(?:\s+(?:of|is|was|are|about|approximately|approx\.?|up to|at|around)|\s*[:=])*\s+{_TAIL}",
    re.IGNORECASE,
)


def check(content: Content, _facts: Facts) -> Iterator[Finding]:
    """Each measurement with a number that says neither millimetres nor anything else."""
    for part, text in ((Part.FINDINGS, content.findings), (Part.IMPRESSION, content.impression)):
        for pattern in (_CHINESE, _ENGLISH):
            for match in pattern.finditer(text):
                yield Finding(
                    check=Check.NUMBER_WITHOUT_UNIT, part=part, start=match.start(), end=match.end(), words=match[0]
                )
