"""QIDO-RS: searches of the index, answered in the DICOM JSON model (PS3.18 10.6)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.engine import Connection

from pacs.dicomweb.query import MORE, NOT_INCLUDED, SEVERAL_ISSUERS, Query
from pacs.search import results
from pacs.search.matching_keys import Level
from pacs.search.results import Attributes, Describe, ambiguous_patient, text
from storage.index.queries import Scope, search_instances, search_series, search_studies

_MODALITIES: Final = "00080061"
"""Modalities in Study, left out where no image says any: OHIF's list stops at one without a value."""
_MADE_HERE: Final = {
    "00210010": {"vr": "LO", "Value": ["TIERREAD"]},
    "00211001": {"vr": "CS", "Value": ["REPORT"]},
}
"""Said of a series of what this installation wrote of a report: private elements (PS3.5 7.8), which the index answers
by where the objects came from, and no file can claim."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """Results in the DICOM JSON model, and the Warning headers of the response."""

    results: list[dict[str, Any]]
    warnings: tuple[str, ...]


def search(  # noqa: PLR0917
    tx: Connection, scope: Scope, query: Query, base: str, described: Describe, attributes: Attributes
) -> Found:
    """Run a query; ``base`` is the address of the service, for Retrieve URL."""
    if ambiguous_patient(tx, scope, query.match):
        return Found(results=[], warnings=(*query.warnings, SEVERAL_ISSUERS))
    warnings = list(query.warnings)
    asked = query.limit + 1
    if query.level is Level.STUDY:
        studies = search_studies(tx, scope, query.match, limit=asked, offset=query.offset)
        more = len(studies) > query.limit
        matches = results.studies(tx, scope, studies[: query.limit], described)
    elif query.level is Level.SERIES:
        series = search_series(tx, scope, query.match, limit=asked, offset=query.offset)
        more = len(series) > query.limit
        matches = results.series(tx, scope, series[: query.limit], described, attributes)
        ours = {one.series_uid for one in series if one.made_here}
        for result in matches:
            if ours and result["0020000E"]["Value"][0] in ours:
                result.update(_MADE_HERE)
    else:
        instances = search_instances(tx, scope, query.match, limit=asked, offset=query.offset)
        more = len(instances) > query.limit
        matches = results.instances(
            tx, scope, instances[: query.limit], described, include=query.include, include_all=query.include_all
        )
    if query.limit and more:
        warnings.append(MORE)
    for result in matches:
        result.update(text(0x00081190, _address(result, base)))
    if query.level is not Level.INSTANCE and matches and not query.include <= {(int(tag, 16),) for tag in matches[0]}:
        warnings.append(NOT_INCLUDED)
    for result in matches:
        if not result.get(_MODALITIES, {}).get("Value"):
            result.pop(_MODALITIES, None)
    return Found(results=[dict(sorted(one.items())) for one in matches], warnings=tuple(warnings))


def _address(result: dict[str, Any], base: str) -> str:
    """The Retrieve URL of a result."""
    named = (("studies", "0020000D"), ("series", "0020000E"), ("instances", "00080018"))
    return base + "".join(f"/{kind}/{result[tag]['Value'][0]}" for kind, tag in named if tag in result)
