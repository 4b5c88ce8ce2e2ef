"""Ribs and vertebrae by their numbers: 第3、4肋, "third rib", L4/5, 胸12; each number says which bone it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_ORDINALS: Final = (
    "first", "second", "third", "fourth", "fifth", "sixth",
    "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth",
)  # fmt: skip
_HAN: Final = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")
_VALUES: Final = {word: at for words in (_ORDINALS, _HAN) for at, word in enumerate(words, start=1)}
_DIGITS: Final = r"(?<![\d.])\d{1,2}(?!\d)"
_TO: Final = r"\s*(?:[-~–]|至|到|\bto\b|\bthrough\b)\s*"
_AND: Final = r"\s*(?:[、,/&和及与]|\band\b)\s*"
_BETWEEN: Final = rf"(?:{_TO}|{_AND})"
_NUMERAL: Final = rf"(?:{_DIGITS}|十[一二]?|[一二三四五六七八九])"
_ORDINAL: Final = rf"(?:{_DIGITS}(?:st|nd|rd|th)|\b(?:{'|'.join(_ORDINALS)})\b)"
_RIBS: Final = re.compile(
    rf"第(?P<zh>{_NUMERAL}(?:{_BETWEEN}第?{_NUMERAL}){{0,11}})[前后腋侧]?肋"
    rf"|(?P<bare>{_DIGITS}(?:{_BETWEEN}{_DIGITS}){{0,11}})[前后腋侧]?肋"
    # Two ribs are no second one: before the word English has ordinals.
    rf"|(?P<en>(?:(?:{_ORDINAL}|{_DIGITS}){_BETWEEN}){{0,11}}{_ORDINAL})\s+(?:(?:left|right|anterior|posterior|lateral)\s+){{0,2}}ribs?\b"
    rf"|\bribs?\s+(?P<behind>{_DIGITS}(?:{_BETWEEN}{_DIGITS}){{0,11}})(?!\s*(?:%|mm|cm|ml))"
)
_REGIONS: Final = {
    "颈": "c", "胸": "t", "腰": "l", "骶": "s", "cervical": "c", "thoracic": "t", "lumbar": "l", "sacral": "s",
}  # fmt: skip
_BEFORE: Final = {"c": 0, "t": 7, "l": 19, "s": 24}
"""Vertebrae above a region."""
_NO_UNIT: Final = r"(?!\s*(?:%|mm|cm|ml|毫|厘))"
_VERTEBRAE: Final = re.compile(
    rf"(?P<zh_region>[颈胸腰骶])椎?(?P<zh>{_DIGITS}(?:{_BETWEEN}[颈胸腰骶]?{_DIGITS}){{0,11}}){_NO_UNIT}"
    rf"|第(?P<counted>{_NUMERAL}(?:{_BETWEEN}第?{_NUMERAL}){{0,11}})(?P<counted_region>[颈胸腰骶])椎"
    # T2 is a weighting, too.
    rf"|(?<![a-z0-9])(?P<en_region>[ctls])(?P<en>\d{{1,2}}(?:\s*[-/]\s*[ctls]?{_DIGITS}){{0,11}})(?![a-z0-9])"
    r"(?!\s*(?:加权|信号|[高低等长短]|压脂|[- ]weighted|hyper|hypo|signal|flair))"
    rf"|(?P<named>(?:{_ORDINAL}{_BETWEEN}){{0,11}}{_ORDINAL})\s+(?P<named_region>cervical|thoracic|lumbar|sacral)\b"
)
_ONE: Final = re.compile(
    rf"(?P<to>{_TO})?(?:{_AND})?第?(?P<region>[颈胸腰骶]|(?<![a-z])[ctls](?=\d))?"
    rf"(?P<value>\d{{1,2}}|十[一二]?|[一二三四五六七八九]|{'|'.join(_ORDINALS)})(?:st|nd|rd|th)?"
)
_APART: Final = re.compile(_AND)


def measures(text: str) -> frozenset[tuple[str, float]]:
    """The bones of a text in one form (`contradiction.plain`): ribs, and vertebrae from the first cervical one on."""
    ribs = (("rib", one) for match in _RIBS.finditer(text) for one in _each(_list(match), 0))
    vertebrae = (
        ("vertebra", one)
        for match in _VERTEBRAE.finditer(text)
        for one in _each(_list(match), _BEFORE[_region(_region_of(match))])
    )
    return frozenset((*ribs, *vertebrae))


def together(text: str) -> str:
    """A text whose lists of numbers no comma and no "and" takes apart: 第3/4肋."""
    for pattern in (_RIBS, _VERTEBRAE):
        text = pattern.sub(lambda match: _APART.sub("/", match[0]), text)
    return text


def without(text: str) -> str:
    """A text without the numbers; the rib stays: it is a site."""
    text = _RIBS.sub(lambda match: " 肋" if match[0].endswith("肋") else " rib", text)
    return _VERTEBRAE.sub(" ", text)


def _list(match: re.Match[str]) -> str:
    return next(words for name, words in match.groupdict().items() if words and not name.endswith("region"))


def _region_of(match: re.Match[str]) -> str:
    return next(words for name, words in match.groupdict().items() if words and name.endswith("region"))


def _region(word: str) -> str:
    return _REGIONS.get(word, word)


def _each(numbers: str, before: int) -> Iterator[float]:
    """The numbers of a list, with those between the ends of a range."""
    last = None
    for one in _ONE.finditer(numbers):
        before = _BEFORE[_region(one["region"])] if one["region"] else before
        value = before + (_VALUES.get(one["value"]) or int(one["value"]))
        first = last + 1 if last is not None and one["to"] and last < value else value
        yield from map(float, range(first, value + 1))
        last = value
