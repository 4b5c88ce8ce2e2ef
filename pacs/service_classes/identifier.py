"""Parses identifiers of C-FIND, C-MOVE and C-GET (PS3.4 C.4): the level and the conditions on it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from pacs.dataset.character_sets import decode
from pacs.dataset.dicom_json import SPECIFIC_CHARACTER_SET, charsets_of, raw_of, vr_of
from pacs.search.matching_keys import KEYS, Level, UnfitKey, condition, matched_at
from pacs.search.results import answered_at
from storage.index.queries import Condition, Exact, UidList

QUERY_RETRIEVE_LEVEL: Final = 0x00080052
UNIQUE: Final = {
    Level.PATIENT: 0x00100020,
    Level.STUDY: 0x0020000D,
    Level.SERIES: 0x0020000E,
    Level.INSTANCE: 0x00080018,
}
"""The unique key of each level (PS3.4 C.3)."""
LEVELS: Final = {"PATIENT": Level.PATIENT, "STUDY": Level.STUDY, "SERIES": Level.SERIES, "IMAGE": Level.INSTANCE}
# Read otherwise, or always returned: these are no matching keys.
_ABOUT: Final = frozenset({SPECIFIC_CHARACTER_SET, QUERY_RETRIEVE_LEVEL, 0x00080054, 0x00080056, 0x00080201})


MOST_BYTES: Final = 128 * 1024
"""Of an identifier; the longest list of UIDs that is taken has half of that. More would be decoded for seconds."""


def encoded(identifier: Any) -> Any:
    """The identifier of a request as it came, a stream.

    Raises:
        UnfitKey: there is none, or it has more than `MOST_BYTES`.

    """
    if identifier is None or identifier.seek(0, os.SEEK_END) > MOST_BYTES:
        raise UnfitKey("too long, or missing")
    identifier.seek(0)
    return identifier


class Root(Enum):
    """The information models (PS3.4 C.6), by their highest level."""

    PATIENT = Level.PATIENT
    STUDY = Level.STUDY

    @property
    def levels(self) -> tuple[Level, ...]:
        return tuple(level for level in Level if level >= self.value)


@dataclass(frozen=True, kw_only=True)
class ParsedIdentifier:
    level: Level
    match: tuple[tuple[str, Condition], ...]
    wanted: frozenset[int]
    """Attributes to return, from the index, or at the instance level from the header."""
    ignored: bool
    """Whether there are keys that are neither matched nor returned (status FF01)."""


def query(identifier: Dataset, root: Root, character_set: str) -> ParsedIdentifier:
    """Parse a C-FIND identifier; ``character_set`` is the device's, used where the identifier names none.

    Raises:
        UnfitKey: no level of the model, no single entity for each level above it, or an impossible value.

    """
    texts = _texts(identifier, character_set)
    level = _level(texts, root)
    match: dict[str, Condition] = _above(texts, root, level)
    wanted: set[int] = set()
    ignored = False
    answered = answered_at(level)
    for tag, text in texts.items():
        if tag in _ABOUT:
            wanted |= {tag} & answered
            continue
        key = matched_at(tag, level)
        if key is None:
            # A return key is answered from the index, or at the instance level from the header.
            if text in ("", "*") and (tag in answered or (level is Level.INSTANCE and not BaseTag(tag).is_private)):
                wanted.add(tag)
            else:
                ignored = True
            continue
        wanted.add(tag)
        asked = condition(tag, text)
        if asked is not None:
            match[key.column] = asked
    return ParsedIdentifier(level=level, match=tuple(match.items()), wanted=frozenset(wanted), ignored=ignored)


def retrieval(identifier: Dataset, root: Root, character_set: str) -> ParsedIdentifier:
    """Parse a C-MOVE or C-GET identifier: unique keys only, at its level one or a list (PS3.4 C.4.2.1.4, C.4.3.1.3).

    Raises:
        UnfitKey: as `query`, or another key has a value: ignoring it would retrieve more than was meant.

    """
    texts = _texts(identifier, character_set)
    level = _level(texts, root)
    match = _above(texts, root, level)
    own = condition(UNIQUE[level], texts.get(UNIQUE[level], ""))
    if not isinstance(own, Exact | UidList):
        raise UnfitKey("names nothing of its level")
    match[KEYS[UNIQUE[level]].column] = own
    for tag, text in texts.items():
        if tag in _ABOUT or text in ("", "*"):
            continue
        key = matched_at(tag, level)
        if key is None:
            raise UnfitKey("cannot be matched")
        asked = condition(tag, text)
        if asked is not None:
            match[key.column] = asked
    return ParsedIdentifier(level=level, match=tuple(match.items()), wanted=frozenset(), ignored=False)


def _level(texts: dict[int, str], root: Root) -> Level:
    level = LEVELS.get(texts.get(QUERY_RETRIEVE_LEVEL, ""))
    if level is None or level not in root.levels:
        raise UnfitKey("not a level of this model")
    return level


def _above(texts: dict[int, str], root: Root, level: Level) -> dict[str, Condition]:
    """Conditions of the levels above: a single entity of each (PS3.4 C.4.1.2.1)."""
    match: dict[str, Condition] = {}
    for higher in root.levels:
        if higher < level:
            asked = condition(UNIQUE[higher], texts.get(UNIQUE[higher], ""))
            single = isinstance(asked, Exact) or (isinstance(asked, UidList) and len(asked.values) == 1)
            if asked is None or not single:
                raise UnfitKey("names no single entity above its level")
            match[KEYS[UNIQUE[higher]].column] = asked
    return match


def _texts(identifier: Dataset, character_set: str) -> dict[int, str]:
    """The value of each attribute as text; a sequence with items is a text that no value equals."""
    inherited = tuple(character_set.split("\\")) if character_set else None
    charsets = charsets_of(identifier, None if SPECIFIC_CHARACTER_SET in identifier else inherited)
    texts: dict[int, str] = {}
    for tag in identifier.keys():  # noqa: SIM118 # iterating would convert each element
        if tag.element == 0:
            continue
        element = identifier.get_item(tag)
        vr = vr_of(identifier, tag, element)
        if vr == "SQ":
            texts[int(tag)] = _SOMETHING if identifier[tag].value else ""
        else:
            text = decode(raw_of(identifier, tag), charsets, vr)
            texts[int(tag)] = "\\".join(value.strip(" \0") for value in text.split("\\"))
    return texts


_SOMETHING: Final = "items"
