"""A QIDO-RS query string read strictly: every key is matched or refused, never passed over (PS3.18 8.3.4)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from pydicom.datadict import dictionary_VR, keyword_for_tag, tag_for_keyword

from pacs.dicomweb.problems import BadRequest
from storage.index import Condition, Exact, Range, UidList, Wildcard


class Level(IntEnum):
    STUDY = 0
    SERIES = 1
    INSTANCE = 2


@dataclass(frozen=True, kw_only=True)
class Key:
    """An attribute that can be matched: the index column that answers for it, and the level where it lives."""

    column: str
    level: Level
    only_there: bool = False


# The required keys of PS3.18 Table 10.6.1-5 and what the index has beyond them. Those of the table
# that the index does not keep (performed procedure step, request attributes) are answered with 400.
KEYS: Final = {
    0x00080020: Key(column="study_date", level=Level.STUDY),
    0x00080030: Key(column="study_time", level=Level.STUDY),
    0x00080050: Key(column="accession_number", level=Level.STUDY),
    # Of the study: at the levels below, the same column would ask the series alone.
    0x00080061: Key(column="modality", level=Level.STUDY, only_there=True),
    0x00080090: Key(column="referring_physician", level=Level.STUDY),
    0x00081030: Key(column="study_description", level=Level.STUDY),
    0x00100010: Key(column="patient_name", level=Level.STUDY),
    0x00100020: Key(column="patient_id", level=Level.STUDY),
    0x00100021: Key(column="issuer", level=Level.STUDY),
    0x00100030: Key(column="birth_date", level=Level.STUDY),
    0x00100040: Key(column="sex", level=Level.STUDY),
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
MOST: Final = {Level.STUDY: 500, Level.SERIES: 2_000, Level.INSTANCE: 10_000}
"""Results of one answer where the client asks for more, or does not say."""
MAX_KEYS: Final = 64
MAX_UIDS: Final = 1_000
NO_FUZZY: Final = (
    '299 tierread "The fuzzymatching parameter is not supported. Only literal matching has been performed."'
)
NOT_INCLUDED: Final = '299 tierread "Attributes of includefield that are not indexed at this level are left out."'
MORE: Final = '299 tierread "There are additional results that can be requested."'
_DATE: Final = re.compile(r"\d{8}", re.ASCII)
_TIME: Final = re.compile(r"\d{2}(\d{2}(\d{2}(\.\d{1,6})?)?)?", re.ASCII)
_UID: Final = re.compile(r"[0-9.]{1,64}", re.ASCII)
_INTEGER: Final = re.compile(r"[+-]?\d{1,10}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Query:
    level: Level
    match: tuple[tuple[str, Condition], ...]
    include: frozenset[int]
    """Tags asked beyond the defaults."""
    include_all: bool
    limit: int
    offset: int
    warnings: tuple[str, ...]


def parse(parameters: Iterable[tuple[str, str]], level: Level) -> Query:
    """Read the query of a search at ``level``.

    Raises:
        BadRequest: a key that is unknown, cannot be matched at this level, or has a value it cannot have.

    """
    match: dict[str, Condition] = {}
    include: set[int] = set()
    include_all = False
    limit: int | None = None
    offset = 0
    warnings: list[str] = []
    pairs = list(parameters)
    if len(pairs) > MAX_KEYS:
        raise BadRequest("query", "too many parameters")
    for name, value in pairs:
        match name.lower():
            case "limit":
                limit = _count(name, value)
            case "offset":
                offset = _count(name, value)
            case "fuzzymatching":
                if value.lower() not in ("true", "false"):
                    raise BadRequest(name, "neither true nor false")
                if value.lower() == "true" and NO_FUZZY not in warnings:
                    warnings.append(NO_FUZZY)
            case "includefield":
                for field in value.split(","):
                    if field.lower() == "all":
                        include_all = True
                    else:
                        include.add(tag_of(name, field))
            case "accept":
                pass  # content negotiation: see `pacs.dicomweb.accept`
            case _:
                tag = tag_of(name, name)
                key = KEYS.get(tag)
                if key is None or key.level > level or (key.only_there and key.level != level):
                    raise BadRequest(name, "cannot be matched here")
                if key.column in match:
                    raise BadRequest(name, "given twice")
                condition = _condition(name, tag, value)
                if condition is not None:
                    match[key.column] = condition
                include.add(tag)
    most = MOST[level]
    return Query(
        level=level,
        match=tuple(match.items()),
        include=frozenset(include),
        include_all=include_all,
        limit=most if limit is None else min(limit, most),
        offset=offset,
        warnings=tuple(warnings),
    )


def tag_of(field: str, name: str) -> int:
    """A keyword or eight hex digits of the dictionary (PS3.18 8.3.4.1); sequences of them are not matched.

    Raises:
        BadRequest: neither.

    """
    tag = int(name, 16) if re.fullmatch(r"[0-9A-Fa-f]{8}", name, re.ASCII) else tag_for_keyword(name)
    if tag is None or not keyword_for_tag(tag):
        raise BadRequest(field, "not an attribute of the dictionary")
    return tag


def _condition(name: str, tag: int, value: str) -> Condition | None:
    """What the value asks of the column; None for universal matching (PS3.4 C.2.2.2.3)."""
    if value in ("", "*"):
        return None
    if "\0" in value:
        raise BadRequest(name, "not a value")
    match dictionary_VR(tag):
        case "UI":
            uids = tuple(value.replace("\\", ",").split(","))
            if len(uids) > MAX_UIDS or not all(_UID.fullmatch(uid) for uid in uids):
                raise BadRequest(name, "not a UID or a list of them")
            return UidList(uids)
        case "DA":
            return _range(name, value, _DATE)
        case "TM":
            return _range(name, value, _TIME)
        case "IS":
            if not _INTEGER.fullmatch(value) or abs(int(value)) >= 2**31:
                raise BadRequest(name, "not a whole number")
            return Exact(value)
        case _:
            return Wildcard(value) if "*" in value or "?" in value else Exact(value)


def _range(name: str, value: str, form: re.Pattern[str]) -> Condition:
    """A day, or a range open at either end (PS3.4 C.2.2.2.5)."""
    if form.fullmatch(value):
        return Range(value, value)
    low, dash, high = value.partition("-")
    if not dash or not (low or high) or not all(form.fullmatch(end) for end in (low, high) if end):
        raise BadRequest(name, "neither a value nor a range")
    return Range(low or None, high or None)


def _count(name: str, value: str) -> int:
    if not re.fullmatch(r"\d{1,9}", value, re.ASCII):
        raise BadRequest(name, "not a count")
    return int(value)
