"""Ratios that managers define, in words: their lines, and what is wrong with a document."""

from __future__ import annotations

from typing import Any

from reading.numbers.ratio_document import InvalidRatio
from reading.numbers.ratio_rows import RatioVersion
from reading.numbers.ratios import Counted, indicator_of
from viewer.views import numbers
from viewer.words.catalogue import Language, catalogue, text


def name(one: RatioVersion, language: Language) -> str:
    return one.ratio.name_zh if language is Language.ZH else one.ratio.name_en


def line(one: RatioVersion, language: Language) -> dict[str, Any]:
    return {"id": one.id, "name": name(one, language), "code": one.code, "version": one.version}


def counted(one: Counted, language: Language) -> dict[str, Any]:
    shown = numbers.figure(indicator_of(one.version), one.now, language)
    return {**line(one.version, language), "may_change": one.may_change, **shown}


def problems(wrong: InvalidRatio, language: Language) -> list[str]:
    """A sentence for each error, with the path to it."""
    known = catalogue(language)
    said: list[str] = []
    for one in wrong.problems:
        sentence = known.get(f"numbers.ratio.wrong.{one.problem}", text(language, "numbers.ratio.wrong"))
        said.append(f"{one.path}: {sentence}" if one.path else sentence)
    return said
