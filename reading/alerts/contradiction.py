"""What a read-back says otherwise than it was told: another side, another measure, or that it is not there."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from enum import StrEnum
from typing import Final

from reading.alerts import bone_numbers
from reading.checks import side_words, vocabulary
from reading.checks.clauses import clauses

Words = Callable[[str], AbstractSet[str]]
"""The words of a text that say something of a finding: pairs of characters, stems of words, codes of both languages."""


class Contradiction(StrEnum):
    SIDE = "other_side"
    DENIED = "denied"
    """It says that what was found is not there, or that what was not found is."""
    NUMBER = "other_number"


_BOTH: Final = frozenset("LR")
HAN: Final = re.compile(r"[\u3400-\u9fff]")
_PARTS: Final = re.compile(r"[，,、；;。！!？?\n]|\.(?=\s|$)|\b(?:and|with|but)\b|伴|合并|但")
_DIRECTION: Final = re.compile(r"\b(?:to|towards?|into) (?:the )?(?:left|right)\b|[向偏朝往][左右]侧?")
_NORMAL: Final = re.compile(r"正常|无殊|对侧|健侧|\b(?:normal|unremarkable|clear|contralateral)\b")
_SHORT_SIDE: Final = re.compile(r"(?<![a-z0-9/.'-])(?<!\d )([lr])t?(?![a-z])\.?(?! ?\d)(?![a-z0-9/'-])")
"""L is a litre behind a number, and a vertebra before one; r/o is no side."""
_EACH_SIDE: Final = re.compile(
    r"左侧?\s?(?:[、和及与]|以及)\s?右侧?|右侧?\s?(?:[、和及与]|以及)\s?左侧?"
    r"|\bleft (?:and|&) right\b|\bright (?:and|&) left\b"
)
"""Two sides of one noun: 左、右侧气胸."""
_NUMBER: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(%|percent|mm|毫米|cm|厘米|ml|毫升|hu)")
_SCALE: Final = {
    "%": ("%", 1), "percent": ("%", 1), "mm": ("mm", 1), "毫米": ("mm", 1), "cm": ("mm", 10), "厘米": ("mm", 10),
    "ml": ("ml", 1), "毫升": ("ml", 1), "hu": ("hu", 1),
}  # fmt: skip


def found(said: str, *, names: Sequence[str], findings: Sequence[str], words: Words) -> Contradiction | None:
    """The first thing that ``said`` says otherwise than the finding that it is about; None where nothing does.

    ``names`` are those of the class. Each part of what was said is compared with the findings that it shares most words
    with, a part that shares none with those of the part before; where these are several, agreeing with one will do.
    What is left out contradicts nothing: somebody who names no side names no other. Both sides may be told by one word
    or by two, and read back by either.
    """
    whole = plain(said)
    told, called = [plain(one) for one in findings], [plain(name) for name in names]
    about = told
    for part in parts(whole):
        about = _nearest(words(part), told, words(" ".join(called)), words) or about
        together = ["；".join(about)] if _is_of_each(part, about, called, words) else []
        against = [_against(part, one, called, words, whole) for one in (*about, *together)]
        if against and all(against):
            return against[0]
    return None


def plain(text: str) -> str:
    """One form of a text, with sides in full: R 侧, rt and Lt. are right and left, 左、右侧 are 双侧."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    full = bone_numbers.together(_SHORT_SIDE.sub(lambda match: " right " if match[1] == "r" else " left ", folded))
    return _EACH_SIDE.sub(lambda match: "双侧" if match[0][0] in "左右" else "bilateral", full)


def parts(text: str) -> list[str]:
    """The parts of a text in one form, each of which names its own side; where something moved to is no side."""
    return _PARTS.split(_DIRECTION.sub(" ", text))


def is_normal(part: str) -> bool:
    """Whether a part speaks of what is as it should be, or of the other, healthy side."""
    return bool(_NORMAL.search(part))


def measures(text: str) -> frozenset[tuple[str, float]]:
    """Measures of a text in one form with their unit, lengths in millimetres, and its ribs and vertebrae by number."""
    read = ((float(match[1]), *_SCALE[match[2]]) for match in _NUMBER.finditer(text))
    return frozenset((kind, round(number * scale, 3)) for number, kind, scale in read) | bone_numbers.measures(text)


def without_measures(text: str) -> str:
    """A text in one form without what `measures` reads."""
    return _NUMBER.sub(" ", bone_numbers.without(text))


def _is_of_each(part: str, about: Sequence[str], names: Sequence[str], words: Words) -> bool:
    """Whether a part that names both sides says nothing that one of several findings does not say."""
    if len(about) < 2 or "B" not in side_words.named(part):
        return False
    called = words("；".join(names))
    return all(words(part) <= words(one) | (called if words(one) & called else set()) for one in about)


def _nearest(of_part: AbstractSet[str], told: Sequence[str], of_names: AbstractSet[str], words: Words) -> Sequence[str]:
    """The findings that share most words with a part; of one that names the class, those that are told in its words."""
    shared = [len(words(one) & of_part) for one in told]
    if any(shared):
        return [one for one, number in zip(told, shared, strict=True) if number == max(shared)]
    return [one for one in told if words(one) & of_names] if of_part & of_names else []


def _against(part: str, finding: str, names: Sequence[str], words: Words, whole: str) -> Contradiction | None:
    if _is_other_side(part, finding, words("；".join((finding, *names))), words, whole):
        return Contradiction.SIDE
    if _is_denied(whole, words(part), finding, names, words):
        return Contradiction.DENIED
    return Contradiction.NUMBER if _is_other_number(part, finding) else None


def _is_other_side(said: str, finding: str, known_by: AbstractSet[str], words: Words, whole: str) -> bool:
    told, every = list(_sided(finding, words)), list(_sided(whole, words))
    everything = frozenset[str]().union(*(of for of, _ in told))
    for named, about in _sided(said, words):
        same = frozenset[str]().union(*(of for of, known in told if known & about)) or everything
        # 左侧气胸，右侧气胸: one of both sides, and the other one beside it. 左侧气胸，右侧没有 is one alone.
        beside = named.union(*(of for of, known in every if known & about & known_by))
        if not _fits(named, same) and not ("B" in same and _fits(beside, same)):
            return True
    return False


def _fits(named: AbstractSet[str], told: AbstractSet[str]) -> bool:
    if not told or named == told:
        return True
    if "B" in named or "B" in told:
        return (named | told) <= _BOTH | {"B"} and (named if "B" in told else told) >= _BOTH
    return named <= told


def _sided(text: str, words: Words) -> Iterator[tuple[frozenset[str], AbstractSet[str]]]:
    """The parts of a sentence that name a side of something found there: the sides, and the words beside them."""
    for part in parts(text):
        named = side_words.named(part)
        denied = _polarity(part, words(part))
        if named and not is_normal(part) and (not denied or False in denied.values()):
            yield named, words(part)


def _is_denied(whole: str, said: AbstractSet[str], finding: str, names: Sequence[str], words: Words) -> bool:
    of_finding = words(finding)
    told = [finding, *(name for name in names if not is_normal(name))]
    shared = said & words(" ".join(told))
    here = _polarity(whole, shared)
    for word in shared & here.keys():
        if word not in of_finding and shared & of_finding and not _is_of_language(word, finding):
            continue  # the finding names it in the other language
        there = _polarity(finding if word in of_finding else " ".join(told[1:]), {word}).get(word)
        if here[word] is not None and there is not None and here[word] is not there:
            return True
    return False


def _is_of_language(word: str, text: str) -> bool:
    return bool(HAN.search(word)) is bool(HAN.search(text))


def _polarity(text: str, words: AbstractSet[str]) -> dict[str, bool | None]:
    """Of each word that the text has, whether it is denied wherever it stands; None where it is both."""
    found: dict[str, bool | None] = {}
    for clause in clauses(text):
        for word in words:
            for match in vocabulary.matches(word, clause.text):
                denied = clause.is_denied(match)
                found[word] = denied if found.get(word, denied) is denied else None
    return found


def _is_other_number(said: str, finding: str) -> bool:
    told = measures(finding)
    kinds = {kind for kind, _ in told}
    return any(one not in told for one in measures(said) if one[0] in kinds)
