"""Whether a report says what was read back: each part that is of the finding, with its side and its measures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Final

from reading.alerts import contradiction, polite_words
from reading.alerts.contradiction import Words
from reading.checks import side_words, vocabulary
from reading.checks.clauses import Clause, clauses

Measures = frozenset[tuple[str, float]]
_BOTH: Final = frozenset("LR")
_NOTHING: Final = frozenset[str]()
_NOTHING_MEASURED: Final = Measures()
_SENTENCE_END: Final = re.compile(r"([。；;！!？?\n]|\.(?=\s|$))")
_ITEM: Final = re.compile(r"^\s*[(（]?\d{1,2}[.、)）]")
_SAYS_SOMETHING: Final = re.compile(r"[^\W_]")
_ASKED: Final = "?"
"""The doubt of a sentence that ends as a question."""


@dataclass(frozen=True, kw_only=True)
class _Part:
    words: AbstractSet[str]
    """Those of the part before where it has none of its own: 气胸，左侧."""
    denied: AbstractSet[str]
    """Which of them are said not to be there."""
    codes: frozenset[str]
    """The findings among them that the vocabulary knows."""
    places: frozenset[str]
    meanings: frozenset[str]
    """All that the vocabulary knows of it, in whichever language, the places included."""
    is_known: bool
    """The vocabulary knows every word of its sentence: only then do two languages compare."""
    is_chinese: bool
    doubts: frozenset[str] = _NOTHING
    """Words that leave it open or take it back: of its clause, or of what is said of it behind."""
    sides: frozenset[str] = _NOTHING
    """L and R; one word for both sides names each."""
    measures: Measures = _NOTHING_MEASURED
    is_past: bool = False


def says(report: str, *, read_back: str, told: Sequence[str], words: Words) -> bool:
    """Whether a report states what was read back; ``told`` is the class in each language, and what was found of it.

    What it leaves out it does not state: a report without the side or the measure that was read back, or without words
    of the finding, says nothing of the difference. Neither does one that names another side or measure of it, or an
    earlier state, or that leaves it open or takes it back; nor, in another language, one that cannot be understood
    whole.
    """
    known = words("；".join(map(contradiction.plain, told)))
    heard = polite_words.beside(contradiction.plain(read_back))
    asked = [one for part in _parts(heard, words) if (one := _of_finding(part, known)) is not None]
    said = [one for one in _parts(contradiction.plain(report), words) if not one.is_past]
    known = frozenset(known).union(*(one.words for one in asked))
    kinds = {kind for kind, _ in _measures(asked)}
    measured = _measures(one for one in said if one.words & known)
    return (
        bool(asked)
        and all(_is_stated(one, said) for one in asked)
        and frozenset(one for one in measured if one[0] in kinds) == _measures(asked)
    )


def _of_finding(part: _Part, known: AbstractSet[str]) -> _Part | None:
    """A part of the read-back by its words of the finding; None where it says nothing that could differ."""
    if part.words & known:
        return replace(part, words=part.words & known)
    return part if part.sides or part.measures else None


def _is_stated(one: _Part, said: Sequence[_Part]) -> bool:
    """One part has all the words of another in the same sense, none denies them, and they stand with no other side."""
    if one.measures and not one.sides and not one.codes:
        return True  # 压缩约 30%: the measures are compared as a whole
    is_denied = bool(one.denied & one.words)
    about = [other for other in said if other.words & one.words]
    same = [other for other in about if bool(other.denied & one.words) is is_denied]
    if any(other.doubts != one.doubts or (_is_of_side(other, one) and not _compares(other, one)) for other in about):
        return False
    if any(other not in same and _is_of_side(other, one) for other in about if _has_all(other, one)):
        return False
    named = _NOTHING.union(*(other.sides for other in same))
    is_of_sides = named == one.sides if one.sides else not is_denied or named in (_NOTHING, _BOTH)
    return is_of_sides and any(_has_all(other, one) for other in same)


def _compares(other: _Part, one: _Part) -> bool:
    """Words of one language do; those of two where the vocabulary knows them all."""
    return one.is_chinese is other.is_chinese or (one.is_known and other.is_known)


def _has_all(other: _Part, one: _Part) -> bool:
    """Every word and place; in another language, the same and nothing besides."""
    if one.is_chinese is other.is_chinese:
        return one.words <= other.words and one.places <= other.places
    return one.is_known and other.is_known and one.meanings == other.meanings


def _is_of_side(other: _Part, one: _Part) -> bool:
    return not other.sides or not one.sides or bool(other.sides & one.sides)


def _measures(parts: Iterable[_Part]) -> Measures:
    return _NOTHING_MEASURED.union(*(one.measures for one in parts))


def _parts(text: str, words: Words) -> list[_Part]:
    """The parts of a text in one form, each with what is said of it."""
    found: list[_Part] = []
    part_of = _Part(
        words=_NOTHING, denied=_NOTHING, codes=_NOTHING, places=_NOTHING, meanings=_NOTHING, is_known=True,
        is_chinese=False,
    )  # fmt: skip
    for sentence, is_asked in _sentences(text):
        is_known = not _SAYS_SOMETHING.search(vocabulary.unknown(contradiction.without_measures(sentence)))
        before = len(found)
        for clause in clauses(sentence):
            doubts, taken_back = clause.doubts(), clause.takes_back()
            if not vocabulary.codes(clause.text) and not _sides(clause.text):
                # 左侧气胸，可能性不大: of its sentence. This was reported in error: of all before.
                _doubt(found, before, doubts)
                _doubt(found, 0, taken_back)
            for part in contradiction.parts(clause.text):
                if words(part):
                    part_of = _part(part, clause, words)
                if part.strip() and not contradiction.is_normal(part):
                    found.append(
                        replace(
                            part_of,
                            is_known=part_of.is_known and is_known,
                            doubts=doubts | taken_back,
                            sides=_sides(part),
                            measures=contradiction.measures(part),
                            is_past=clause.is_past(),
                        )
                    )
        if is_asked:
            _doubt(found, before, frozenset({_ASKED}))
    return found


def _doubt(found: list[_Part], since: int, doubts: frozenset[str]) -> None:
    if doubts:
        found[since:] = [replace(one, doubts=one.doubts | doubts) for one in found[since:]]


def _part(part: str, clause: Clause, words: Words) -> _Part:
    of_part = words(part)
    return _Part(
        words=frozenset(of_part),
        denied=frozenset(word for word in of_part if _is_denied(clause, word)),
        codes=vocabulary.codes(part),
        places=vocabulary.places(part),
        meanings=vocabulary.meanings(part),
        is_known=True,
        is_chinese=bool(contradiction.HAN.search(part)),
    )


def _sentences(text: str) -> Iterator[tuple[str, bool]]:
    """Each without its number, and whether it is a question."""
    cut = _SENTENCE_END.split(text)
    for sentence, end in zip(cut[::2], [*cut[1::2], ""], strict=True):
        yield _ITEM.sub("", sentence), end == _ASKED


def _sides(part: str) -> frozenset[str]:
    named = side_words.named(part)
    return _BOTH if "B" in named else named


def _is_denied(clause: Clause, word: str) -> bool:
    return any(clause.is_denied(match) for match in vocabulary.matches(word, clause.text))
