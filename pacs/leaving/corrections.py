"""Applies a person's corrections to outgoing data sets, with an account that does not repeat the corrected error.

Stored bytes never change. When a study was taken under the wrong person, the earlier name and number must not appear in
anything sent, so Original Attributes Sequence (PS3.3 C.12.1.1.9) names the attributes that changed, when, why and by
which system, with their previous values empty: docs/adr/0004-original-attributes.md.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from pydicom import config
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from pacs.dataset.character_sets import TEXT_VRS, decode
from pacs.dataset.dicom_json import BINARY, SPECIFIC_CHARACTER_SET, charsets_of, vr_of
from pacs.leaving.side import correct_side, correct_side_json
from storage.index.person_traces import Trace

SYSTEM: Final = "TIERREAD"
TEXT: Final = TEXT_VRS | {"UR"}
PIXELS: Final = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
PATIENT_NAME: Final = 0x00100010
PATIENT_ID: Final = 0x00100020
ORIGINAL_ATTRIBUTES: Final = 0x04000561
# Measured at the scanner, not copied from the worklist entry of the wrong person.
MEASURED: Final = frozenset({0x00101020, 0x00101030})
# Outside group 0010, attributes that point at a person: Referenced Patient, Admission ID, Patient State.
PERSON_ELSEWHERE: Final = frozenset({0x00081120, 0x00380010, 0x00380500})
TYPE_2: Final = frozenset({PATIENT_NAME, PATIENT_ID, 0x00100030, 0x00100040})
"""Patient's Name, ID, Birth Date and Sex stay in the data set, empty if not known (PS3.3 C.7.1.1)."""


@dataclass(frozen=True, kw_only=True)
class Correction:
    """The corrected values by keyword, of one revision of the study's attribution (0: none).

    For an instance that was moved to another study or series they include its new UIDs.
    """

    attributes: Mapping[str, str]
    revision: int
    reason: str
    made_at: datetime

    @property
    def side(self) -> str | None:
        """The corrected side, which stands in several attributes; None where it was not corrected."""
        return self.attributes.get("Laterality", self.attributes.get("ImageLaterality"))

    def by_tag(self) -> dict[int, str]:
        tags = {tag_for_keyword(keyword): value for keyword, value in self.attributes.items()}
        return {tag: value for tag, value in tags.items() if tag is not None}


def apply_correction(dataset: Dataset, correction: Correction) -> None:
    """Put the corrected values into a whole data set, and remove the earlier ones at every depth.

    All text is decoded and written as ISO_IR 192, since the device's character set may lack a corrected Chinese name.
    """
    changes = correction.by_tag()
    earlier_person = _earlier_person(dataset)
    to_unicode(dataset)
    before = {int(tag): dataset[tag].VR for tag in dataset.keys()}  # noqa: SIM118
    changed = {tag for tag, value in changes.items() if _text(dataset, tag) != value}
    for tag in _of_earlier_person(before, changes, changed):
        if tag in TYPE_2:
            dataset[tag] = _element(tag, "")
        else:
            del dataset[tag]
        changed.add(tag)
    if trace := earlier_person.trace(changed):
        changed |= _scrub(dataset, changes, trace)
    for tag, value in changes.items():
        dataset[tag] = _element(tag, value)
    if correction.side is not None:
        changed |= correct_side(dataset, correction.side, frozenset(changes))
    dataset[SPECIFIC_CHARACTER_SET] = _element(SPECIFIC_CHARACTER_SET, "ISO_IR 192")
    modified = Dataset()
    for tag in sorted(changed):
        modified[tag] = DataElement(tag, before.get(tag) or dictionary_VR(tag), None)
    item = Dataset()
    item.ModifiedAttributesSequence = [modified]
    item.AttributeModificationDateTime = _date_time(correction.made_at)
    item.ModifyingSystem = SYSTEM
    item.SourceOfPreviousValues = _reference(correction)
    item.ReasonForTheAttributeModification = "CORRECT"
    earlier = dataset[ORIGINAL_ATTRIBUTES].value if ORIGINAL_ATTRIBUTES in dataset else None
    items = list(earlier) if isinstance(earlier, Sequence) else []
    dataset[ORIGINAL_ATTRIBUTES] = DataElement(ORIGINAL_ATTRIBUTES, "SQ", Sequence([*items, item]))


def apply_correction_json(instance: dict[str, Any], correction: Correction) -> None:
    """Apply a correction to an instance in the DICOM JSON model (PS3.18 F.2), in place."""
    changes = {f"{tag:08X}": value for tag, value in correction.by_tag().items()}
    earlier_person = _Person(
        name=_json_text(instance.get(f"{PATIENT_NAME:08X}")), number=_json_text(instance.get(f"{PATIENT_ID:08X}"))
    )
    before = {int(tag, 16): element["vr"] for tag, element in instance.items()}
    by_tag = correction.by_tag()
    changed = {tag for tag, value in by_tag.items() if _json_text(instance.get(f"{tag:08X}")) != value}
    for tag in _of_earlier_person(before, by_tag, changed):
        if tag in TYPE_2:
            instance[f"{tag:08X}"] = {"vr": before[tag]}
        else:
            del instance[f"{tag:08X}"]
        changed.add(tag)
    if trace := earlier_person.trace(changed):
        changed |= _scrub_json(instance, changes, trace)
    for tag, value in by_tag.items():
        instance[f"{tag:08X}"] = _json_element(dictionary_VR(tag), value)
    if correction.side is not None:
        changed |= correct_side_json(instance, correction.side, frozenset(by_tag))
    instance[f"{SPECIFIC_CHARACTER_SET:08X}"] = {"vr": "CS", "Value": ["ISO_IR 192"]}
    modified = {f"{tag:08X}": {"vr": before.get(tag) or dictionary_VR(tag)} for tag in sorted(changed)}
    item = {
        "04000550": {"vr": "SQ", "Value": [modified]},
        "04000562": {"vr": "DT", "Value": [_date_time(correction.made_at)]},
        "04000563": {"vr": "LO", "Value": [SYSTEM]},
        "04000564": {"vr": "LO", "Value": [_reference(correction)]},
        "04000565": {"vr": "CS", "Value": ["CORRECT"]},
    }
    earlier = instance.get(f"{ORIGINAL_ATTRIBUTES:08X}", {}).get("Value", [])
    instance[f"{ORIGINAL_ATTRIBUTES:08X}"] = {"vr": "SQ", "Value": [*earlier, item]}
    for tag in sorted(instance):
        instance[tag] = instance.pop(tag)


def to_unicode(dataset: Dataset, charsets: tuple[str, ...] | None = None) -> None:
    """Decode every text at every depth by `pacs.dataset.character_sets`, which recognises mislabelled bytes.

    The caller must set Specific Character Set to ISO_IR 192 before the data set is written.
    """
    charsets = charsets_of(dataset, charsets)
    for tag in list(dataset.keys()):
        if int(tag) in PIXELS:
            continue
        raw = dataset.get_item(tag)
        vr = vr_of(dataset, tag, raw)
        if isinstance(raw, RawDataElement) and vr in TEXT_VRS:
            text = decode(raw.value or b"", charsets, vr).rstrip(" \0")
            dataset[tag] = DataElement(tag, vr, text, validation_mode=config.IGNORE)
        elif vr == "SQ":
            for item in dataset[tag].value or ():
                to_unicode(item, charsets)
                if SPECIFIC_CHARACTER_SET in item:
                    del item[SPECIFIC_CHARACTER_SET]


def _of_earlier_person(before: Mapping[int, str], changes: Mapping[int, str], changed: set[int]) -> list[int]:
    """The other attributes of the earlier person where the Patient ID changed: its group, and references to it."""
    if PATIENT_ID not in changed:
        return []
    return [
        tag
        for tag in before
        if (tag >> 16 == 0x0010 or tag in PERSON_ELSEWHERE) and tag not in changes and tag not in MEASURED
    ]


def _scrub(dataset: Dataset, changes: Mapping[int, str], trace: Trace) -> set[int]:
    """Empty values that name the earlier person; nested patient attributes take the corrected value."""
    found: set[int] = set()
    for tag in list(dataset.keys()):
        if int(tag) in PIXELS or int(tag) == SPECIFIC_CHARACTER_SET:
            continue
        element = dataset[tag]
        if element.VR == "SQ":
            inner = [_scrub(item, changes, trace) for item in element.value]
            if any(inner):
                found.add(int(tag))
        elif _carries(element, trace):
            dataset[tag] = _element(int(tag), changes.get(int(tag), ""), element.VR)
            found.add(int(tag))
    return found


def _carries(element: DataElement, trace: Trace) -> bool:
    if element.VR in TEXT:
        return any(trace.in_text(str(value)) for value in _values(element.value))
    return element.VR in BINARY and isinstance(element.value, bytes) and trace.in_bytes(element.value)


def _scrub_json(instance: dict[str, Any], changes: Mapping[str, str], trace: Trace) -> set[int]:
    found: set[int] = set()
    for tag, element in list(instance.items()):
        vr = element["vr"]
        if vr == "SQ":
            if any([_scrub_json(item, changes, trace) for item in element.get("Value", [])]):  # noqa: C419 - all of them
                found.add(int(tag, 16))
        elif vr in TEXT and trace.in_text(_json_text(element)):
            instance[tag] = _json_element(vr, changes.get(tag, ""))
            found.add(int(tag, 16))
        elif vr in BINARY and trace.in_bytes(base64.b64decode(element.get("InlineBinary", ""))):
            instance[tag] = {"vr": vr}
            found.add(int(tag, 16))
    return found


@dataclass(frozen=True, kw_only=True)
class _Person:
    """The person that a data set named before its correction."""

    name: str
    number: str
    raw: tuple[bytes, ...] = ()
    """Name and number as received bytes, where they are known."""

    def trace(self, changed: set[int]) -> Trace | None:
        """The traces to search: name and number after a new number, the name alone after a new name, else None."""
        if PATIENT_ID in changed:
            return Trace(self.name, self.number, self.raw)
        return Trace(self.name, "", self.raw[:1]) if PATIENT_NAME in changed else None


def _earlier_person(dataset: Dataset) -> _Person:
    """Call before the text is decoded, which replaces the received bytes."""
    charsets = charsets_of(dataset, None)
    texts: list[str] = []
    raw: list[bytes] = []
    for tag, vr in ((PATIENT_NAME, "PN"), (PATIENT_ID, "LO")):
        element = dataset.get_item(tag) if tag in dataset else None
        value = b"" if element is None else element.value
        raw.append(value if isinstance(value, bytes) else str(value or "").encode())
        texts.append(decode(value, charsets, vr) if isinstance(value, bytes) else str(value or ""))
    return _Person(name=texts[0], number=texts[1], raw=tuple(raw))


def _element(tag: int, value: str, vr: str | None = None) -> DataElement:
    found = vr or dictionary_VR(tag)
    if found in BINARY:
        return DataElement(tag, found, value.encode())
    return DataElement(tag, found, value, validation_mode=config.IGNORE)


def _json_element(vr: str, value: str) -> dict[str, Any]:
    if not value:
        return {"vr": vr}
    if vr == "PN":
        groups = dict(zip(("Alphabetic", "Ideographic", "Phonetic"), value.split("="), strict=False))
        return {"vr": vr, "Value": [{key: group for key, group in groups.items() if group}]}
    return {"vr": vr, "Value": value.split("\\")}


def _json_text(element: Mapping[str, Any] | None) -> str:
    """The values of an element of the JSON model as the text of a data set element."""
    if element is None:
        return ""
    texts: list[str] = []
    for value in element.get("Value", []):
        if isinstance(value, dict):
            groups = [str(value.get(key, "")) for key in ("Alphabetic", "Ideographic", "Phonetic")]
            texts.append("=".join(groups).rstrip("="))
        elif value is not None:
            texts.append(str(value))
    return "\\".join(texts)


def _text(dataset: Dataset, tag: int) -> str:
    return "\\".join(str(value) for value in _values(dataset[tag].value)) if tag in dataset else ""


def _values(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) or type(value).__name__ == "MultiValue" else [value]


def _date_time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%d%H%M%S.%f") + "+0000"


def _reference(correction: Correction) -> str:
    """Source of Previous Values: a reference into our own record, which tells nobody else anything."""
    return f"{SYSTEM} ATTRIBUTION REVISION {correction.revision}" if correction.revision else f"{SYSTEM} PLACEMENT"
