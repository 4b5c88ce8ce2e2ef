"""The impression against the flag that says whether the result is positive."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from reading.checks.clauses import Clause, clauses
from reading.checks.finding import Check, Facts, Finding, Part
from reading.reports.content import Content

_NORMAL: Final = re.compile(
    r"未见|未发现|(?<!不)无(?:明显|明确)?(?:异常|骨折|脱位)|正常|阴性|\b(?:no|normal|unremarkable|negative|without)\b",
    re.IGNORECASE,
)
_UNCHANGED: Final = re.compile(r"变化|改变|进展|相仿|\b(?:change|progression|abnormally)\b", re.IGNORECASE)
_ADVICE: Final = re.compile(
    r"^[\s\d.、)）]*(?:建议|请|随访|随诊|复查|必要时|结合)|\b(?:recommend\w*|follow|clinical correlation)\b",
    re.IGNORECASE,
)
_ABNORMAL: Final = re.compile(
    r"骨折|脱位|肿块|占位|结节|炎(?!症?消)|出血|血肿|梗死|梗塞|气胸|积液|积血|转移|癌|瘤|结核|穿孔|梗阻|狭窄|结石|肺不张|"
    r"实变|夹层|栓塞|积水|破裂|撕裂|坏死|"
    r"\b(?:fractures?|dislocation|mass(?:es)?|nodules?|pneumonia|consolidation|ha?emorrhage|ha?ematoma|infarct\w*|"
    r"pneumothorax|effusions?|metasta\w+|carcinoma|tumou?rs?|tuberculosis|perforation|obstruction|stenosis|calcul(?:us|i)|"
    r"stones?|embol(?:ism|us)|rupture|tears?|necrosis)\b",
    re.IGNORECASE,
)
_HARMLESS: Final = re.compile(
    r"生理|变异|钙化|退[行变]|良性|\b(?:physiologic\w*|variant|calcified|benign)\b", re.IGNORECASE
)


def check(content: Content, _facts: Facts) -> Iterator[Finding]:
    """Normal words alone under a positive flag; abnormal ones that nobody denies under a negative flag."""
    said = list(clauses(content.impression))
    if content.positive is True and said:
        told = [one for one in said if not _ADVICE.search(one.text)]
        if told and all(_is_normal(one) for one in told):
            yield _at(Check.NORMAL_WORDS_UNDER_POSITIVE, told[0], 0, len(told[0].text))
    if content.positive is False:
        for clause in said:
            match = _abnormal(clause)
            if match and not (_ADVICE.search(clause.text) or clause.is_past() or _HARMLESS.search(clause.text)):
                yield _at(Check.ABNORMAL_WORDS_UNDER_NEGATIVE, clause, match.start(), match.end())
                break


def _is_normal(clause: Clause) -> bool:
    return bool(_NORMAL.search(clause.text)) and not _UNCHANGED.search(clause.text) and _abnormal(clause) is None


def _abnormal(clause: Clause) -> re.Match[str] | None:
    return next((match for match in _ABNORMAL.finditer(clause.text) if not clause.is_denied(match)), None)


def _at(check_: Check, clause: Clause, start: int, end: int) -> Finding:
    return Finding(
        check=check_,
        part=Part.IMPRESSION,
        start=clause.start + start,
        end=clause.start + end,
        words=clause.text[start:end],
    )
