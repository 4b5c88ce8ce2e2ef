"""Measurements and key images in words, as the desk says them (viewer/web/src/desk/mark-words.ts)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from reading.reports.marks import Calibration, Kind, Mark, Value, ValueName
from reading.signing.marked_pictures import Place
from viewer.words import words
from viewer.words.catalogue import Language, text

_NAMELESS: Final = frozenset({ValueName.LENGTH, ValueName.ANGLE, ValueName.VALUE, ValueName.RATIO})
"""Where a mark measures one thing, its kind says what."""
_WHOLE: Final = frozenset({ValueName.MIN, ValueName.MAX, ValueName.VALUE})
"""Values of single pixels, which are whole where they are."""


def lines(marks: Sequence[Mark], places: Mapping[str, Place | None], language: Language) -> Iterator[str]:
    """A line for each measurement with its picture, and one for all key images; an arrow without words says nothing.

    ``places``: by the ids of the marks; None where the picture is shown no longer.
    """
    for one in marks:
        if one.kind is not Kind.KEY and (one.values or one.text):
            yield _with_place(measured(one, language), one, places, language)
    keys = [_place(one, places, language) for one in marks if one.kind is Kind.KEY]
    if keys:
        yield text(language, "colon").join((text(language, "mark.kind.key"), text(language, "mark.also").join(keys)))


def measured(mark: Mark, language: Language) -> str:
    """Kind, what was measured, how lengths were calibrated, and what somebody wrote to it."""
    values = text(language, "list-comma").join(_value(one, language) for one in mark.values)
    kind = " ".join(part for part in (text(language, f"mark.kind.{mark.kind}"), values) if part)
    return text(language, "colon").join(part for part in (kind + _calibrated(mark, language), mark.text) if part)


def _calibrated(mark: Mark, language: Language) -> str:
    """In brackets, where lengths are not simply those in the patient."""
    if not mark.is_scaled or mark.calibration is Calibration.PATIENT:
        return ""
    return text(language, "mark.calibrated", how=text(language, f"mark.calibration.{mark.calibration or 'unknown'}"))


def _with_place(said: str, mark: Mark, places: Mapping[str, Place | None], language: Language) -> str:
    place = _place(mark, places, language)
    return text(language, "mark.said", what=said, place=place) if place else said


def _place(mark: Mark, places: Mapping[str, Place | None], language: Language) -> str:
    place = places[mark.id]
    if place is None:
        return text(language, "mark.gone")
    if place.earlier:
        return text(language, "mark.earlier", date="").strip()
    parts = [
        "" if place.series is None else text(language, "mark.series", n=place.series),
        "" if place.image is None else text(language, "mark.image", n=place.image),
        text(language, "mark.frame", n=mark.frame) if place.frames > 1 else "",
    ]
    return text(language, "mark.place-join").join(part for part in parts if part)


def _value(one: Value, language: Language) -> str:
    unit = "" if one.unit == "1" else words.coded(language, "mark.unit", one.unit)
    number = _number(one)
    said = f"{number}{unit}" if unit == "°" else f"{number} {unit}".strip()
    name = "" if one.name in _NAMELESS else text(language, f"mark.value.{one.name}")
    return f"{name} {said}".strip()


def _number(one: Value) -> str:
    """One decimal, two of a ratio; halves away from zero, as a browser rounds them."""
    if one.name in _WHOLE and one.value.is_integer():
        return str(int(one.value))
    step = Decimal("0.01") if one.name is ValueName.RATIO else Decimal("0.1")
    return str(Decimal(one.value).quantize(step, ROUND_HALF_UP))
