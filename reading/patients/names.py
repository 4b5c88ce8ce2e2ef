"""Names in Chinese characters and in pinyin: their form for devices, and whether two can belong to one person."""

from __future__ import annotations

import re
from typing import Final

SURNAMES: Final = {
    "仇": "qiu",
    "任": "ren",
    "冼": "xian",
    "区": "ou",
    "华": "hua",
    "单": "shan",
    "召": "shao",
    "员": "yun",
    "宓": "mi",
    "尉迟": "yu chi",
    "万俟": "mo qi",
    "折": "she",
    "曾": "zeng",
    "朴": "piao",
    "查": "zha",
    "洗": "xian",
    "盖": "ge",
    "种": "chong",
    "秘": "bi",
    "缪": "miao",
    "翟": "zhai",
    "覃": "qin",
    "解": "xie",
    "逄": "pang",
    "长孙": "zhang sun",
    "黑": "he",
    "乐": "yue",
}
"""Pinyin of surnames whose characters are pronounced differently in other words."""
TWO_CHARACTERS: Final = frozenset(
    (
        *("欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟"),
        *("公孙", "慕容", "令狐", "宇文", "长孙", "司徒", "司空"),
        *("夏侯", "端木", "百里", "东郭", "南宫", "呼延", "万俟"),
        *("闻人", "轩辕", "鲜于", "独孤", "拓跋", "淳于", "濮阳"),
    )
)
"""Surnames of two characters."""
U_UMLAUT: Final = {"lv": "lyu", "nv": "nyu", "lve": "lyue", "nve": "nyue"}
"""GB/T 28039: how passports and devices write u with two dots."""
_IDEOGRAPH: Final = re.compile("[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


def is_chinese(text: str) -> bool:
    """Whether a name holds Chinese characters."""
    return _IDEOGRAPH.search(text) is not None


def for_devices(name: str) -> tuple[str, str]:
    """A name as the alphabetic and the ideographic group of a person name (PS3.5 6.2.1): family name before ``^``.

    The alphabetic one is pinyin in capitals, as consoles write it; the ideographic one is empty for a name
    without Chinese characters, and then the alphabetic one is the name as it is.
    """
    plain = " ".join(name.replace("^", " ").replace("=", " ").replace("\\", " ").split())
    if not is_chinese(plain):
        return plain, ""
    if any(mark in plain for mark in "·•・ ") or not _IDEOGRAPH.match(plain):
        return " ".join(_syllables(plain)).upper(), plain  # a name of a minority has no family name in front
    bare = "".join(plain.split())
    cut = 2 if bare[:2] in TWO_CHARACTERS and len(bare) > 2 else 1
    family, given = bare[:cut], bare[cut:]
    spelled = "^".join(part for part in ("".join(_family(family)), "".join(_syllables(given))) if part)
    return spelled.upper(), "^".join(part for part in (family, given) if part)


def may_be_one(dicom: str, name: str) -> bool:
    """Whether a DICOM person name (PS3.5 6.2 PN) can be that of somebody called ``name``.

    Each component group is compared for itself, without case, spaces and ``^``; a romanised group also
    with the pinyin of ``name`` in either order of family and given name. An empty name can be
    anybody's.
    """
    groups = [letters for letters in (_letters(group) for group in dicom.split("=")) if letters]
    if not groups or not _letters(name):
        return True
    wanted = _spellings(name)
    return any(group in wanted for group in groups)


def says_a_name(dicom: str) -> bool:
    """Whether a DICOM person name holds anything."""
    return bool(_letters(dicom))


def person_name(dicom: str) -> str:
    """A name as people write it, from a DICOM person name (PS3.5 6.2 PN): the ideographic group where there is one."""
    groups = dicom.split("=")
    chosen = next((group for group in (*groups[1:2], *groups[:1], *groups[2:]) if group.strip("^ ")), "")
    parts = [part.strip() for part in chosen.split("^") if part.strip()]
    ideographic = any("\u2e80" <= letter <= "\U0003ffff" for letter in chosen)
    return ("" if ideographic else " ").join(parts)


def _spellings(name: str) -> frozenset[str]:
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415 -- its dictionary is slow to load and seldom needed

    plain = _letters(name)
    parts = [part for part in name.replace("^", " ").split() if part]
    spelled = [_letters(syllable) for syllable in lazy_pinyin(name, style=Style.NORMAL, errors="default")]
    spelled = [syllable for syllable in spelled if syllable]
    known = [surname for surname in (plain[:2], plain[:1]) if surname in SURNAMES]
    readings = [spelled, *([*SURNAMES[surname].split(), *spelled[len(surname) :]] for surname in known)]
    readings += [[U_UMLAUT.get(syllable, syllable) for syllable in reading] for reading in readings]
    turned = {"".join(reading[cut:] + reading[:cut]) for reading in readings for cut in range(len(reading))}
    return frozenset({plain, _letters("".join(reversed(parts))), *turned})


def _family(characters: str) -> list[str]:
    known = SURNAMES.get(characters)
    return known.split() if known else _syllables(characters)


def _syllables(characters: str) -> list[str]:
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415 -- see above

    spelled = lazy_pinyin(characters, style=Style.NORMAL, errors="default")
    found = ("".join(letter for letter in one if letter.isalnum() and letter.isascii()) for one in spelled)
    return [U_UMLAUT.get(one, one) for one in found if one]


def _letters(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())
