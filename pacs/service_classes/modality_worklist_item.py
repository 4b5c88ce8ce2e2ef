"""The attributes of a worklist item (PS3.4 K.6.1.2.2, Table K.6-1), from a scheduled step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import Final, TypeAlias

from pacs.dataset.answer_charset import CharacterSet

CODING_SCHEME: Final = "99TIERREAD"
"""Coding scheme of our examination codes, such as DX-CHEST or DX-HAND-L (PS3.3 8.2, local scheme)."""
PRIORITIES: Final = {"emergency": "STAT", "urgent": "HIGH", "routine": "ROUTINE"}
"""(0040,1003), PS3.3 Table C.4-11."""
LONGEST: Final = 64
"""Characters of an LO (PS3.5 6.2)."""
SHORT: Final = 16
"""Characters of an SH."""


@dataclass(frozen=True, kw_only=True)
class ScheduledStep:
    """A scheduled procedure step; texts in Chinese, and in plain words that any device can show."""

    study_uid: str = field(repr=False)
    accession_number: str = field(repr=False)
    step_id: str
    modality: str
    begins: datetime
    """In the site's time zone."""
    stations: Sequence[str]
    """AE titles that may perform it, that of the querying device first."""
    started: bool
    alphabetic: str = field(repr=False)
    """The patient's name in letters."""
    ideographic: str = field(repr=False)
    """The same in characters, empty where there is none."""
    patient_number: str = field(repr=False)
    issuer: str
    birth_date: date | None = field(repr=False)
    sex: str
    examination: str
    examination_plain: str
    body_part: str
    laterality: str
    priority: str
    reason: str = field(repr=False)
    protocol: Sequence[str] = field(repr=False)
    """How it is to be made or why it should not be, by whoever reads for the site; empty where nobody asked them.

    The same in several words, of which a device is told the first that its character set holds.
    """


class Match(Enum):
    """How a matching key is compared (PS3.4 C.2.2.2)."""

    TEXT = "text"
    """Single value or wildcard."""
    NAME = "name"
    """As `TEXT`, without case, in any component group."""
    DATE = "date"
    TIME = "time"
    UID = "uid"
    """One of a list."""
    NOT_HELD = "not_held"
    """We never have a value: the attribute is returned empty and not matched."""


@dataclass(frozen=True, kw_only=True)
class Value:
    """The values of an attribute, any of which may match."""

    vr: str
    values: tuple[str, ...] = ()
    match: Match = Match.TEXT


Attributes: TypeAlias = Mapping[int, "Value | Sequence[Attributes]"]


def attributes(step: ScheduledStep, readable: CharacterSet) -> Attributes:
    """All attributes of the item. Those of type 1 always have a value, those of type 2 may be empty."""
    name = readable.name(step.alphabetic, step.ideographic)
    words = readable.text(step.examination, step.examination_plain)[:LONGEST]
    codes = [_code(step, words)]
    part, side = Value(vr="CS", values=_some(step.body_part[:16])), Value(vr="CS", values=_some(step.laterality))
    scheduled_step: Attributes = {
        0x00400001: Value(vr="AE", values=tuple(step.stations)),
        0x00400002: Value(vr="DA", values=(step.begins.strftime("%Y%m%d"),), match=Match.DATE),
        0x00400003: Value(vr="TM", values=(step.begins.strftime("%H%M%S"),), match=Match.TIME),
        0x00080060: Value(vr="CS", values=(step.modality,)),
        0x00400006: Value(vr="PN", match=Match.NAME),
        0x00400007: Value(vr="LO", values=_some(words)),
        0x00400008: codes,
        0x00400009: Value(vr="SH", values=(step.step_id,)),
        0x00400010: Value(vr="SH", match=Match.NOT_HELD),
        0x00400011: Value(vr="SH", match=Match.NOT_HELD),
        0x00400012: Value(vr="LO", match=Match.NOT_HELD),
        0x00321070: Value(vr="LO", match=Match.NOT_HELD),
        0x00400020: Value(vr="CS", values=("STARTED" if step.started else "SCHEDULED",)),
        0x00180015: part,
        0x00200060: side,
    }
    return {
        0x00080050: Value(vr="SH", values=(step.accession_number,)),
        0x00080090: Value(vr="PN", match=Match.NOT_HELD),
        0x00081110: [],
        0x00081120: [],
        0x00100010: Value(vr="PN", values=(name,), match=Match.NAME),
        0x00100020: Value(vr="LO", values=(step.patient_number,)),
        0x00100021: Value(vr="LO", values=(step.issuer,)),
        0x00100030: Value(vr="DA", values=_day(step.birth_date), match=Match.DATE),
        0x00100040: Value(vr="CS", values=_some(step.sex)),
        0x00101030: Value(vr="DS", match=Match.NOT_HELD),
        0x00102000: Value(vr="LO", match=Match.NOT_HELD),
        0x00102110: Value(vr="LO", match=Match.NOT_HELD),
        0x001021C0: Value(vr="US", match=Match.NOT_HELD),
        0x00180015: part,
        0x0020000D: Value(vr="UI", values=(step.study_uid,), match=Match.UID),
        0x00200060: side,
        0x00321032: Value(vr="PN", match=Match.NOT_HELD),
        0x00321060: Value(vr="LO", values=_some(words)),
        0x00321064: codes,
        0x00380010: Value(vr="LO", match=Match.NOT_HELD),
        0x00380050: Value(vr="LO", match=Match.NOT_HELD),
        0x00380300: Value(vr="LO", match=Match.NOT_HELD),
        0x00380500: Value(vr="LO", match=Match.NOT_HELD),
        0x00400100: [scheduled_step],
        0x00401001: Value(vr="SH", values=(step.step_id,)),
        0x00401002: Value(vr="LO", values=_some(readable.text(step.reason, "")[:LONGEST])),
        0x00401003: Value(vr="SH", values=(PRIORITIES.get(step.priority, "ROUTINE"),)),
        0x00401004: Value(vr="LO", match=Match.NOT_HELD),
        0x00401400: Value(vr="LT", values=_some(readable.first(step.protocol))),
        0x00403001: Value(vr="LO", match=Match.NOT_HELD),
    }


def _code(step: ScheduledStep, words: str) -> Attributes:
    parts = [part for part in (step.modality, step.body_part, step.laterality) if part]
    value = "-".join(parts)
    return {
        # An SH holds 16 characters: a longer code is cut, and its meaning is complete.
        0x00080100: Value(vr="SH", values=(value[:SHORT],)),
        0x00080102: Value(vr="SH", values=(CODING_SCHEME,)),
        0x00080104: Value(vr="LO", values=(words or value[:LONGEST],)),
    }


def _some(text: str) -> tuple[str, ...]:
    """The text as a value of LO or CS, which can hold neither line ends nor a backslash."""
    plain = " ".join(text.replace("\\", "/").split())
    return (plain,) if plain else ()


def _day(day: date | None) -> tuple[str, ...]:
    return () if day is None else (day.strftime("%Y%m%d"),)
