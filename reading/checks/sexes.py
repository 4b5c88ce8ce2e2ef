"""Organs that a patient of the registered sex does not have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from reading.checks.finding import Check, Facts, Finding, Part
from reading.kinds import Sex
from reading.reports.content import Content

# 附件 of a vertebra is its arch, so only those of the uterus count; 前列腺素 and PSA are found in everybody's notes.
_OF_WOMEN: Final = re.compile(
    r"子宫|卵巢|输卵管|阴道|(?:双侧?|左侧?|右侧?|两侧)附件(?=区|未见|见|囊|占位|肿|$|[，。；、])|附件区|"
    r"\b(?:uter(?:us|ine)|ovar(?:y|ies|ian)|adnexa[el]?|vagina[l]?|endometri\w+|myometri\w+|uterine cervix)\b",
    re.IGNORECASE,
)
_OF_MEN: Final = re.compile(
    r"前列腺(?!素|特异)|精囊|睾丸(?!酮)|附睾|阴茎|阴囊|输精管|"
    r"\b(?:prostat(?:e|ic)(?! specific|-specific)|seminal vesicles?|test(?:is|es|icular|icles?)|epididym\w+|"
    r"penis|penile|scrot(?:um|al))\b",
    re.IGNORECASE,
)
_FOREIGN: Final = {Sex.MALE: _OF_WOMEN, Sex.FEMALE: _OF_MEN}
_SPINE: Final = ("SPINE", "CSPINE", "TSPINE", "LSPINE", "SSPINE")
_ARCH: Final = re.compile(r"附件")


def check(content: Content, facts: Facts) -> Iterator[Finding]:
    """The first organ in each text that contradicts the patient's sex; nothing where the sex is unknown or other."""
    foreign = _FOREIGN.get(facts.sex)
    if foreign is None:
        return
    for part, text in ((Part.FINDINGS, content.findings), (Part.IMPRESSION, content.impression)):
        for match in foreign.finditer(text):
            if _ARCH.search(match[0]) and (facts.body_part.upper() in _SPINE or "椎" in text):
                continue
            yield Finding(
                check=Check.ORGAN_AGAINST_SEX, part=part, start=match.start(), end=match.end(), words=match[0]
            )
            break
