"""What counts as a read-back: a sentence that repeats the finding, says nothing else, and is no word of politeness."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from reading.alerts import contradiction, restatement
from reading.alerts.contradiction import Contradiction
from reading.alerts.polite_words import LATIN, POLITE_EN, POLITE_ZH, without
from reading.checks import side_words, vocabulary

LEAST: Final = 8
"""What must remain beside politeness: a Chinese character counts 2, a letter or a digit 1 (急性卒中; acute stroke)."""

_FILLER_ZH: Final = """
患者 病人 家属 我们 你们 他们 这里 那里 这边 那边 这个 那个 哪里 哪个 什么 怎么 不知道 清楚
情况 其他 其它 另外 现在 今天 刚才 已经 没有 等着 等待 稍等 左侧 右侧 双侧 两侧 一侧 对侧
左边 右边 左下 右下 左上 右上 上方 下方 内侧 外侧 局部 明显 大量 少量 多发 急性 考虑 可能
建议 提示 未见 发现 所见 检查 结果 影像 图像 片子 医院 科室 护士 联系 电话 告诉 转告
"""
_FILLER_EN: Final = """
there here this that these those which what where who when how why other others another one ones some any all both each
it its he she his her they them their you your our us me my am be been being was were are not now today just still also
yet but or if as at by from into over under about patient patients family relative relatives relation waiting wait left
right side sides sided bilateral upper lower acute large small new old seen see sees show shows shown find finds found
know knows tell tells told call calls called will would can could please possible possibly probable likely consider
image images film scan examination exam case hospital nurse department ward
"""
FILLER_ZH: Final = tuple(sorted(_FILLER_ZH.split(), key=len, reverse=True))
"""Words that any sentence about anybody may have: that they were told and said again says nothing of the finding."""
FILLER_EN: Final = frozenset(_FILLER_EN.split())
"""The same in English."""

_BARE_SIDE: Final = re.compile(r"[左右](?!侧)")
"""右气胸 and 气胸（右） say as much as 右侧气胸."""
_HAN: Final = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]+")


NOT_THE_FINDING: Final = "not_the_finding"
DIFFERS: Final = frozenset(Contradiction)
"""Problems of words that were perhaps said so all the same: whoever wrote them may say so, and the reader is told.

What shares no word with the finding (`NOT_THE_FINDING`) is never taken: it says of nothing that it was understood.
"""


class Means(StrEnum):
    """How the two spoke."""

    TELEPHONE = "telephone"
    IN_PERSON = "in_person"
    MESSAGE = "message"


def problem(said: str, *, told: tuple[str, ...]) -> str | None:
    """Why ``said`` is no read-back; None where it is one. ``told`` is the class in each language, and the finding.

    It is one when something is left of it beside politeness, and two Chinese characters in a row, or a word of three
    letters, are those that were told, fillers left out: 患者, 左侧 and "there" match nothing. Where nothing of a
    language was told, its words cannot be compared. Words that contradict what was told are none (`contradiction`).
    """
    left = _content(said)
    spared = 2 if any(map(_BARE_SIDE.search, left.han)) else 0
    if 2 * sum(map(len, left.han)) + sum(map(len, left.latin)) + spared < LEAST:
        return "only_polite"
    again, what = _telling(left), _telling(_content(" ".join(told)))
    pairs = _pairs(again.han) & _pairs(what.han)
    words = _stems(again.latin) & _stems(what.latin)
    if not (pairs or words):
        return NOT_THE_FINDING
    return contradiction.found(said, names=told[:2], findings=told[2:], words=_words)


def is_restated(said: str, report: str, *, told: tuple[str, ...]) -> bool:
    """Whether a report says what was read back, and the read-back nothing otherwise than the report.

    ``told`` is the class in each language, and what was found of it.
    """
    if problem(said, told=(*told[:2], report)) is not None:
        return False
    return restatement.says(report, read_back=said, told=told, words=_words)


def problem_of_agreement(agreed: str, *, read_back: str, told: tuple[str, ...]) -> str | None:
    """Why ``agreed`` does not say on what two agreed who differed; None where it does.

    It is more than politeness, and names a side or a number where that differed. One word may: 右侧.
    """
    left = _content(agreed)
    if 2 * sum(map(len, left.han)) + sum(map(len, left.latin)) < LEAST // 2:
        return "only_polite"
    match problem(read_back, told=told):
        case Contradiction.SIDE if not side_words.named(contradiction.plain(agreed)):
            return "no_side"
        case Contradiction.NUMBER if not any(letter.isdecimal() for letter in agreed):
            return "no_number"
        case _:
            return None


def _words(text: str) -> frozenset[str]:
    """What of a text says something of a finding, one text at a time; what it names is the same in either language."""
    telling = _telling(_content(text))
    return vocabulary.codes(text) | _pairs(telling.han) | _stems(telling.latin)


class _Content:
    def __init__(self, han: list[str], latin: list[str]) -> None:
        self.han, self.latin = han, latin


def _content(text: str) -> _Content:
    plain = contradiction.plain(text)
    latin = [word for word in LATIN.findall(plain) if word not in POLITE_EN]
    return _Content(han=_HAN.findall(without(plain, POLITE_ZH)), latin=latin)


def _telling(content: _Content) -> _Content:
    """What is left beside fillers."""
    han = _HAN.findall(without(" ".join(content.han), FILLER_ZH))
    return _Content(han=han, latin=[word for word in content.latin if word not in FILLER_EN])


def _pairs(runs: list[str]) -> set[str]:
    return {run[at : at + 2] for run in runs for at in range(len(run) - 1)}


def _stems(words: list[str]) -> set[str]:
    # The first six letters: haemorrhage and haemorrhages, perforation and perforated; pneumonia is no pneumothorax.
    return {word[: 9 if word.startswith("pneumo") else 6] for word in words if len(word) >= 3}
