"""One match of a C-FIND as a data set in the character set of the device (PS3.4 C.4.1.1.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from pydicom.charset import convert_encodings
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pynetdicom.dsutils import encode

from pacs.dataset.character_sets import TEXT_VRS
from pacs.search.results import Result, answered_at
from pacs.service_classes.identifier import LEVELS, UNIQUE, ParsedIdentifier

UNICODE: Final = "ISO_IR 192"


@dataclass(frozen=True, kw_only=True)
class FindAnswer:
    dataset: Dataset
    left_out: bool
    """Whether a requested attribute could not be returned."""


def answer_dataset(result: Result, asked: ParsedIdentifier, ae_title: str, character_set: str) -> FindAnswer:
    """The requested attributes of one result, in ``character_set``, or in UTF-8 where it is empty."""
    written = character_set or UNICODE
    readable = None if written == UNICODE else _encodings(written)
    dataset = Dataset()
    dataset.SpecificCharacterSet = written.split("\\")
    dataset.QueryRetrieveLevel = next(name for name, level in LEVELS.items() if level is asked.level)
    dataset.RetrieveAETitle = ae_title
    names = {UNIQUE[level] for level in UNIQUE if level <= asked.level} | {0x00100021}
    answered = answered_at(asked.level)
    left_out = False
    for tag in sorted(asked.wanted | names):
        found = result.get(f"{tag:08X}")
        if found is None and tag not in asked.wanted:
            continue
        made = _element(tag, found or {"vr": ""}, readable)
        if made is None or (tag not in answered and not _can_be_written(made, written)):
            left_out = True
        else:
            dataset[tag] = made
    return FindAnswer(dataset=dataset, left_out=left_out)


def _element(tag: int, found: dict[str, Any], readable: list[str] | None) -> DataElement | None:
    """The element; None for long binary values, which a description lacks, and for values that pydicom refuses."""
    if "BulkDataURI" in found:
        return None
    single = Dataset()
    vr = str(found["vr"])
    if not vr:  # the header lacks the attribute: return it empty
        try:
            single.add_new(tag, dictionary_VR(tag)[:2], None)
        except KeyError:
            return None
        return single[tag]
    if readable is not None:
        found = _readable(found, readable)
    try:
        return Dataset.from_json({f"{tag:08X}": found}, bulk_data_uri_handler=lambda _uri: None)[tag]
    except Exception:  # noqa: BLE001 # whatever a device wrote there, the rest of the match is returned
        return None


def _can_be_written(element: DataElement, written: str) -> bool:
    alone = Dataset()
    alone.SpecificCharacterSet = written.split("\\")
    alone[element.tag] = element
    return encode(alone, False, True) is not None


def _encodings(character_set: str) -> list[str]:
    return [str(one) for one in convert_encodings(character_set.split("\\"))]


def _readable(found: dict[str, Any], encodings: list[str]) -> dict[str, Any]:
    """The element with a question mark for each character that the device's sets lack."""
    vr = found["vr"]
    values = found.get("Value")
    if values is None or (vr not in TEXT_VRS and vr != "SQ"):
        return found
    return {"vr": vr, "Value": [_replaced(value, encodings) for value in values]}


def _replaced(value: Any, encodings: list[str]) -> Any:
    if isinstance(value, str):
        return "".join(one if _fits(one, encodings) else "?" for one in value)
    if not isinstance(value, dict):
        return value
    # The groups of a person name, or an item of a sequence.
    return {
        name: _readable(inner, encodings) if isinstance(inner, dict) else _replaced(inner, encodings)
        for name, inner in value.items()
    }


def _fits(character: str, encodings: list[str]) -> bool:
    for encoding in encodings:
        try:
            character.encode(encoding)
        except UnicodeEncodeError:
            continue
        return True
    return False
