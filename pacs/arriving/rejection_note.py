"""Reads which images a key object selection rejects, and why (PS3.3 C.17.6, PS3.16 TID 2010, IHE RAD TF-3 4.66)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from storage.instance_row import is_uid

KEY_OBJECT_SELECTION: Final = "1.2.840.10008.5.1.4.1.1.88.59"
REJECTS: Final = frozenset({"113001", "113037", "113038", "113039"})
"""Code values of DCM (PS3.16 CID 7011): quality, patient safety, wrong worklist entry, data retention expired."""


@dataclass(frozen=True, kw_only=True)
class RejectionNote:
    title: str
    """A code value of `REJECTS`."""
    sop_instance_uids: tuple[str, ...]


def rejection_note(instance: dict[str, Any]) -> RejectionNote | None:
    """The rejection in a Key Object Selection in the DICOM JSON model (PS3.18 F.2); None where it rejects nothing."""
    # Document Title is the concept name of the root (PS3.16 TID 2010 row 1).
    for concept in _items(instance, "0040A043"):
        title = _text(concept, "00080100")
        if _text(concept, "00080102") == "DCM" and title in REJECTS:
            return RejectionNote(title=title, sop_instance_uids=tuple(dict.fromkeys(_referenced(instance))))
    return None


def _referenced(instance: dict[str, Any]) -> Iterator[str]:
    """SOP Instance UIDs of the evidence sequence, then those of the content items."""
    for study in _items(instance, "0040A375"):
        for series in _items(study, "00081115"):
            yield from _sops(series)
    for content in _items(instance, "0040A730"):
        yield from _sops(content)


def _sops(item: dict[str, Any]) -> Iterator[str]:
    for sop in _items(item, "00081199"):
        uid = _text(sop, "00081155")
        if is_uid(uid):  # what is none names nothing that could be here
            yield uid


def _items(item: dict[str, Any], tag: str) -> list[dict[str, Any]]:
    values: list[Any] = item.get(tag, {}).get("Value", [])
    return [value for value in values if isinstance(value, dict)]


def _text(item: dict[str, Any], tag: str) -> str:
    values: list[Any] = item.get(tag, {}).get("Value", [])
    return values[0] if values and isinstance(values[0], str) else ""
