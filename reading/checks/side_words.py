"""Words for sides: left, right and both as reports write them; views and directions are none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

# 左右 and 左心 are no side of what was examined; 左侧位 and 右前斜位 are views; 向左移位 is a direction.
_NO_SIDE: Final = "心室房冠前后斜倾偏旋移利"
_WORDS: Final = re.compile(
    rf"(?P<B>双侧|两侧|双(?=[手足膝髋肩肘腕踝肾乳眼耳肺])|\b(?:both|bilateral(?:ly)?)\b)"
    rf"|(?P<L>(?<![向偏朝往靠])左(?!右|侧(?:位|卧|弯)|[{_NO_SIDE}])"
    r"|\bleft\b(?![ -](?:hand(?:ed)|in place|in situ|lateral|anterior oblique|posterior oblique|ventric|atri)))"
    rf"|(?P<R>(?<![左向偏朝往靠])右(?!侧(?:位|卧|弯)|[{_NO_SIDE}])"
    r"|\bright\b(?![ -](?:hand(?:ed)|angle|away|lateral|anterior oblique|posterior oblique|ventric|atri)))",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class SideWord:
    side: str
    """L, R, or B for both in one word."""
    start: int
    end: int
    words: str


def in_text(text: str) -> Iterator[SideWord]:
    """The words for sides in a text, in their order."""
    for match in _WORDS.finditer(text):
        yield SideWord(side=str(match.lastgroup), start=match.start(), end=match.end(), words=match[0])


def named(text: str) -> frozenset[str]:
    """The sides that a text names."""
    return frozenset(one.side for one in in_text(text))
