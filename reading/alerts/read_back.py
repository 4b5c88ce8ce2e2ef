"""What counts as a read-back: a sentence that repeats the finding, and not a word of politeness."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from typing import Final

LEAST: Final = 8
"""What must remain beside politeness: a Chinese character counts 2, a letter or a digit 1 (急性卒中; acute stroke)."""

_POLITE_ZH: Final = """
收到 好的 好 谢谢 感谢 谢 知道了 知道 明白了 明白 了解 已阅 已读 已知悉 知悉 已确认 确认 已通知 通知 已告知 告知
医生 医师 老师 主任 值班 临床 您好 你好 辛苦了 辛苦 马上处理 马上 立即 已处理 处理 嗯 是的 是 对 行 可以 已 了 的 请
危急值 报告
"""
_POLITE_EN: Final = """
ok okay yes thanks thank you received got it noted understood acknowledged confirmed will do dr doctor please hello hi
read back roger copy copied fine good sure we i the a an of is has have been and to for in on with critical result
report finding told informed duty
"""
POLITE_ZH: Final = tuple(sorted(_POLITE_ZH.split(), key=len, reverse=True))
"""Words that say that somebody heard something, and not what; the longest is taken out first."""
POLITE_EN: Final = frozenset(_POLITE_EN.split())
"""Words that say that somebody heard something, or that every sentence has."""

_LATIN: Final = re.compile(r"[a-z0-9]+")
_HAN: Final = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]+")


class Means(StrEnum):
    """How the two spoke."""

    TELEPHONE = "telephone"
    IN_PERSON = "in_person"
    MESSAGE = "message"


def problem(said: str, *, told: tuple[str, ...]) -> str | None:
    """Why ``said`` is no read-back; None where it is one. ``told`` is the class in each language, and the finding.

    It is one when something is left of it beside politeness, and two Chinese characters in a row, or a word of three
    letters, are those that were told. Where nothing of a language was told, its words cannot be compared.
    """
    left = _content(said)
    if 2 * sum(map(len, left.han)) + sum(map(len, left.latin)) < LEAST:
        return "only_polite"
    what = _content(" ".join(told))
    pairs = _pairs(left.han) & _pairs(what.han)
    words = _stems(left.latin) & _stems(what.latin)
    return None if pairs or words else "not_the_finding"


class _Content:
    def __init__(self, han: list[str], latin: list[str]) -> None:
        self.han, self.latin = han, latin


def _content(text: str) -> _Content:
    plain = unicodedata.normalize("NFKC", text).casefold()
    han = plain
    for word in POLITE_ZH:
        han = han.replace(word, " ")
    return _Content(han=_HAN.findall(han), latin=[word for word in _LATIN.findall(plain) if word not in POLITE_EN])


def _pairs(runs: list[str]) -> set[str]:
    return {run[at : at + 2] for run in runs for at in range(len(run) - 1)}


def _stems(words: list[str]) -> set[str]:
    # The first six letters: haemorrhage and haemorrhages, perforation and perforated.
    return {word[:6] for word in words if len(word) >= 3}
