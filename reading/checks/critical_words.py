"""Words of a critical result in a report, of a class that nobody was told of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from reading.checks.clauses import clauses
from reading.checks.finding import Check, Facts, Finding, Part
from reading.reports.content import Content

_NEAR: Final = r"[^，。；\n]"
_WORDS: Final = {
    "tension_pneumothorax": r"张力性[液血]?气胸|\btension pneumothorax\b",
    "pneumothorax": r"(?<!人工)[液血]?气胸|\b(?:hydro|haemo|hemo)?pneumothora(?:x|ces)\b",
    "intracranial_haemorrhage": (
        rf"(?:脑|颅内|蛛网膜下腔|基底节区?|丘脑|硬膜[下外]){_NEAR}{{0,5}}?(?<!微)(?:出血|血肿)"
        r"|\b(?:intracranial|intracerebral|subarachnoid|subdural|epidural|intraventricular|cerebral)"
        r" ha?em(?:orrhage|atoma)\b"
    ),
    "stroke": (
        r"(?:(?<!亚)急性|大面积)(?:(?!心)[^，。；\n]){0,8}?(?:脑梗|梗[死塞])|脑疝"
        r"|\b(?:hyper)?acute (?:\w+ ){0,5}(?:infarct\w*|stroke)\b|\bherniation of the brain\b"
    ),
    "aortic_dissection": rf"主动脉{_NEAR}{{0,4}}?夹层|夹层动脉瘤|\baortic dissection\b",
    "pulmonary_embolism": r"肺(?:动脉)?(?:(?!未)[^，。；\n]){0,4}?栓塞|\bpulmonary embol(?:ism|us|i)\b",
    "bowel_perforation": (
        rf"(?:消化道|胃|肠|阑尾){_NEAR}{{0,3}}?穿孔|膈下{_NEAR}{{0,4}}?游离气体|(?<!人工)气腹(?!机)"
        r"|\b(?:bowel|gastric|intestinal|appendiceal) perforation\b|\bpneumoperitoneum\b"
        r"|\bfree (?:intraperitoneal )?air\b"
    ),
    "bowel_obstruction": r"肠梗阻|\b(?:small |large )?bowel obstruction\b|\bileus\b",
    "organ_rupture": (
        rf"(?:肝|脾|肾|胰腺?|膀胱|脏器){_NEAR}{{0,3}}?(?:破裂|裂伤)"
        r"|\b(?:splenic|hepatic|liver|renal|kidney|bladder) (?:rupture|laceration)\b"
    ),
    "spinal_fracture": (
        rf"(?:颈|胸|腰)?椎{_NEAR}{{0,6}}?(?:爆裂{_NEAR}{{0,2}}?骨折|骨折{_NEAR}{{0,2}}?脱位)"
        rf"|颈[1-7椎]{_NEAR}{{0,6}}?骨折|\bburst fracture\b|\bcervical (?:spine )?fracture\b"
    ),
    "foreign_body": (
        rf"(?:气管|支气管|气道|食管|食道|喉){_NEAR}{{0,4}}?异物"
        r"|\b(?:airway|tracheal|bronchial|oesophageal|esophageal) foreign body\b"
    ),
}
"""Classes of `reading.alerts`, the graver before the milder."""
_LATIN: Final = re.compile(r"[A-Za-z0-9]")
_GRAVER: Final = {"pneumothorax": ("tension_pneumothorax",)}
"""Classes whose flag tells of the milder one too."""
WORDS: Final = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in _WORDS.items()}


def check(content: Content, facts: Facts) -> Iterator[Finding]:
    """The first words of each class of which no flag stands: what a flag of another class says may only ask."""
    found = {name for name in WORDS if name == content.critical_class or name in facts.flagged}
    patterns = WORDS | _named(facts)
    for part, text in ((Part.IMPRESSION, content.impression), (Part.FINDINGS, content.findings)):
        for name, start, words in _said(text, patterns):
            if found & {name, *_GRAVER.get(name, ())}:
                continue
            found.add(name)
            yield Finding(
                check=Check.CRITICAL_WORDS_WITHOUT_FLAG,
                part=part,
                start=start,
                end=start + len(words),
                words=words,
                critical_class=name,
            )


def _named(facts: Facts) -> dict[str, re.Pattern[str]]:
    """Classes that a region or a site has besides the shipped ones, by their names of two characters or more."""
    others = {code: [name for name in names if len(name) > 1] for code, names in facts.class_names.items()}
    return {
        code: re.compile("|".join(map(_whole, names)), re.IGNORECASE)
        for code, names in others.items()
        if names and code not in WORDS
    }


def _whole(name: str) -> str:
    """A pattern for a name; no part of a Latin word: PE is not in "type"."""
    before = r"(?<![A-Za-z0-9])" if _LATIN.match(name[0]) else ""
    behind = r"(?![A-Za-z0-9])" if _LATIN.match(name[-1]) else ""
    return before + re.escape(name) + behind


def _said(text: str, patterns: Mapping[str, re.Pattern[str]]) -> Iterator[tuple[str, int, str]]:
    """Classes whose words a text says, denies nowhere near and does not say of the past: class, start, words."""
    for clause in clauses(text):
        if clause.is_past():
            continue
        for name, pattern in patterns.items():
            match = next((one for one in pattern.finditer(clause.text) if not clause.is_denied(one)), None)
            if match is not None:
                yield name, clause.start + match.start(), match[0]
