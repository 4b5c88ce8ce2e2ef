"""Marks as a desk makes them, on the pictures of `tests.reading.clinic.arrive`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from reading.reports.content import Content
from reading.reports.marks import POINTS, Kind, Mark
from tests.reading.clinic import NORMAL

VALUES: dict[Kind, list[dict[str, Any]]] = {
    Kind.LENGTH: [{"name": "length", "value": 12.3, "unit": "mm"}],
    Kind.ELLIPSE: [{"name": "area", "value": 80.25, "unit": "mm2"}, {"name": "mean", "value": -41, "unit": "[hnsf'U]"}],
}


def mark_json(kind: Kind = Kind.LENGTH, study_uid: str = "1.1", number: int = 1, **known: Any) -> dict[str, Any]:
    """A mark in the picture of a study; ``number`` is its own."""
    return {
        "id": f"00000000-0000-4000-8000-{number:012}",
        "kind": kind.value,
        "study_uid": study_uid,
        "series_uid": f"{study_uid}.1",
        "instance_uid": f"{study_uid}.1.1",
        "frame": 1,
        "points": [[10.5 + each, 20.25] for each in range(POINTS[kind])],
        "values": VALUES.get(kind, []),
        **({"calibration": "patient"} if kind in VALUES else {}),
        "text": "",
    } | known


def mark(kind: Kind = Kind.LENGTH, study_uid: str = "1.1", number: int = 1, **known: Any) -> Mark:
    return Mark.model_validate(mark_json(kind, study_uid, number, **known))


def measured(*marks: Mark, content: Content = NORMAL) -> Content:
    return replace(content, marks=marks)
