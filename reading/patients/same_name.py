"""Whether two writings of a name can be one person's: characters, pinyin, order, glyphs, or nothing to compare."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Final

from reading.patients.glyphs import standard_glyphs
from reading.patients.names import FAMILY_NAMES, SURNAMES, TWO_CHARACTERS, is_chinese


class Answer(StrEnum):
    """What comparing one fact, or all facts, of two persons says."""

    AGREES = "agrees"
    SILENT = "silent"
    """One of the two says nothing that could be compared: it decides nothing."""
    DIFFERS = "differs"


NOBODY: Final = frozenset(
    (
        *("test", "tests", "testing", "testpatient", "patienttest", "phantom", "dummy", "demo", "qa", "qc"),
        *("anonymous", "anonymized", "anonymised", "anonymouspatient", "anon", "deidentified", "removed"),
        *("unknown", "unknownpatient", "unnamed", "noname", "nobody", "none", "null", "nil", "patient"),
        *("emergency", "johndoe", "doejohn", "janedoe", "doejane"),
        *("测试", "试验", "匿名", "无名", "无名氏", "佚名", "未知", "不详"),
        *("病人", "患者", "急诊", "姓名", "无", "某", "某某"),
        *("无名男", "无名女", "未知男", "未知女", "三无"),
    )
)
"""Names that stand for nobody, as `_letters` writes them and without a number behind."""
_U: Final = re.compile("[üǖǘǚǜ]|u:")
_READINGS_OF_V: Final = ("v", "yu", "u")
"""How consoles write u with two dots, which `pypinyin` writes v."""
_GAP: Final = "[?\uff1f\ufffd]+"
"""Marks of characters that were lost on the way."""
_LONGEST: Final = 40
"""Characters; a longer text is no name that could be spelled."""


def compare_names(said: str, known: str) -> Answer:
    """What ``said``, a DICOM person name (PS3.5 6.2 PN) or one as people write it, says of somebody called ``known``.

    Each component group is compared for itself, and one that contradicts outweighs another that agrees: the
    characters of two persons may be spelled alike. Initials and a family name alone decide nothing.
    """
    if says_nobody(known):
        return Answer.SILENT
    answers = {_compare_group(group, known) for group in said.split("=") if _letters(group) or _has_gap(group)}
    if Answer.DIFFERS in answers:
        return Answer.DIFFERS
    return Answer.AGREES if Answer.AGREES in answers else Answer.SILENT


def says_nobody(name: str) -> bool:
    """Whether a name is blank, a placeholder such as ``TEST`` or 无名氏, or marks of what could not be read."""
    letters = _letters(name)
    return (
        not letters.strip("0123456789x") or letters.rstrip("0123456789") in NOBODY or name.strip("^ ").upper() == "N/A"
    )


def _compare_group(group: str, known: str) -> Answer:
    answers = [_compare_reading(reading, known) for reading in (group, *_reread(group))]
    if Answer.AGREES in answers:
        return Answer.AGREES
    return Answer.SILENT if says_nobody(group) else answers[0]


def _compare_reading(said: str, known: str) -> Answer:
    said, known = unicodedata.normalize("NFKC", said), unicodedata.normalize("NFKC", known)
    if _has_gap(said):
        return _compare_with_gaps(said, known)
    chinese = is_chinese(said), is_chinese(known)
    if chinese == (True, True):
        return _compare_characters(said, known)
    if chinese == (False, False):
        return _compare_words(_words(said), _words(known))
    spelled, characters = (known, said) if chinese[0] else (said, known)
    return _compare_pinyin(spelled, characters)


def _reread(text: str) -> Iterator[str]:
    """What a text says whose bytes were read in another character set: GB 18030 as Latin-1, UTF-8 as either."""
    for taken_for, meant in (("latin-1", "gb18030"), ("latin-1", "utf-8"), ("gb18030", "utf-8")):
        try:
            again = text.encode(taken_for).decode(meant)
        except UnicodeError:
            continue
        if again != text and is_chinese(again):
            yield again


# -- characters with characters


def _compare_characters(said: str, known: str) -> Answer:
    ours, theirs = _letters(known), _letters(said)
    parts = [letters for letters in map(_letters, _parts(said)) if letters]
    their_parts = [letters for letters in map(_letters, _parts(known)) if letters]
    # 小丽^王: the family name comes last where the first part is none.
    turned = len(parts) > 1 and not _is_family_name(parts[0])
    if theirs == ours or (turned and "".join(reversed(parts)) == ours):
        return Answer.AGREES
    if len(their_parts) > 1 and sorted(parts) == sorted(their_parts):
        return Answer.AGREES  # a name of two parts, as 阿依古丽·买买提, has no family name in front
    shorter, longer = sorted((theirs, ours), key=len)
    family = longer[: _family_length(longer)]
    return Answer.SILENT if shorter in (family, longer[len(family) :]) else Answer.DIFFERS


def _is_family_name(letters: str) -> bool:
    return letters in FAMILY_NAMES or letters in SURNAMES or letters in TWO_CHARACTERS


def _family_length(characters: str) -> int:
    return 2 if characters[:2] in TWO_CHARACTERS and len(characters) > 2 else 1


# -- pinyin with characters


def _compare_pinyin(spelled: str, characters: str) -> Answer:
    name, parts = _letters(characters), [_letters(part) for part in _parts(characters)]
    texts = {_romanised(spelled), _romanised("^".join(spelled.split("^")[:3]))}  # the latter without a title
    texts.discard("")
    if not texts:
        return Answer.SILENT  # another script, such as a phonetic group in kana
    if len(name) > _LONGEST:
        return Answer.DIFFERS
    syllables = [_readings(name, place) for place in range(len(name))]
    cuts = {0, 1, _family_length(name), len(parts[0])} | ({2} if len(name) == 4 else set[int]())
    whole = [syllables[cut:] + syllables[:cut] for cut in cuts]
    if any(_spells(text, order) for text in texts for order in whole):
        return Answer.AGREES
    initials = [frozenset(spelled[0] for spelled in one) for one in syllables]
    short = [[one | {spelled[0] for spelled in one} for one in order] for order in whole]
    short += [part for cut in cuts for part in (syllables[:cut], syllables[cut:]) if part]
    short += [syllables[:cut] + initials[cut : cut + 1] for cut in cuts if cut]
    return Answer.SILENT if any(_spells(text, part) for text in texts for part in short) else Answer.DIFFERS


def _spells(text: str, syllables: Sequence[frozenset[str]]) -> bool:
    """Whether ``text`` is one reading of each syllable after the other."""
    ends = {0}
    for syllable in syllables:
        ends = {at + len(one) for at in ends for one in syllable if text.startswith(one, at)}
    return len(text) in ends


@lru_cache(maxsize=4096)
def _readings(name: str, place: int) -> frozenset[str]:
    """How the character at ``place`` of a name may be spelled, without tone."""
    from pypinyin import Style, pinyin  # noqa: PLC0415 -- its dictionary is slow to load and seldom needed

    if not is_chinese(name[place]):
        return frozenset({name[place]})
    spoken = {one for each in pinyin(name[place], style=Style.NORMAL, heteronym=True, errors="ignore") for one in each}
    family = SURNAMES.get(name[: _family_length(name)], "").split()
    spoken |= set(family[place : place + 1])
    plain = {_romanised(one) for one in spoken} - {""}
    return frozenset(one.replace("v", u) for one in plain for u in _READINGS_OF_V) or frozenset({name[place]})


def _romanised(text: str) -> str:
    """Letters of pinyin alone: without tones, case, spaces and hyphens; u with two dots is v."""
    plain = _U.sub("v", text.casefold())
    return "".join(letter for letter in unicodedata.normalize("NFD", plain) if letter.isascii() and letter.isalpha())


# -- words with words


def _compare_words(said: Sequence[str], known: Sequence[str]) -> Answer:
    ours, theirs = "".join(known), "".join(said)
    if ours.isascii() != theirs.isascii():
        return Answer.SILENT  # another script, which no machine compares
    turned = {"".join([*known[cut:], *known[:cut]]) for cut in range(len(known))}
    if theirs in turned or sorted(said) == sorted(known) or set(known) < set(said):
        return Answer.AGREES
    left = list(known)
    for word in said:
        meant = next((one for one in left if one == word or (len(word) == 1 and one.startswith(word))), None)
        if meant is None:
            return Answer.DIFFERS
        left.remove(meant)
    return Answer.SILENT


# -- marks of what could not be read


def _has_gap(text: str) -> bool:
    return re.search(_GAP, text) is not None


def _compare_with_gaps(said: str, known: str) -> Answer:
    """What is left of a name of which marks stand for lost characters: it never agrees, but it may contradict."""
    rests = [rest for rest in map(_letters, re.split(_GAP, said)) if rest]
    if not rests or says_nobody(said):
        return Answer.SILENT
    written = [_letters(known)]
    if is_chinese(known) and not is_chinese(said):
        name = written[0][:_LONGEST]
        written = ["".join(min(_readings(name, place)) for place in range(len(name)))]
    fits = all(any(rest in one for one in written) for rest in rests)
    return Answer.SILENT if fits else Answer.DIFFERS


# -- what a text holds


def _parts(name: str) -> list[str]:
    """The parts of a name: what DICOM, spaces and the dots of minorities' names keep apart."""
    return [part for part in re.split(r"[\^\s·•・‧⋅∙▪.,，、]+", name) if part]


def _words(name: str) -> list[str]:
    return [letters for letters in map(_letters, _parts(name)) if letters]


def _letters(text: str) -> str:
    """Letters and digits alone, without case, accents of Latin letters and old glyphs."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return standard_glyphs("".join(letter for letter in plain if letter.isalnum()))
