"""Matching keys of QIDO-RS and C-FIND, and the conditions that their values make (PS3.4 C.2.2.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from pydicom.datadict import dictionary_VR

from pacs.errors import InvalidInput
from pacs.search.wildcard import LONGEST_PATTERN
from storage.index.queries import AnyOf, Condition, Exact, Range, UidList, Wildcard
from storage.instance_row import is_uid


class Level(IntEnum):
    PATIENT = 0
    STUDY = 1
    SERIES = 2
    INSTANCE = 3


@dataclass(frozen=True, kw_only=True)
class Key:
    """An attribute that can be matched, with its index column and its level."""

    column: str
    level: Level
    only_there: bool = False


# The required keys of PS3.18 Table 10.6.1-5 and of PS3.4 C.6, and others of the index. Attributes
# of the tables that the index does not keep (performed procedure step, request attributes) are not matched.
KEYS: Final = {
    0x00100010: Key(column="patient_name", level=Level.PATIENT),
    0x00100020: Key(column="patient_id", level=Level.PATIENT),
    0x00100021: Key(column="issuer", level=Level.PATIENT),
    0x00100030: Key(column="birth_date", level=Level.PATIENT),
    0x00100040: Key(column="sex", level=Level.PATIENT),
    0x00080020: Key(column="study_date", level=Level.STUDY),
    0x00080030: Key(column="study_time", level=Level.STUDY),
    0x00080050: Key(column="accession_number", level=Level.STUDY),
    # Matched at the study level only: below it, the same column means the modality of the series.
    0x00080061: Key(column="modality", level=Level.STUDY, only_there=True),
    0x00080090: Key(column="referring_physician", level=Level.STUDY),
    0x00081030: Key(column="study_description", level=Level.STUDY),
    0x0020000D: Key(column="study_uid", level=Level.STUDY),
    0x00200010: Key(column="study_id", level=Level.STUDY),
    0x00080060: Key(column="modality", level=Level.SERIES),
    0x0008103E: Key(column="series_description", level=Level.SERIES),
    0x00180015: Key(column="body_part", level=Level.SERIES),
    0x0020000E: Key(column="series_uid", level=Level.SERIES),
    0x00200011: Key(column="series_number", level=Level.SERIES),
    0x00080016: Key(column="sop_class_uid", level=Level.INSTANCE),
    0x00080018: Key(column="sop_instance_uid", level=Level.INSTANCE),
    0x00200013: Key(column="instance_number", level=Level.INSTANCE),
}
_CODES: Final = frozenset({0x00080060, 0x00080061, 0x00100040, 0x00180015})
"""Attributes of which clients name several values and mean any of them, which PS3.4 C.2.2.2 does not foresee."""
MAX_UIDS: Final = 1_000
# With dots and colons as ACR-NEMA wrote them (PS3.5 6.2, notes on DA and TM); the index has neither.
_DATE: Final = re.compile(r"(\d{4})\.?(\d{2})\.?(\d{2})", re.ASCII)
_TIME: Final = re.compile(r"(\d{2})(?::?(\d{2})(?::?(\d{2}(?:\.\d{1,6})?))?)?", re.ASCII)
_INTEGER: Final = re.compile(r"[+-]?\d{1,10}", re.ASCII)


class UnfitKey(InvalidInput):
    """A key has a value that its attribute cannot have; ``problem`` does not quote it."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def matched_at(tag: int, level: Level) -> Key | None:
    """The key of a tag where a search at ``level`` can match it, else None."""
    key = KEYS.get(tag)
    return None if key is None or key.level > level or (key.only_there and key.level != level) else key


def condition(tag: int, value: str) -> Condition | None:
    """The condition on the column; None for universal matching (PS3.4 C.2.2.2.3).

    Spaces around a value mean nothing, as in the data sets that were indexed (PS3.5 6.2).

    Raises:
        UnfitKey: the attribute cannot have that value.

    """
    value = value.strip(" ")
    if value in ("", "*"):
        return None
    if "\0" in value:
        raise UnfitKey("not a value")
    match dictionary_VR(tag):
        case "UI":
            if len(value) > MAX_UIDS * 65:
                raise UnfitKey("not a UID or a list of them")
            uids = _several(value)
            if len(uids) > MAX_UIDS or not all(is_uid(uid) for uid in uids):
                raise UnfitKey("not a UID or a list of them")
            return UidList(uids)
        case "DA":
            return _range(value, _DATE)
        case "TM":
            return _range(value, _TIME)
        case "IS":
            if not _INTEGER.fullmatch(value) or abs(int(value)) >= 2**31:
                raise UnfitKey("not a whole number")
            return Exact(value)
        case _:
            if len(value) > LONGEST_PATTERN:
                raise UnfitKey("longer than any value")
            if tag not in _CODES:
                return _text(value)
            codes = tuple(_text(code) for code in _several(value) if code)
            # No code has a comma or a backslash: OHIF sends CT,MR, workstations send CT\\MR.
            return codes[0] if len(codes) == 1 else AnyOf(codes)


def _several(value: str) -> tuple[str, ...]:
    return tuple(one.strip(" ") for one in value.replace("\\", ",").split(","))


def _text(value: str) -> Exact | Wildcard:
    return Wildcard(value) if "*" in value or "?" in value else Exact(value)


def _range(value: str, form: re.Pattern[str]) -> Condition:
    """A day, or a range open at either end (PS3.4 C.2.2.2.5)."""
    ends = [end.strip(" ") for end in value.split("-")]
    if len(ends) > 2 or not any(ends):
        raise UnfitKey("neither a value nor a range")
    bounds = [_without_separators(end, form) if end else None for end in ends]
    return Range(bounds[0], bounds[-1])


def _without_separators(value: str, form: re.Pattern[str]) -> str:
    written = form.fullmatch(value)
    if written is None:
        raise UnfitKey("neither a value nor a range")
    return "".join(part or "" for part in written.groups())
