"""Checks and parses MPPS messages (PS3.4 F.7.2, Tables F.7.2-1 and F.7.2-2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from pacs.errors import InvalidInput
from storage.instance_row import is_new_uid

Attributes: TypeAlias = Mapping[str, Any]
"""An attribute list in the DICOM JSON model (PS3.18 F)."""

STATUS: Final = "00400252"
STEPS: Final = "00400270"
SERIES: Final = "00400340"
REASON: Final = "00400281"
MODALITY: Final = "00080060"
# PS3.7 C.5: statuses of the N services.
INVALID_VALUE: Final = 0x0106
MISSING_ATTRIBUTE: Final = 0x0120
MISSING_VALUE: Final = 0x0121

STATES: Final = {"IN PROGRESS": "in_progress", "COMPLETED": "completed", "DISCONTINUED": "discontinued"}
TYPE_1: Final = ("00400253", "00400241", "00400244", "00400245", STATUS, MODALITY, STEPS)
"""Attributes that an N-CREATE must have: step id, station, start date and time, status, modality, scheduled steps.
Attributes of type 2 may be missing: devices leave them out, and a refusal would help nobody."""
FIXED: Final = (
    *(STEPS, MODALITY, "00400253", "00400241", "00400244", "00400245"),
    *("00100010", "00100020", "00100021", "00100030", "00100040"),
)
"""What an N-SET may repeat and not change (PS3.4 Table F.7.2-1): what was scheduled, what is made, where, from when, of
whom. Consoles send them again with each message."""
SHORT: Final = 16
"""Characters of an SH or a CS (PS3.5 6.2)."""
LONG: Final = 64


class RefusedMessage(InvalidInput):
    """The message is refused because of attribute ``tag``, whose value is not quoted."""

    def __init__(self, status: int, tag: str) -> None:
        super().__init__(status, tag)
        self.status = status
        self.tag = tag


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A reference to a scheduled step; its step id is empty where none was scheduled."""

    study_uid: str = field(repr=False)
    accession_number: str = field(repr=False)
    step_id: str


@dataclass(frozen=True, kw_only=True)
class PerformedInstance:
    """An instance that the step produced."""

    series_uid: str = field(repr=False)
    sop_instance_uid: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Person:
    """The patient of a step, as the console knows them."""

    name: str = field(repr=False)
    """In up to three component groups (PS3.5 6.2)."""
    sex: str
    birth_date: str = field(repr=False)
    patient_id: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class PerformedStep:
    """A valid message."""

    attributes: Attributes = field(repr=False)
    state: str | None
    """One of the values of `STATES`; None where the message has none."""
    modality: str = ""
    references: Sequence[Reference] = ()
    instances: Sequence[PerformedInstance] | None = field(default=None, repr=False)
    """All instances of the step; None where the message has no series sequence."""
    reason: Mapping[str, str] | None = None
    person: Person | None = None
    """Of whom it was made; None where the message does not say."""
    repeated: Sequence[str] = ()
    """Tags of what an N-SET says again; whether it changes them is known where the step is."""


def n_create(attributes: Attributes) -> PerformedStep:
    """Parse an N-CREATE.

    Raises:
        RefusedMessage: an attribute of type 1 has no value, the status is not IN PROGRESS, or a value is malformed.

    """
    for tag in TYPE_1:
        if tag not in attributes:
            raise RefusedMessage(MISSING_ATTRIBUTE, tag)
        if not _values(attributes, tag):
            raise RefusedMessage(MISSING_VALUE, tag)
    if _code_string(attributes, STATUS) != "IN PROGRESS":
        raise RefusedMessage(INVALID_VALUE, STATUS)
    return PerformedStep(
        attributes=attributes,
        state=STATES["IN PROGRESS"],
        modality=_bounded(attributes, MODALITY, SHORT),
        references=[_reference(item) for item in _items(attributes, STEPS)],
        instances=_instances(attributes),
        person=_person(attributes),
    )


def n_set(attributes: Attributes) -> PerformedStep:
    """Parse an N-SET.

    Raises:
        RefusedMessage: the status is unknown, or a value is malformed.

    """
    status = _code_string(attributes, STATUS)
    if STATUS in attributes and not status:
        raise RefusedMessage(MISSING_VALUE, STATUS)
    if status and status not in STATES:
        raise RefusedMessage(INVALID_VALUE, STATUS)
    return PerformedStep(
        attributes=attributes,
        state=STATES.get(status),
        instances=_instances(attributes),
        reason=_reason(attributes),
        repeated=tuple(tag for tag in FIXED if tag in attributes),
    )


def _reference(item: Attributes) -> Reference:
    if "0020000D" not in item:
        raise RefusedMessage(MISSING_ATTRIBUTE, "0020000D")
    return Reference(
        study_uid=_uid(item, "0020000D"),
        accession_number=_bounded(item, "00080050", SHORT),
        step_id=_bounded(item, "00400009", SHORT),
    )


def _person(attributes: Attributes) -> Person:
    """The patient, of whom nothing is refused: what is malformed says nothing."""
    names = [value for value in _values(attributes, "00100010") if isinstance(value, Mapping)]
    groups = [str(names[0].get(group) or "") if names else "" for group in ("Alphabetic", "Ideographic", "Phonetic")]
    sex, birth_date, patient_id = (
        next((value.strip() for value in _values(attributes, tag) if isinstance(value, str)), "")
        for tag in ("00100040", "00100030", "00100020")
    )
    return Person(name="=".join(groups).rstrip("="), sex=sex, birth_date=birth_date, patient_id=patient_id)


def _instances(attributes: Attributes) -> list[PerformedInstance] | None:
    """Images (0008,1140) and other objects (0040,0220) of every performed series; None without the sequence."""
    if SERIES not in attributes:
        return None
    found: list[PerformedInstance] = []
    for series in _items(attributes, SERIES):
        series_uid = _uid(series, "0020000E")
        for tag in ("00081140", "00400220"):
            found += [
                PerformedInstance(series_uid=series_uid, sop_instance_uid=_uid(one, "00081155"))
                for one in _items(series, tag)
            ]
    return found


def _reason(attributes: Attributes) -> dict[str, str] | None:
    for item in _items(attributes, REASON):
        return {
            "value": _bounded(item, "00080100", SHORT),
            "scheme": _bounded(item, "00080102", SHORT),
            "meaning": _bounded(item, "00080104", LONG),
        }
    return None


def _uid(item: Attributes, tag: str) -> str:
    value = _code_string(item, tag)
    if not value:
        raise RefusedMessage(MISSING_VALUE, tag)
    if not is_new_uid(value):
        raise RefusedMessage(INVALID_VALUE, tag)
    return value


def _bounded(item: Attributes, tag: str, longest: int) -> str:
    value = _code_string(item, tag)
    if len(value) > longest or not value.isprintable():
        raise RefusedMessage(INVALID_VALUE, tag)
    return value


def _code_string(item: Attributes, tag: str) -> str:
    values = _values(item, tag)
    if values and not isinstance(values[0], str):
        raise RefusedMessage(INVALID_VALUE, tag)
    return str(values[0]).strip() if values else ""


def _items(item: Attributes, tag: str) -> list[Attributes]:
    values = _values(item, tag)
    if any(not isinstance(value, Mapping) for value in values):
        raise RefusedMessage(INVALID_VALUE, tag)
    return values


def _values(item: Attributes, tag: str) -> list[Any]:
    return [value for value in item.get(tag, {}).get("Value") or () if value is not None]
