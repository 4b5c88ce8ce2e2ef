"""Words of politeness: what a read-back says beside the finding, that somebody heard it and will see to it."""

from __future__ import annotations

import re
from typing import Final

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
LATIN: Final = re.compile(r"[a-z0-9]+")


def without(text: str, words: tuple[str, ...]) -> str:
    """A text without some words, each taken out in its turn."""
    for word in words:
        text = text.replace(word, " ")
    return text


def beside(text: str) -> str:
    """What stands beside politeness in a text in one form (`contradiction.plain`)."""
    return LATIN.sub(lambda match: " " if match[0] in POLITE_EN else match[0], without(text, POLITE_ZH))
