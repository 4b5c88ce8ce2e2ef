"""Results of QIDO-RS and C-FIND in the DICOM JSON model, with corrections applied."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from pydicom.datadict import dictionary_VR
from sqlalchemy.engine import Connection

from pacs.dataset.dicom_json import person_name
from pacs.dataset.tags import BITS_ALLOCATED
from pacs.search.matching_keys import KEYS, Level
from storage.index.part_attributes import keyword_of, of_instance, uid_of
from storage.index.queries import (
    Condition,
    Exact,
    Instance,
    Patient,
    Scope,
    Series,
    Study,
    UidList,
    search_instances,
    search_series,
    search_studies,
)

Result = dict[str, Any]
Path = tuple[int, ...]
"""A tag; for what is inside a sequence the sequence's tag first (PS3.18 8.3.4.1)."""
Describe = Callable[[Instance], Result]
"""Answers the description of an instance with its correction applied."""
Attributes = Callable[[str], Mapping[str, str]]
"""Answers the corrected attributes of a study by its UID; a keyword with a UID behind it is that part's alone."""

_MANY: Final = 100_000
_PATIENT: Final = ("00100010", "00100020", "00100021", "00100030", "00100040")
_TEXTS: Final = (
    "00080090",
    "0008103E",
    "00081030",
    "00100021",
    "00100030",
    "00100040",
    "00180015",
    "00200010",
    "00200060",
)
_SIDES: Final = ("Laterality", "ImageLaterality")
_COUNTS_OF_STUDY: Final = frozenset({0x00201206, 0x00201208})
_AT_SERIES: Final = frozenset({0x00080021, 0x00080031, 0x00081010, 0x00200060, 0x00201209})
_AT_INSTANCE: Final = frozenset({0x00280008, 0x00280010, 0x00280011})
_FROM_STUDY_ON: Final = frozenset({0x00080056, 0x00080201})


def answered_at(level: Level) -> frozenset[int]:
    """The attributes that the index answers at a level, also where their value is empty."""
    answered = {tag for tag, key in KEYS.items() if key.level <= level and not (key.only_there and key.level != level)}
    match level:
        case Level.PATIENT:
            return frozenset(answered | {0x00201200, 0x00201204})
        case Level.STUDY:
            return frozenset(answered | _FROM_STUDY_ON | _COUNTS_OF_STUDY)
        case Level.SERIES:
            return frozenset(answered | _FROM_STUDY_ON | _AT_SERIES)
        case Level.INSTANCE:
            return frozenset(answered | _FROM_STUDY_ON | _AT_SERIES | _AT_INSTANCE)


def ambiguous_patient(tx: Connection, scope: Scope, match: Iterable[tuple[str, Condition]]) -> bool:
    """Whether a Patient ID without issuer exists under several issuers; it then matches nothing."""
    asked = dict(match)
    patient_id = asked.get("patient_id")
    if not isinstance(patient_id, Exact) or "issuer" in asked or "study_uid" in asked:
        return False
    issuers = {study.issuer for study in search_studies(tx, scope, [("patient_id", patient_id)], limit=_MANY)}
    return len(issuers) > 1


def patients(tx: Connection, scope: Scope, found: Sequence[Patient], described: Describe) -> list[Result]:
    shown = {
        result["0020000D"]["Value"][0]: result
        for result in studies(
            tx, scope, list(_studies_of(tx, scope, [one.study_uid for one in found]).values()), described
        )
    }
    return [
        {tag: shown[one.study_uid][tag] for tag in _PATIENT}
        | number(0x00201200, one.studies)
        | number(0x00201204, one.instances)
        for one in found
        if one.study_uid in shown  # else it was hidden between two statements
    ]


def studies(tx: Connection, scope: Scope, found: Sequence[Study], described: Describe) -> list[Result]:
    series = _series_of(tx, scope, [study.study_uid for study in found])
    results = [_study(study, series.get(study.study_uid, [])) for study in found]
    return [
        _corrected(tx, scope, one, described) if study.attribution_revision else one
        for study, one in zip(found, results, strict=True)
    ]


def series(
    tx: Connection, scope: Scope, found: Sequence[Series], described: Describe, attributes: Attributes
) -> list[Result]:
    parents = _studies_of(tx, scope, [one.study_uid for one in found])
    results: list[Result] = []
    for one in found:
        study = parents.get(one.study_uid)
        if study is not None:  # else it was hidden between two statements
            result = _study(study, [one], whole=False) | _series(one)
            if _is_corrected(study, one):
                result = _corrected(tx, scope, result, described) | _side(tx, scope, one, attributes(one.study_uid))
            results.append(result)
    return results


def _side(tx: Connection, scope: Scope, series: Series, attributes: Mapping[str, str]) -> Result:
    """Laterality of a series whose side was corrected: empty where its images show several; else nothing."""
    keys = [key for key in attributes if keyword_of(key) in _SIDES]
    if not keys:
        return {}
    uids = [""]
    if any(uid_of(key) not in {"", series.series_uid} for key in keys):
        images = search_instances(tx, scope, [("series_uid", Exact(series.series_uid))], limit=_MANY)
        uids = [one.sop_instance_uid for one in images]
    own = [of_instance(attributes, series.series_uid, uid) for uid in uids]
    sides = {next((one[keyword] for keyword in _SIDES if keyword in one), series.laterality) for one in own}
    return text(0x00200060, sides.pop() if len(sides) == 1 else "")


def instances(
    tx: Connection,
    scope: Scope,
    found: Sequence[Instance],
    described: Describe,
    *,
    include: Iterable[Path] = (),
    include_all: bool = False,
) -> list[Result]:
    """Instances; attributes at ``include``, or all, come from the header where the index lacks them."""
    parents = _studies_of(tx, scope, [one.study_uid for one in found])
    by_study = _series_of(tx, scope, parents)
    by_uid = {one.series_uid: one for each in by_study.values() for one in each}
    asked = frozenset(include)
    from_header = include_all or any(path[0] not in _HEADERLESS for path in asked)
    results: list[Result] = []
    for one in found:
        study, parent = parents.get(one.study_uid), by_uid.get(one.series_uid)
        if study is None or parent is None:
            continue  # it was hidden between two statements
        result = _study(study, [parent], whole=False) | _series(parent) | _instance(one) | _bits_allocated(one)
        if from_header:
            header = described(one)
            result = (header if include_all else _at(header, asked)) | result
        results.append(_corrected(tx, scope, result, described) if _is_corrected(study, parent) else result)
    return results


def _at(header: Result, paths: Iterable[Path]) -> Result:
    """What a header, or an item of a sequence, has at these paths; of a sequence each item, with those attributes."""
    below: dict[int, list[Path]] = {}
    for path in paths:
        below.setdefault(path[0], []).append(path[1:])
    found: Result = {}
    for tag, inner in below.items():
        element = header.get(f"{tag:08X}")
        if element is None:
            continue
        if () in inner:
            found[f"{tag:08X}"] = element
        elif element["vr"] == "SQ":
            found[f"{tag:08X}"] = {"vr": "SQ", "Value": [_at(item, inner) for item in element.get("Value", ())]}
    return found


def _is_corrected(study: Study, series: Series) -> bool:
    """Whether a person corrected the study, or moved the series to it."""
    return bool(study.attribution_revision) or series.received_study_uid is not None


def _corrected(tx: Connection, scope: Scope, result: Result, described: Describe) -> Result:
    """Replace the texts of a corrected study, which may name the earlier person, by those of a corrected header.

    The header is that of the instance, or of the first one in the series or study.
    """
    finest = next(tag for tag in ("00080018", "0020000E", "0020000D") if tag in result)
    column = KEYS[int(finest, 16)].column
    for one in search_instances(tx, scope, [(column, Exact(result[finest]["Value"][0]))], limit=1):
        header = described(one)
        for tag in _TEXTS:
            if tag in result:
                result[tag] = header.get(tag, {"vr": result[tag]["vr"]})
    return result


def _series_of(tx: Connection, scope: Scope, study_uids: Iterable[str]) -> dict[str, list[Series]]:
    uids = tuple(dict.fromkeys(study_uids))
    by_study: dict[str, list[Series]] = {}
    for one in search_series(tx, scope, [("study_uid", UidList(uids))], limit=_MANY) if uids else []:
        by_study.setdefault(one.study_uid, []).append(one)
    return by_study


def _studies_of(tx: Connection, scope: Scope, study_uids: Iterable[str]) -> Mapping[str, Study]:
    uids = tuple(dict.fromkeys(study_uids))
    found = search_studies(tx, scope, [("study_uid", UidList(uids))], limit=_MANY) if uids else []
    return {study.study_uid: study for study in found}


def _study(study: Study, series: Sequence[Series], *, whole: bool = True) -> Result:
    found = {
        **text(0x00080020, study.study_date),
        **text(0x00080030, study.study_time),
        **text(0x00080050, study.accession_number),
        **text(0x00080056, "ONLINE"),
        **text(0x00080090, study.referring_physician),
        **text(0x00081030, study.study_description),
        **text(0x00100010, study.patient_name),
        **text(0x00100020, study.patient_id),
        **text(0x00100021, study.issuer),
        **text(0x00100030, study.birth_date),
        **text(0x00100040, study.sex),
        **text(0x0020000D, study.study_uid),
        **text(0x00200010, study.study_id),
        **({"00080201": {"vr": "SH", "Value": [study.timezone_offset]}} if study.timezone_offset else {}),
    }
    if whole:
        modalities = sorted({one.modality for one in series if one.modality})
        found["00080061"] = {"vr": "CS", "Value": modalities} if modalities else {"vr": "CS"}
        found["00201206"] = {"vr": "IS", "Value": [len(series)]}
        found["00201208"] = {"vr": "IS", "Value": [study.instances + study.made_here]}
    return found


def _series(series: Series) -> Result:
    return {
        **text(0x00080021, series.series_date),
        **text(0x00080031, series.series_time),
        **text(0x00080060, series.modality),
        **text(0x00081010, series.station_name),
        **text(0x0008103E, series.series_description),
        **text(0x00180015, series.body_part),
        **text(0x0020000E, series.series_uid),
        **number(0x00200011, series.series_number),
        **text(0x00200060, series.laterality),
        **number(0x00201209, series.instances),
    }


def _instance(one: Instance) -> Result:
    return {
        **text(0x00080016, one.sop_class_uid),
        **text(0x00080018, one.sop_instance_uid),
        **number(0x00200013, one.instance_number),
        **({"00280008": {"vr": "IS", "Value": [one.frames]}} if one.frames > 1 else {}),
        **({"00280010": {"vr": "US", "Value": [one.rows]}} if one.rows is not None else {}),
        **({"00280011": {"vr": "US", "Value": [one.columns]}} if one.columns is not None else {}),
    }


def _bits_allocated(one: Instance) -> Result:
    """Bits Allocated of an image, from its description, which the index keeps beside the row once it is made."""
    if not one.frames or one.description is None:
        return {}
    found = json.loads(zlib.decompress(one.description)).get(f"{BITS_ALLOCATED:08X}")
    return {} if found is None else {f"{BITS_ALLOCATED:08X}": found}


def text(tag: int, value: str) -> Result:
    """One attribute as an element of the JSON model; without a value where the text is empty."""
    vr = dictionary_VR(tag)
    values: list[Any] = [one for one in value.split("\\") if one]
    if vr == "PN":
        values = [person_name(one) for one in values]
    return {f"{tag:08X}": {"vr": vr, "Value": values} if values else {"vr": vr}}


def number(tag: int, value: int | None) -> Result:
    vr = dictionary_VR(tag)
    return {f"{tag:08X}": {"vr": vr} if value is None else {"vr": vr, "Value": [value]}}


_HEADERLESS: Final = frozenset(KEYS) | {0x00080056, 0x00081190} | _AT_INSTANCE
"""Attributes that the index answers at the instance level without the header."""
