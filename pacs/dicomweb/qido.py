"""QIDO-RS: searches of the index, answered in the DICOM JSON model (PS3.18 10.6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydicom.datadict import dictionary_VR
from sqlalchemy.engine import Connection

from pacs.dicomweb.query import KEYS, MORE, NOT_INCLUDED, Level, Query
from pacs.metadata import person_name
from storage.index import (
    Exact,
    Instance,
    Scope,
    Series,
    Study,
    UidList,
    search_instances,
    search_series,
    search_studies,
)

_MANY: Final = 100_000
_REVISION: Final = "attribution revision"
"""Beside the tags of a result until it is complete; not 0 either where a series came with another study."""
_TEXTS: Final = ("00080090", "0008103E", "00081030", "00100021", "00100030", "00100040", "00180015", "00200010")


@dataclass(frozen=True, kw_only=True)
class Found:
    """Results in the DICOM JSON model, and what to say of them in Warning headers."""

    results: list[dict[str, Any]]
    warnings: tuple[str, ...]


Described = Callable[[Instance], dict[str, Any]]
"""The description of an instance with its study's attribution applied."""


def search(tx: Connection, scope: Scope, query: Query, base: str, described: Described) -> Found:
    """Run a query; ``base`` is the service's address, for Retrieve URL."""
    if _ambiguous_patient(tx, scope, query):
        return Found(results=[], warnings=query.warnings)
    warnings = list(query.warnings)
    asked = query.limit + 1
    match query.level:
        case Level.STUDY:
            studies = search_studies(tx, scope, query.match, limit=asked, offset=query.offset)
            more, studies = len(studies) > query.limit, studies[: query.limit]
            series = _series_of(tx, scope, [study.study_uid for study in studies])
            results = [_study(study, series.get(study.study_uid, []), base) for study in studies]
        case Level.SERIES:
            found = search_series(tx, scope, query.match, limit=asked, offset=query.offset)
            more, found = len(found) > query.limit, found[: query.limit]
            parents = _studies_of(tx, scope, [one.study_uid for one in found])
            pairs = [(one, parents[one.study_uid]) for one in found if one.study_uid in parents]
            results = [_study(study, [one], base, whole=False) | _series(one, base) for one, study in pairs]
        case Level.INSTANCE:
            instances = search_instances(tx, scope, query.match, limit=asked, offset=query.offset)
            more, instances = len(instances) > query.limit, instances[: query.limit]
            results = _instances(tx, scope, query, instances, base=base, described=described)
    if query.limit and more:
        warnings.append(MORE)
    for result in results:
        if result.pop(_REVISION):
            _attribute(tx, scope, result, described)
    if query.level is not Level.INSTANCE and results and not query.include <= {int(tag, 16) for tag in results[0]}:
        warnings.append(NOT_INCLUDED)
    return Found(results=[dict(sorted(one.items())) for one in results], warnings=tuple(warnings))


def _attribute(tx: Connection, scope: Scope, result: dict[str, Any], described: Described) -> None:
    """Texts of a corrected study may name the earlier person: they come from a header to which the attribution applied.

    That of the instance itself, or of the first one in the series or study.
    """
    finest = next(tag for tag in ("00080018", "0020000E", "0020000D") if tag in result)
    column = KEYS[int(finest, 16)].column
    for one in search_instances(tx, scope, [(column, Exact(result[finest]["Value"][0]))], limit=1):
        header = described(one)
        for tag in _TEXTS:
            if tag in result:
                result[tag] = header.get(tag, {"vr": result[tag]["vr"]})


def _ambiguous_patient(tx: Connection, scope: Scope, query: Query) -> bool:
    """Whether a PatientID reaches several issuers without naming one: then it matches none."""
    asked = dict(query.match)
    patient_id = asked.get("patient_id")
    if not isinstance(patient_id, Exact) or "issuer" in asked or "study_uid" in asked:
        return False
    issuers = {study.issuer for study in search_studies(tx, scope, [("patient_id", patient_id)], limit=_MANY)}
    return len(issuers) > 1


def _series_of(tx: Connection, scope: Scope, study_uids: Iterable[str]) -> dict[str, list[Series]]:
    uids = tuple(dict.fromkeys(study_uids))
    by_study: dict[str, list[Series]] = {}
    for one in search_series(tx, scope, [("study_uid", UidList(uids))], limit=_MANY) if uids else []:
        by_study.setdefault(one.study_uid, []).append(one)
    return by_study


def _studies_of(tx: Connection, scope: Scope, study_uids: Iterable[str]) -> dict[str, Study]:
    uids = tuple(dict.fromkeys(study_uids))
    found = search_studies(tx, scope, [("study_uid", UidList(uids))], limit=_MANY) if uids else []
    return {study.study_uid: study for study in found}


def _instances(
    tx: Connection, scope: Scope, query: Query, instances: list[Instance], *, base: str, described: Described
) -> list[dict[str, Any]]:
    studies = _studies_of(tx, scope, [one.study_uid for one in instances])
    by_study = _series_of(tx, scope, studies)
    series = {one.series_uid: one for found in by_study.values() for one in found}
    from_header = query.include_all or any(tag not in _HEADERLESS for tag in query.include)
    results: list[dict[str, Any]] = []
    for one in instances:
        if one.study_uid not in studies or one.series_uid not in series:
            continue  # hidden between two statements
        parent = series[one.series_uid]
        result = _study(studies[one.study_uid], [parent], base, whole=False) | _series(parent, base)
        result |= _instance(one, base)
        if from_header:
            header = described(one)
            asked = header if query.include_all else {f"{tag:08X}" for tag in query.include}
            result = {tag: header[tag] for tag in asked if tag in header} | result
        results.append(result)
    return results


def _study(study: Study, series: Sequence[Series], base: str, *, whole: bool = True) -> dict[str, Any]:
    found = {
        **text(0x00080020, study.study_date),
        **text(0x00080030, study.study_time),
        **text(0x00080050, study.accession_number),
        **text(0x00080056, "ONLINE"),
        **text(0x00080090, study.referring_physician),
        **text(0x00081030, study.study_description),
        **text(0x00081190, f"{base}/studies/{study.study_uid}"),
        **text(0x00100010, study.patient_name),
        **text(0x00100020, study.patient_id),
        **text(0x00100021, study.issuer),
        **text(0x00100030, study.birth_date),
        **text(0x00100040, study.sex),
        **text(0x0020000D, study.study_uid),
        **text(0x00200010, study.study_id),
        _REVISION: study.attribution_revision,
        **({"00080201": {"vr": "SH", "Value": [study.timezone_offset]}} if study.timezone_offset else {}),
    }
    if whole:
        modalities = sorted({one.modality for one in series if one.modality})
        found["00080061"] = {"vr": "CS", "Value": modalities} if modalities else {"vr": "CS"}
        found["00201206"] = {"vr": "IS", "Value": [len(series)]}
        found["00201208"] = {"vr": "IS", "Value": [study.instances]}
    return found


def _series(series: Series, base: str) -> dict[str, Any]:
    return {
        **text(0x00080021, series.series_date),
        **text(0x00080031, series.series_time),
        **text(0x00080060, series.modality),
        **text(0x0008103E, series.series_description),
        **text(0x00081190, f"{base}/studies/{series.study_uid}/series/{series.series_uid}"),
        **text(0x00180015, series.body_part),
        **text(0x0020000E, series.series_uid),
        **number(0x00200011, series.series_number),
        **text(0x00200060, series.laterality),
        **number(0x00201209, series.instances),
        **({_REVISION: 1} if series.received_study_uid is not None else {}),
    }


def _instance(one: Instance, base: str) -> dict[str, Any]:
    address = f"{base}/studies/{one.study_uid}/series/{one.series_uid}/instances/{one.sop_instance_uid}"
    return {
        **text(0x00080016, one.sop_class_uid),
        **text(0x00080018, one.sop_instance_uid),
        **text(0x00081190, address),
        **number(0x00200013, one.instance_number),
        **({"00280008": {"vr": "IS", "Value": [one.frames]}} if one.frames > 1 else {}),
        **({"00280010": {"vr": "US", "Value": [one.rows]}} if one.rows is not None else {}),
        **({"00280011": {"vr": "US", "Value": [one.columns]}} if one.columns is not None else {}),
    }


def text(tag: int, value: str) -> dict[str, Any]:
    """One attribute as an element of the JSON model; empty where nothing is known."""
    vr = dictionary_VR(tag)
    values: list[Any] = [one for one in value.split("\\") if one]
    if vr == "PN":
        values = [person_name(one) for one in values]
    return {f"{tag:08X}": {"vr": vr, "Value": values} if values else {"vr": vr}}


def number(tag: int, value: int | None) -> dict[str, Any]:
    vr = dictionary_VR(tag)
    return {f"{tag:08X}": {"vr": vr} if value is None else {"vr": vr, "Value": [value]}}


_HEADERLESS: Final = frozenset(KEYS) | {0x00080056, 0x00081190, 0x00280008, 0x00280010, 0x00280011}
"""What the index answers at the instance level without looking at a description."""
