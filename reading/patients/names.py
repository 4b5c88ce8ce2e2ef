"""Names in Chinese characters and in pinyin: their form for devices and for people, and what family names there are."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from reading.errors import Invalid
from reading.patients.beside import compact, parted
from reading.patients.glyphs import standard_glyphs
from storage.index.initials import initials
from storage.index.name_forms import folded, forms

NAMELESS: Final = "无名氏"
"""How hospitals call somebody whose name nobody knows; part of their number follows, which may be letters."""
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
FAMILY_NAMES: Final = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏"
    "韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰"
    "焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳欧管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦"
    "麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝官封谈匡鞠惠荆乐"
)
"""Family names of one character, the most frequent first: which part of ``小丽^王`` is the family's."""
U_UMLAUT: Final = {"lv": "lyu", "nv": "nyu", "lve": "lyue", "nve": "nyue"}
"""GB/T 28039: how passports and devices write u with two dots."""
_IDEOGRAPH: Final = re.compile("[\u2e80-\u2fdf\u3005\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


def is_chinese(text: str) -> bool:
    """Whether a name holds Chinese characters."""
    return _IDEOGRAPH.search(text) is not None


def for_devices(name: str) -> tuple[str, str]:
    """A name as the alphabetic and the ideographic group of a person name (PS3.5 6.2.1): family name before ``^``.

    The alphabetic one is pinyin in capitals, as consoles write it; the ideographic one is empty for a name
    without Chinese characters, and then the alphabetic one is the name as it is. Where letters were typed beside the
    characters, they are the alphabetic one: no name goes out twice.
    """
    characters, letters = _apart(name)
    if letters:
        spelled, ideographic = for_devices(characters)
        said = " ".join(letters).upper()
        return (spelled if _spell(letters, spelled) else said), ideographic
    plain = _plain(name)
    if not is_chinese(plain):
        return plain, ""
    if any(mark in plain for mark in "·•・ ") or not _IDEOGRAPH.match(plain):
        return " ".join(_syllables(plain)).upper(), plain  # a name of a minority has no family name in front
    bare = "".join(plain.split())
    cut = 2 if bare[:2] in TWO_CHARACTERS and len(bare) > 2 else 1
    family, given = bare[:cut], bare[cut:]
    spelled = "^".join(part for part in ("".join(_family(family)), "".join(_syllables(given))) if part)
    return spelled.upper(), "^".join(part for part in (family, given) if part)


def one_spelling(field: str, typed: str) -> str:
    """A name for a field that takes a name as people write it: characters or letters.

    Letters beside the characters that they spell are left out, for `for_devices` spells them so.

    Raises:
        Invalid: letters beside characters that they do not spell: another name, or another reading.

    """
    characters, letters = _apart(typed)
    if not letters:
        return typed
    spelled, ideographic = for_devices(characters)
    if ideographic and not _IDEOGRAPH.sub("", bare(characters)) and _spell(letters, spelled):
        return characters
    raise Invalid(field, "two_spellings")


def corrected_name(typed: str) -> str:
    """As `one_spelling`, of an attribute PatientName: of each group of one that was typed as devices write it."""
    groups = typed.split("=")
    named = [group for group in groups if group.strip()]
    if len(named) == 1:
        return typed.replace(named[0], one_spelling("name", named[0]))
    if any(_apart(group)[1] for group in groups):
        raise Invalid("name", "two_spellings")
    return typed


def in_groups(typed: str) -> str:
    """A name that a person typed as a DICOM person name (PS3.5 6.2.1): pinyin, then the characters.

    A phonetic group is dropped, since it would spell the earlier name; groups that were typed stay otherwise.
    """
    groups = typed.split("=")
    named = [group for group in groups if group.strip()]
    if len(named) != 1 or not is_chinese(named[0]):
        return "=".join(groups[:2]).rstrip("=")
    characters = named[0].strip()
    if "^" not in characters:
        alphabetic, ideographic = for_devices(characters)
        return f"{alphabetic}={ideographic}"
    family, *given = characters.split("^")
    spelled = ["".join(_family(family)), *("".join(_syllables(each)) for each in given)]
    return f"{'^'.join(spelled).upper()}={characters}"


@dataclass(frozen=True, kw_only=True)
class Written:
    """A name as people write it, in parts that a form can ask for."""

    characters: str = field(default="", repr=False)
    """In Chinese characters, family name first and nothing between."""
    family: str = field(default="", repr=False)
    """In Latin letters."""
    given: str = field(default="", repr=False)
    """In Latin letters, with the middle names."""


def as_written(dicom: str) -> Written:
    """A DICOM person name (PS3.5 6.2.1) as people write it; what has no Chinese character is Latin letters."""
    alphabetic, ideographic = _two_groups(dicom)
    if not ideographic and is_chinese(alphabetic):
        alphabetic, ideographic = "", alphabetic
    family, *others = (part.strip() for part in alphabetic.split("^"))
    return Written(characters=_joined(ideographic), family=family, given=" ".join(part for part in others[:2] if part))


def from_written(typed: Written, before: str) -> str:
    """The DICOM person name of what somebody typed over what `as_written` made of ``before``.

    What is as it was keeps its form. Where the characters changed and the letters did not, these are pinyin of the new
    ones: nobody keeps another's name in letters. A name that was typed as devices write it, with ``^`` or ``=``, is
    one already.

    Raises:
        Invalid: letters among the characters that do not spell them, or characters among the letters.

    """
    was = as_written(before)
    if typed == was:
        return before
    characters = corrected_name(typed.characters.strip())
    if any(mark in characters for mark in "^="):
        return characters
    latin, kept = (typed.family, typed.given), (was.family, was.given)
    if characters and latin != kept and any(map(is_chinese, latin)):
        raise Invalid("name", "two_spellings")
    changed = characters != was.characters
    if not any(latin) or (characters and latin == kept and (changed or not is_chinese(characters))):
        return in_groups(characters)
    rest = _two_groups(before)[0].split("^")[3:5]
    spelled = "^".join([*map(_plain, latin), *(["", *rest] if any(rest) else [])]).rstrip("^")
    return f"{spelled}={for_devices(characters)[1] or characters}" if characters else spelled


def _apart(name: str) -> tuple[str, list[str]]:
    return (name, []) if name.startswith(NAMELESS) else parted(name, _IDEOGRAPH)


def _spell(letters: list[str], spelled: str) -> bool:
    """Whether letters are this pinyin, the family name in front or behind."""
    family, _, given = spelled.partition("^")
    return compact("".join(letters)) in {compact(family + given), compact(given + family)}


def _two_groups(dicom: str) -> tuple[str, str]:
    alphabetic, ideographic, *_ = (*dicom.split("="), "", "")
    return alphabetic.strip(), ideographic.strip()


def _joined(group: str) -> str:
    parts = [part.strip() for part in group.split("^") if part.strip()]
    return ("" if is_chinese(group) else " ").join(parts)


def _plain(part: str) -> str:
    return " ".join(part.replace("^", " ").replace("=", " ").replace("\\", " ").split())


def search_forms(name: str) -> dict[str, str]:
    """The columns of a patient by which the registered name is sought: characters, pinyin and initials."""
    alphabetic, ideographic = map(folded, for_devices(name))
    shown = ideographic or alphabetic
    return {
        **dict(zip(("name_joined", "name_turned"), forms(shown), strict=True)),
        **dict(zip(("pinyin_joined", "pinyin_turned"), forms(alphabetic), strict=True)),
        "initials": initials(_parted(name), ideographic) if ideographic else initials(alphabetic),
    }


def bare(name: str) -> str:
    """A name without case, spaces, old glyphs and the dot between the parts of a minority's name."""
    return standard_glyphs("".join(name.split()).replace("·", "")).casefold()


def person_name(dicom: str) -> str:
    """A name as people write it, from a DICOM person name (PS3.5 6.2 PN): the ideographic group where there is one."""
    groups = dicom.split("=")
    chosen = next((group for group in (*groups[1:2], *groups[:1], *groups[2:]) if group.strip("^ ")), "")
    parts = [part.strip() for part in chosen.split("^") if part.strip()]
    ideographic = any("\u2e80" <= letter <= "\U0003ffff" for letter in chosen)
    return ("" if ideographic else " ").join(parts)


def _parted(name: str) -> str:
    """The pinyin of a Chinese name with its syllables apart: FANG AN of 方安 is not FAN GAN."""
    plain = "".join(name.split())
    cut = 2 if plain[:2] in TWO_CHARACTERS else 1
    return " ".join([*_family(plain[:cut]), *_syllables(plain[cut:])])


def _family(characters: str) -> list[str]:
    known = SURNAMES.get(characters)
    return known.split() if known else _syllables(characters)


def _syllables(characters: str) -> list[str]:
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415 -- see above

    spelled = lazy_pinyin(characters, style=Style.NORMAL, errors="default")
    found = ("".join(letter for letter in one if letter.isalnum() and letter.isascii()) for one in spelled)
    return [U_UMLAUT.get(one, one) for one in found if one]
