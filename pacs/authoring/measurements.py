"""The measurements of a report as Comprehensive SR by TID 1500 (PS3.3 A.35.3, PS3.16 TID 1500, 1501)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pydicom.dataset import Dataset

from pacs.authoring import codes
from pacs.authoring.codes import Code
from pacs.authoring.content_items import (
    MODIFIED,
    OBSERVED,
    author,
    code,
    container,
    coordinates,
    language,
    number,
    shapes_of,
    text,
    uid,
)
from pacs.authoring.document import Written, verified_document, written
from pacs.authoring.report import Mark, Report, Value

SOP_CLASS: Final = "1.2.840.10008.5.1.4.1.1.88.33"
SERIES_NUMBER: Final = 9004
_NAMES: Final = {"length": codes.LENGTH, "angle": codes.ANGLE, "area": codes.AREA, "ratio": codes.RATIO}
_DERIVATIONS: Final = {"mean": codes.MEAN, "sd": codes.DEVIATION, "min": codes.MINIMUM, "max": codes.MAXIMUM}
_OF_PIXELS: Final = {"[hnsf'U]": codes.ATTENUATION}
"""What the values of pixels are, by their unit."""
_METHODS: Final = {
    "fiducial": codes.FIDUCIAL,
    "geometry": codes.GEOMETRY,
    "calibrated": codes.CALIBRATED,
    "magnification": codes.MAGNIFICATION,
    "detector": codes.DETECTOR,
    "region": codes.REGION,
}
"""The Measurement Method (TID 1501) by how lengths were calibrated; what is measured in the patient needs none."""
_UNITS: Final = {
    "mm": "millimeter",
    "mm2": "square millimeter",
    "deg": "degree",
    "1": "no units",
    "[hnsf'U]": "Hounsfield unit",
    "{pixels}": "pixels",
    "{pixels}2": "square pixels",
}


def is_measured(mark: Mark) -> bool:
    """Whether it has values; an arrow and a key image have none."""
    return bool(mark.values)


def measurement_report(report: Report) -> Written:
    """The document, with a group of values for each mark that has any."""
    made = verified_document(
        report,
        sop_class_uid=SOP_CLASS,
        series_number=SERIES_NUMBER,
        title=codes.MEASUREMENT_REPORT.item(),
        template="1500",
    )
    groups = [container(codes.GROUP, list(_group(mark))) for mark in report.marks if is_measured(mark)]
    made.ContentSequence = [
        language(report.language),
        *author(report.signers),
        code(MODIFIED, codes.PROCEDURE, codes.IMAGING),
        container(codes.MEASUREMENTS, groups),
    ]
    return written(made)


def _group(mark: Mark) -> Iterator[Dataset]:
    yield text(codes.TRACKING, mark.text or mark.kind, OBSERVED)
    yield uid(OBSERVED, codes.TRACKING_UID, mark.uid)
    if (method := _METHODS.get(mark.calibration)) is not None:
        yield code(MODIFIED, codes.METHOD, method)
    for value in mark.values:
        inside = [*_derivation(value), *(coordinates(shape, points, mark.picture) for shape, points in shapes_of(mark))]
        yield number(_concept(mark, value), value.value, _unit(value), inside)
    if mark.text:
        yield text(codes.COMMENT, mark.text)


def _concept(mark: Mark, value: Value) -> Code:
    if mark.kind == "cobb" and value.name == "angle":
        return codes.COBB
    return _NAMES.get(value.name) or _OF_PIXELS.get(value.unit, codes.PIXEL_VALUE)


def _derivation(value: Value) -> list[Dataset]:
    found = _DERIVATIONS.get(value.name)
    return [] if found is None else [code(MODIFIED, codes.DERIVATION, found)]


def _unit(value: Value) -> Code:
    return Code(value.unit, "UCUM", _UNITS.get(value.unit, value.unit))
