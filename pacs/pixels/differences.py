"""Differences of two instances with one UID, for a person to read: attribute by attribute, and the pixels."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from pydicom.datadict import dictionary_keyword, dictionary_VR

from pacs.dataset import tags
from pacs.dataset.character_sets import TEXT_VRS, charsets_of, decode, settled
from pacs.dataset.elements import BrokenStructure, Path
from pacs.pixels.sameness import OF_THE_CODING, Encoded, elements_of, inflated, same_pixels

MOST: Final = 200
"""Most differing attributes that are listed."""
LONGEST: Final = 120
"""Most characters of a value that are displayed."""
_HEX_MAX: Final = 16
"""Most bytes of a binary value that are displayed."""
_NUMBERS: Final = {"FD": "d", "FL": "f", "SL": "i", "SS": "h", "SV": "q", "UL": "I", "US": "H", "UV": "Q"}
_ASCII: Final = frozenset(("AE", "AS", "CS", "DA", "DS", "DT", "IS", "TM", "UI", "UR"))


class Pixels(StrEnum):
    SAME = "same"
    OTHER = "other"
    NONE = "none"
    """Neither has any."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One attribute; a value is None where that side does not have it."""

    keyword: str
    """PS3.6 keyword, preceded by those of the enclosing sequences; the tag of a private attribute."""
    stored: str | None = field(repr=False)
    newcomer: str | None = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Differences:
    attributes: tuple[Difference, ...]
    more: int
    """Number of differing attributes that are not listed."""
    pixels: Pixels


def differences(stored: Encoded, newcomer: Encoded) -> Differences | None:
    """The differences; None where one of the two cannot be read."""
    try:
        sides = [inflated(one) for one in (stored, newcomer)]
        ours, theirs = (elements_of(one) for one in sides)
    except (BrokenStructure, zlib.error):
        return None
    pixels = _pixels(sides, ours, theirs)
    recoded = stored.transfer_syntax != newcomer.transfer_syntax
    skipped = {(tag,) for tag in tags.PIXELS} | (set(OF_THE_CODING) if recoded else set())
    texts = [_Text(one) for one in (ours, theirs)]
    found = [
        Difference(keyword=_keyword(path), stored=texts[0].of(path), newcomer=texts[1].of(path))
        for path in sorted(ours.keys() | theirs.keys(), key=_order)
        if path not in skipped and ours.get(path) != theirs.get(path) and not _is_item(path)
    ]
    return Differences(attributes=tuple(found[:MOST]), more=max(0, len(found) - MOST), pixels=pixels)


def _pixels(sides: list[Encoded], ours: Mapping[Path, bytes], theirs: Mapping[Path, bytes]) -> Pixels:
    raw = [[one.get((tag,)) for tag in sorted(tags.PIXELS)] for one in (ours, theirs)]
    if not any(value is not None for side in raw for value in side):
        return Pixels.NONE
    if raw[0] == raw[1] and sides[0].transfer_syntax == sides[1].transfer_syntax:
        return Pixels.SAME
    both = all(any(value is not None for value in side) for side in raw)
    return Pixels.SAME if both and same_pixels(*sides) else Pixels.OTHER


class _Text:
    """The values of one side as text."""

    def __init__(self, elements: Mapping[Path, bytes]) -> None:
        self._elements = elements
        texts = (raw for path, raw in elements.items() if len(path) == 1 and _vr(path) in ("LO", "PN", "SH"))
        self._charsets = settled(charsets_of(elements.get((tags.SPECIFIC_CHARACTER_SET,), b"")), texts)

    def of(self, path: Path) -> str | None:
        raw = self._elements.get(path)
        return None if raw is None else _displayed(raw, _vr(path), self._charsets)


def _displayed(raw: bytes, vr: str, charsets: tuple[str, ...]) -> str:
    if vr in TEXT_VRS or vr in _ASCII:
        text = decode(raw, charsets, vr)
        return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
    if vr in _NUMBERS and len(raw) % struct.calcsize(_NUMBERS[vr]) == 0 and len(raw) <= LONGEST:
        numbers = struct.unpack(f"<{len(raw) // struct.calcsize(_NUMBERS[vr])}{_NUMBERS[vr]}", raw)
        return "\\".join(str(number) for number in numbers)
    return raw.hex(" ") if len(raw) <= _HEX_MAX else f"{len(raw)} B"


def _vr(path: Path) -> str:
    """The dictionary's VR; `elements` does not return an explicit one."""
    try:
        vr = dictionary_VR(path[-1])
    except KeyError:
        return "UN"
    return "US" if vr == "US or SS" else vr


def _keyword(path: Path) -> str:
    """The keywords of the tags in a path; item numbers are left out."""
    names: list[str] = []
    for tag in path[::2]:
        try:
            names.append(dictionary_keyword(tag) or f"{tag:08X}")
        except KeyError:
            names.append(f"({tag >> 16:04X},{tag & 0xFFFF:04X})")
    return " > ".join(names)


def _is_item(path: Path) -> bool:
    return len(path) % 2 == 0


_FIRST: Final = (tags.PATIENT_NAME, tags.PATIENT_ID, tags.PATIENT_BIRTH_DATE, tags.PATIENT_SEX)


def _order(path: Path) -> tuple[int, Path]:
    """Sort the identity of the patient first, then by tag."""
    return (_FIRST.index(path[0]) if path[0] in _FIRST else len(_FIRST), path)
