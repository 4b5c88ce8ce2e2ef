"""Matches worklist items against an identifier, and makes the answers (PS3.4 C.2.2.2 and K.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, TypeAlias

from pydicom.dataset import Dataset

from pacs.errors import InvalidInput
from pacs.search.wildcard import PatternTooLong, matcher
from pacs.service_classes.modality_worklist_item import Attributes, Match, Value

Keys: TypeAlias = Mapping[str, Any]
"""An identifier in the DICOM JSON model (PS3.18 F): tag to its element."""

STEPS: Final = 0x00400100
STEP_DATE: Final = 0x00400002
STEP_TIME: Final = 0x00400003
CHARACTER_SET: Final = 0x00080005
_RANGE: Final = re.compile(r"([\d:.]*)-([\d:.]*)", re.ASCII)
_DAY: Final = re.compile(r"(\d{4})\.?(\d{2})\.?(\d{2})", re.ASCII)
_CLOCK: Final = re.compile(r"\d{2}(?::?\d{2}(?::?\d{2}(?:\.\d{1,6})?)?)?", re.ASCII)
_STARS: Final = re.compile(r"\*+")


class MalformedKey(InvalidInput):
    """The identifier is malformed at attribute ``tag``."""

    def __init__(self, tag: int) -> None:
        super().__init__(tag)
        self.tag = tag


@dataclass(kw_only=True)
class Answer:
    """One match."""

    dataset: Dataset = field(default_factory=Dataset)
    supported: bool = True
    """False where a key is unknown, or we hold no values for it (PS3.4 C.4.1.1.4, FF01)."""


def answer(asked: Keys, item: Attributes) -> Answer | None:
    """The answer for ``item``; None where it does not match.

    Raises:
        MalformedKey: a date or a time is malformed, a text is longer than any value, or a sequence holds more than one
            item.

    """
    found = Answer()
    return found if _fill(found, found.dataset, asked, item) else None


def days(asked: Keys) -> tuple[date | None, date | None]:
    """The first and last day on which a matching step may begin; None where the range is open.

    Raises:
        MalformedKey: as `answer`.

    """
    key = _text(_item(asked, STEPS).get(f"{STEP_DATE:08X}", {}))
    first, last = _bounds(key, STEP_DATE, _iso) if key else ("", "")
    return _calendar(first), _calendar(last)


def _fill(found: Answer, into: Dataset, asked: Keys, item: Attributes) -> bool:
    combined = _combined(asked)
    if combined is not None and not _within(combined, item):
        return False
    for name, element in asked.items():
        tag = int(name, 16)
        if tag == CHARACTER_SET:
            continue
        held = item.get(tag)
        if held is None:
            found.supported = False
        elif not isinstance(held, Value):
            if not _fill_sequence(found, into, tag, asked, held):
                return False
        elif not _fill_value(found, into, tag, element, held, matched=combined is None):
            return False
    return True


def _fill_value(
    found: Answer, into: Dataset, tag: int, element: Mapping[str, Any], held: Value, *, matched: bool
) -> bool:
    key = _text(element)
    values = held.values
    if held.match is Match.NOT_HELD:
        found.supported &= not key
    elif key and (matched or tag not in (STEP_DATE, STEP_TIME)):
        values = tuple(value for value in held.values if _fits(key, value, held, tag))
        if not values:
            return False
    into.add_new(tag, held.vr, _value(held, values))
    return True


def _value(held: Value, values: tuple[str, ...]) -> Any:
    if held.vr == "US":
        return None
    return values[0] if values else ""


def _fill_sequence(found: Answer, into: Dataset, tag: int, asked: Keys, held: Sequence[Attributes]) -> bool:
    key = _item(asked, tag)
    answers: list[Dataset] = []
    for one in held:
        filled = Dataset()
        # A sequence without an item requests all its attributes (PS3.4 C.2.2.2.6).
        if _fill(found, filled, key or {f"{inner:08X}": {} for inner in one}, one):
            answers.append(filled)
    if not answers and any(_texts(key)):
        return False
    into.add_new(tag, "SQ", answers)
    return True


def _item(asked: Keys, tag: int) -> Keys:
    items = asked.get(f"{tag:08X}", {}).get("Value") or [{}]
    if len(items) > 1 or not isinstance(items[0], Mapping):
        raise MalformedKey(tag)
    return items[0]


def _texts(key: Keys) -> Iterator[str]:
    """The values of the keys in a sequence item."""
    for element in key.values():
        for value in element.get("Value") or ():
            if isinstance(value, Mapping) and element.get("vr") == "SQ":
                yield from _texts(value)
            elif value:
                yield str(value)


def _text(element: Mapping[str, Any]) -> str:
    """A key as one text, its values separated by backslashes, the groups of a name by equals signs.

    Stars alone match everything, as an empty key does (PS3.4 C.2.2.2.4).
    """
    text = "\\".join(_value_text(value) for value in element.get("Value") or () if value is not None)
    return "" if _STARS.fullmatch(text) else text


def _value_text(value: Any) -> str:
    if isinstance(value, Mapping):
        groups = [str(value.get(group, "")) for group in ("Alphabetic", "Ideographic", "Phonetic")]
        return "=".join(groups).rstrip("=")
    return str(value)


def _fits(key: str, value: str, held: Value, tag: int) -> bool:
    match held.match:
        case Match.DATE:
            first, last = _bounds(key, tag, _iso)
            return _between(_iso(value, tag), first, last)
        case Match.TIME:
            return _between(_digits(value), *_clock_bounds(key, tag))
        case Match.UID:
            return value in key.split("\\")
        case Match.NAME:
            return _name_matches(key, value, tag)
        case _:
            return any(_matches(one, value, tag) for one in key.split("\\"))


def _name_matches(key: str, value: str, tag: int) -> bool:
    """Whether each group of the key matches a group of the name, without regard to case (PS3.4 C.2.2.2.1) and ``^``."""
    wanted = [group for group in key.split("=") if group.strip("^ ")]
    groups = [group for group in value.split("=") if group]
    return all(any(_same_name(one, group, tag) for group in groups) for one in wanted)


def _same_name(key: str, group: str, tag: int) -> bool:
    if _matches(_parts(key), _parts(group), tag):
        return True
    bare = [re.sub(r"[\^ ]", "", text).casefold() for text in (key, group)]
    return _matches(bare[0], bare[1], tag)


def _parts(group: str) -> str:
    return "^".join(part.strip() for part in group.casefold().split("^")).strip("^")


def _matches(pattern: str, value: str, tag: int) -> bool:
    try:
        return matcher(pattern)(value)
    except PatternTooLong:
        raise MalformedKey(tag) from None


# -- dates and times (PS3.4 C.2.2.2.5)


def _combined(asked: Keys) -> tuple[str, str] | None:
    """First and last moment where date and time of the step are both ranges, which are combined then."""
    day, clock = (_text(asked.get(f"{tag:08X}", {})) for tag in (STEP_DATE, STEP_TIME))
    if not (_RANGE.fullmatch(day) and _RANGE.fullmatch(clock)):
        return None
    (first, last), (since, until) = _bounds(day, STEP_DATE, _iso), _clock_bounds(clock, STEP_TIME)
    return first + since if first else "", last + (until or "9") if last else ""


def _within(moments: tuple[str, str], item: Attributes) -> bool:
    day, clock = item.get(STEP_DATE), item.get(STEP_TIME)
    if not isinstance(day, Value) or not isinstance(clock, Value):
        return False
    return _between(day.values[0] + _digits(clock.values[0]), *moments)


def _bounds(key: str, tag: int, read: Any) -> tuple[str, str]:
    """Both ends of a range, the empty text for an open one; a single value is both."""
    ends = _RANGE.fullmatch(key.replace(" ", ""))
    if ends is None:
        return read(key, tag), read(key, tag)
    return tuple(read(end, tag) if end else "" for end in ends.groups())  # type: ignore[return-value]


def _clock_bounds(key: str, tag: int) -> tuple[str, str]:
    """Both ends of a range of times; the last one includes its whole unit: 10 ends at 10:59:59.999999."""
    first, last = _bounds(key, tag, _time)
    return first, last + "999999999999"[len(last) :] if last else ""


def _between(value: str, first: str, last: str) -> bool:
    return (not first or first <= value) and (not last or value <= last)


def _iso(text: str, tag: int) -> str:
    found = _DAY.fullmatch(text.strip())
    if found is None:
        raise MalformedKey(tag)
    return "".join(found.groups())


def _time(text: str, tag: int) -> str:
    if not _CLOCK.fullmatch(text.strip()):
        raise MalformedKey(tag)
    return _digits(text)


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _calendar(digits: str) -> date | None:
    if not digits:
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        raise MalformedKey(STEP_DATE) from None
