"""A corrected side in every attribute that names the side: lateralities, codes, view, and words in free text.

The rule: an attribute that holds a side takes the corrected one (Laterality, Image, Frame and Measurement Laterality,
PS3.3 C.7.3.1, C.8.11.1, 10.5.1; codes of left and right, PS3.16 CID 244). A view, a procedure code or a text that names
another side cannot be rewritten safely: the item or the view is taken out, and of a text the words of the other side; a
text that names several sides is emptied.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, cast

from pydicom.dataset import Dataset

HOLDS_A_SIDE: Final = frozenset({0x00200060, 0x00200062, 0x00209072, 0x00240113})
"""Laterality, Image Laterality, Frame Laterality, Measurement Laterality."""
MODIFIERS: Final = frozenset({0x00082220, 0x00082230})
"""Anatomic Region Modifier Sequence, Primary Anatomic Structure Modifier Sequence."""
CODED: Final = frozenset({0x00540220, 0x00540222, 0x00081032, 0x00321064, 0x00400008, 0x00400260})
"""View and View Modifier, Procedure, Requested Procedure, Scheduled and Performed Protocol Code Sequence."""
VIEW_POSITION: Final = 0x00185101
VIEWS: Final[Mapping[str, str]] = {"LL": "L", "LLD": "L", "LLO": "L", "RL": "R", "RLD": "R", "RLO": "R"}
"""Terms of View Position that name a side (PS3.3 C.8.1.2.1.1)."""
TEXTS: Final = frozenset(
    {
        *(0x00081030, 0x0008103E, 0x00180015, 0x00181030, 0x00181400),
        *(0x00204000, 0x00321060, 0x00400007, 0x00400254, 0x00402400),
    }
)
"""Study, Series, Protocol, Processing, Requested Procedure and Step descriptions, Body Part Examined, comments."""
CODE_VALUE, SCHEME, MEANING = 0x00080100, 0x00080102, 0x00080104
CODES: Final[Mapping[str, tuple[str, str, str]]] = {
    "SCT": ("7771000", "24028007", "51440002"),
    "SRT": ("G-A101", "G-A100", "G-A102"),
    "SNM3": ("G-A101", "G-A100", "G-A102"),
    "99SDM": ("G-A101", "G-A100", "G-A102"),
}
"""Left, right, both in each coding scheme (PS3.16 CID 244)."""
MEANINGS: Final = ("Left", "Right", "Right and left")
SIDES: Final = "LRB"

_PART: Final = (
    "HAND|FOOT|KNEE|ELBOW|WRIST|ANKLE|SHOULDER|HIP|LEG|ARM|FEMUR|TIBIA|FOREARM|HUMERUS|FINGER|TOE|BREAST|EYE|EAR"
)
_NO_SIDE: Final = r"(?![- ]*(?:SPINE|\d|/))"
"""L SPINE is lumbar, L4 a vertebra, R/O a doubt."""
WORDS: Final[Mapping[str, re.Pattern[str]]] = {
    side: re.compile(pattern, re.IGNORECASE)
    for side, pattern in {
        "L": rf"左侧?|\bLEFT\b|\bLT\b|\bL\b(?!['’.]){_NO_SIDE}|\bL(?=(?:{_PART})\b)",
        "R": rf"右侧?|\bRIGHT\b|\bRT\b|\bR\b(?!['’.]){_NO_SIDE}|\bR(?=(?:{_PART})\b)",
        "B": r"双侧?|两侧|\bBILAT(?:ERAL)?\b|\bBOTH\b",
    }.items()
}


def text_of(text: str, side: str) -> str:
    """A text without the words of another side than ``side``; empty where it names several."""
    named = {each for each, words in WORDS.items() if words.search(text.replace("_", " "))}
    if not named - {side}:
        return text
    if len(named) > 1:
        return ""
    bare = WORDS[named.pop()].sub(" ", text.replace("_", " "))
    return re.sub(r"\s+", " ", bare).strip(" -,;/")


def correct_side(dataset: Dataset, side: str, kept: frozenset[int]) -> set[int]:
    """Make a data set name ``side`` alone; answers the top-level tags that changed. ``kept`` are not touched."""
    changed: set[int] = set()
    for element in list(dataset):
        tag = int(element.tag)
        if tag in kept:
            continue
        if element.VR == "SQ":
            if _correct_items(element.value, tag, side):
                changed.add(tag)
            continue
        before = "" if element.value is None else str(element.value)
        after = _value(tag, before, side)
        if after != before:
            element.value = after
            changed.add(tag)
    return changed


def _correct_items(items: Any, tag: int, side: str) -> bool:
    """Correct the items of a sequence in place; answers whether any changed."""
    changed = False
    for item in list(items):
        told = {each: str(item[each].value) if each in item else "" for each in (CODE_VALUE, SCHEME, MEANING)}
        code = _code(tag, told, side)
        if code is None:
            items.remove(item)
            changed = True
        elif code != told:
            for each, value in code.items():
                item[each].value = value
            changed = True
        elif correct_side(item, side, frozenset()):
            changed = True
    return changed


def correct_side_json(instance: dict[str, Any], side: str, kept: frozenset[int]) -> set[int]:
    """As `correct_side`, of an instance in the DICOM JSON model."""
    changed: set[int] = set()
    for name, element in list(instance.items()):
        tag = int(name, 16)
        if tag in kept:
            continue
        if element["vr"] == "SQ":
            items = cast("list[dict[str, Any]]", element.get("Value", []))
            if _correct_items_json(items, tag, side):
                changed.add(tag)
                if not items:
                    del element["Value"]  # as a file is described that has an empty sequence
            continue
        if tag not in HOLDS_A_SIDE and tag not in TEXTS and tag != VIEW_POSITION:
            continue
        before = "\\".join(str(value) for value in element.get("Value", []) if value is not None)
        after = _value(tag, before, side)
        if after != before:
            instance[name] = {"vr": element["vr"], **({"Value": [after]} if after else {})}
            changed.add(tag)
    return changed


def _correct_items_json(items: list[dict[str, Any]], tag: int, side: str) -> bool:
    changed = False
    for item in list(items):
        told = {each: _first(item, each) for each in (CODE_VALUE, SCHEME, MEANING)}
        code = _code(tag, told, side)
        if code is None:
            items.remove(item)
            changed = True
        elif code != told:
            for each, value in code.items():
                item[f"{each:08X}"]["Value"] = [value]
            changed = True
        elif correct_side_json(item, side, frozenset()):
            changed = True
    return changed


def _value(tag: int, before: str, side: str) -> str:
    """The value of an attribute after the correction."""
    if tag in HOLDS_A_SIDE:
        return side
    if tag == VIEW_POSITION:
        return "" if VIEWS.get(before.strip(), side) != side else before
    return text_of(before, side) if tag in TEXTS else before


def _code(tag: int, told: dict[int, str], side: str) -> dict[int, str] | None:
    """The code of an item after the correction: another side's modifier is rewritten; None takes the item out."""
    if tag in MODIFIERS:
        codes = CODES.get(told[SCHEME], ())
        if told[CODE_VALUE] not in codes:
            return told
        if side not in SIDES or not side:
            return None
        place = SIDES.index(side)
        return {CODE_VALUE: codes[place], SCHEME: told[SCHEME], MEANING: MEANINGS[place]}
    if tag in CODED and text_of(told[MEANING], side) != told[MEANING]:
        return None
    return told


def _first(item: Mapping[str, Any], tag: int) -> str:
    values = item.get(f"{tag:08X}", {}).get("Value", [])
    return str(values[0]) if values else ""
