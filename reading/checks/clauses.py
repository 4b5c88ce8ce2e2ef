"""Clauses of a report in Chinese or English: whether a word in one is denied or doubted, or is about the past."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

_END: Final = re.compile(
    r"[。；;！!？?\n，]"
    r"|\.(?=\s|$)"
    # A comma of an English list goes on with what was denied before it: no effusion, pneumothorax or fracture.
    r"|,(?![ ]?[a-z])"
    r"|但(?:是)?"
    r"|\b(?:but|however|although|there (?:is|are))\b",
    re.IGNORECASE,
)
_DENIED_BEFORE: Final = re.compile(
    r"未(?:见|发现|探及|显示|提示|查见|及|扪及|明确显示)"
    # 无移位骨折 is a fracture, 无菌性坏死 a necrosis, 无名动脉 an artery.
    r"|(?<![不])无(?!名|痛|菌|功能|症状|强化|(?:明显|明确|显著)?(?:移位|错位)(?:性|的)?骨折)"
    r"|没有|否认|(?<!不)不(?:考虑|支持|符合|伴|像|似)"
    r"|(?<![不未能])(?:除外|排除)"
    r"|非(?=[一-鿿])"
    r"|\bno\b(?! (?:significant |interval |definite )*change)"
    r"|\b(?:without|denies|negative for|absence of|absent|free of|nor|neither|resolution of)\b"
    r"|\bnot\b(?! (?:be )?exclu| only| be ruled)"
    r"|(?<!not )(?<!cannot )(?<!not be )(?<!cannot be )\b(?:exclud(?:e|ed|es|ing)|rul(?:e|ed|es|ing) out)\b",
    re.IGNORECASE,
)
_DENIED_AFTER: Final = re.compile(
    r"(?![^，。；\n]{0,6}[不未待难需][^，。；\n]{0,4}(?:排除|除外))"
    r"[^，。；\n]{0,4}?(?:征象|征|线|影|灶|表现)?"
    r"(?:(?:未见|未显示|未显影|不明显|阴性|消失|排除|除外|没有|没|已吸收)了?\s*$"
    r"|的?可能性?(?:不大|极?较?[小低])"
    r"|\s*[:：]\s*(?:无|未见|阴性|none|no|negative|absent)\b)"
    r"|\w*\s+(?:(?:is|are|was|were|has|have|been|now|already|since)\s+){0,3}(?:ruled\s+out|excluded)\b"
    r"|[\w\s]{0,20}\b(?:is|are|was|were|has|have)\b[\w\s]{0,16}"
    r"\b(?:not(?! excl)(?! ruled)|no longer|absent|resolved|(?<!not )excluded)\b"
    r"|\w*\s+(?:(?:is|are|was|were|seems?|appears?|considered|very|highly)\s+){0,3}unlikely\b",
    re.IGNORECASE,
)
"""From behind a word on. Neither this nor anything else here looks at the whole text again for each word in it."""
_DOUBT: Final = re.compile(
    r"待(?:排|除外|查|定)|[不未](?:能|可)?(?:完全|明确)?(?:除外|排除)|难以?(?:除外|排除)"
    r"|可能|疑似|可疑|怀疑|疑(?![难问])|或许|不确定|假象|伪影"
    r"|昨[日天晚]"
    r"|\b(?:unlikely|likely|possib(?:le|ly)|probabl[ey]|suspected|suspicious|suspicion|query|questionable|equivocal"
    r"|uncertain|may|might|could|cannot|can't|r/o|rule out|to be excluded|not (?:be )?(?:excluded|ruled out)"
    r"|mimic\w*|simulat\w*|art[ei]facts?|yesterday|not today)\b",
    re.IGNORECASE,
)
"""What leaves open whether it is so."""
_TAKEN_BACK: Final = re.compile(
    r"有误|笔误|错误|误(?:认|诊|报|写|判|为|作)"
    r"|\b(?:no longer|errors?|erroneous(?:ly)?|mistake(?:n(?:ly)?)?|incorrect(?:ly)?|wrong(?:ly)?)\b",
    re.IGNORECASE,
)
_PAST: Final = re.compile(
    r"术后|手术后|引流后|治疗后|病史|史|既往|复查|陈旧|慢性|吸收期|后遗|软化|人工|"
    r"\b(?:old|chronic|history of|prior|previous|remote|healed|status post|postoperative|s/p|follow-up of)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Clause:
    text: str
    start: int
    """Of its first character in the whole text."""

    def is_denied(self, word: re.Match[str]) -> bool:
        """Whether a match in ``text`` is said not to be there, or is only to be ruled out."""
        return self._first_denial <= word.end() or bool(_DENIED_AFTER.match(self.text, word.end()))

    @cached_property
    def _first_denial(self) -> int:
        """Where the first word that denies ends; behind the text where there is none."""
        found = _DENIED_BEFORE.search(self.text)
        return found.end() if found else len(self.text) + 1

    def doubts(self) -> frozenset[str]:
        """The words by which it leaves open what it says: 待排, "unlikely"."""
        return frozenset(match[0].casefold() for match in _DOUBT.finditer(self.text))

    def takes_back(self) -> frozenset[str]:
        """The words by which it says that something was said wrongly, or is so no longer: 系笔误, "in error"."""
        return frozenset(match[0].casefold() for match in _TAKEN_BACK.finditer(self.text))

    def is_past(self) -> bool:
        """Whether it is about an operation, a history or an old state."""
        return bool(_PAST.search(self.text))


def clauses(text: str) -> Iterator[Clause]:
    """The clauses of a text that are not blank, with the words of punctuation left out."""
    begin = 0
    for end in _END.finditer(text):
        yield from _clause(text, begin, end.start())
        begin = end.end()
    yield from _clause(text, begin, len(text))


def _clause(text: str, begin: int, end: int) -> Iterator[Clause]:
    if text[begin:end].strip():
        yield Clause(text=text[begin:end], start=begin)
