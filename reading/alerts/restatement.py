"""Whether a report says what was read back: each part that is of the finding, with its side and its measures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Final

from reading.alerts import contradiction
from reading.alerts.contradiction import Words
from reading.checks import side_words, vocabulary
from reading.checks.clauses import Clause, clauses

Measures = frozenset[tuple[str, float]]
_BOTH: Final = frozenset("LR")
_NOTHING: Final = frozenset[str]()
_NOTHING_MEASURED: Final = Measures()


@dataclass(frozen=True, kw_only=True)
class _Part:
    words: AbstractSet[str]
    """Those of the part before where it has none of its own: 气胸，左侧."""
    denied: AbstractSet[str]
    """Which of them are said not to be there."""
    meanings: frozenset[str]
    """What the vocabulary knows of it, in whichever language."""
    unknown: AbstractSet[str]
    """Those of its words that the vocabulary does not know."""
    is_chinese: bool
    sides: frozenset[str] = _NOTHING
    """L and R; one word for both sides names each."""
    measures: Measures = _NOTHING_MEASURED
    is_past: bool = False


def says(report: str, *, read_back: str, told: Sequence[str], words: Words) -> bool:
    """Whether a report states what was read back; ``told`` is the class in each language, and what was found of it.

    What it leaves out it does not state: a report without the side or the measure that was read back, or without words
    of the finding, says nothing of the difference. Neither does one that names another side or measure of it, or an
    earlier state.
    """
    known = words("；".join(map(contradiction.plain, told)))
    asked = [one for part in _parts(read_back, words) if (one := _of_finding(part, known)) is not None]
    said = [one for one in _parts(report, words) if not one.is_past]
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
        return replace(part, words=part.words & known, unknown=part.unknown & known)
    return part if part.sides or part.measures else None


def _is_stated(one: _Part, said: Sequence[_Part]) -> bool:
    """One part has all the words of another in the same sense, none denies them, and they stand with no other side."""
    if one.measures and not one.sides:
        return True  # 压缩约 30%: the measures are compared as a whole
    is_denied = bool(one.denied & one.words)
    about = [other for other in said if other.words & one.words]
    same = [other for other in about if bool(other.denied & one.words) is is_denied]
    if any(other not in same and _is_of_side(other, one) for other in about if _has_all(other, one)):
        return False
    named = _NOTHING.union(*(other.sides for other in same))
    return any(_has_all(other, one) for other in same) and (not one.sides or named == one.sides)


def _has_all(other: _Part, one: _Part) -> bool:
    """Every word; or in another language all that they mean, where the vocabulary knows each of them."""
    if one.words <= other.words:
        return True
    return one.is_chinese is not other.is_chinese and not one.unknown and one.meanings <= other.meanings


def _is_of_side(other: _Part, one: _Part) -> bool:
    return not other.sides or not one.sides or bool(other.sides & one.sides)


def _measures(parts: Iterable[_Part]) -> Measures:
    return _NOTHING_MEASURED.union(*(one.measures for one in parts))


def _parts(text: str, words: Words) -> Iterator[_Part]:
    part_of = _Part(words=_NOTHING, denied=_NOTHING, meanings=_NOTHING, unknown=_NOTHING, is_chinese=False)
    for clause in clauses(contradiction.plain(text)):
        for part in contradiction.parts(clause.text):
            if words(part):
                part_of = _Part(
                    words=frozenset(words(part)),
                    denied=frozenset(word for word in words(part) if _is_denied(clause, word)),
                    meanings=vocabulary.meanings(part),
                    unknown=frozenset(words(vocabulary.unknown(part))),
                    is_chinese=bool(contradiction.HAN.search(part)),
                )
            if part.strip() and not contradiction.is_normal(part):
                yield replace(
                    part_of,
                    sides=_sides(part),
                    measures=contradiction.measures(part),
                    is_past=clause.is_past(),
                )


def _sides(part: str) -> frozenset[str]:
    named = side_words.named(part)
    return _BOTH if "B" in named else named


def _is_denied(clause: Clause, word: str) -> bool:
    return any(clause.is_denied(match) for match in vocabulary.matches(word, clause.text))
