"""Marks: their JSON, what is refused, and that reports without any are what they were."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from reading.errors import Invalid
from reading.reports.content import Content
from reading.reports.marks import MOST, Calibration, InvalidMark, Kind, marks_from_json
from tests.reading.clinic import NORMAL
from tests.reading.reports.measured import mark, mark_json, measured


@pytest.mark.parametrize("kind", Kind)
def test_a_mark_of_each_kind_comes_back_from_the_json_of_its_report(kind: Kind) -> None:
    said = measured(mark(kind, text="结节"))

    assert Content.from_json(json.loads(json.dumps(said.to_json()))) == said


@pytest.mark.parametrize("calibration", [None, *Calibration])
def test_a_mark_keeps_how_it_was_calibrated_and_an_older_one_says_nothing(calibration: Calibration | None) -> None:
    said = measured(mark(calibration=calibration)).to_json()

    assert said["marks"][0].get("calibration") == calibration
    assert ("calibration" in said["marks"][0]) is (calibration is not None)
    assert Content.from_json(json.loads(json.dumps(said))).to_json() == said


def test_a_report_without_marks_says_nothing_of_them() -> None:
    assert "marks" not in NORMAL.to_json()
    assert Content.from_json(NORMAL.to_json() | {"marks": []}) == NORMAL


@pytest.mark.parametrize(
    ("said", "path", "problem"),
    [
        ({}, "", "not_a_list"),
        ([mark_json(number=each) for each in range(MOST + 1)], "", "too_many"),
        ([mark_json(), 1], "1", "not_a_mark"),
        ([mark_json(id="1")], "0.id", "not_a_mark"),
        ([mark_json() | {"kind": "volume"}], "0.kind", "not_a_mark"),
        ([mark_json(instance_uid="../1")], "0.instance_uid", "not_a_mark"),
        ([mark_json(frame=0)], "0.frame", "not_a_mark"),
        ([mark_json(frame=True)], "0.frame", "not_a_mark"),
        ([mark_json(points=[[1, 2], [1, "2"]])], "0.points.1.1", "not_a_mark"),
        ([mark_json(points=[[1, 2], [1, math.inf]])], "0.points.1.1", "not_a_mark"),
        ([mark_json(points=[[1, 2], [1, 2, 3]])], "0.points.1", "not_a_mark"),
        ([mark_json(values=[{"name": "length", "value": math.nan, "unit": "mm"}])], "0.values.0.value", "not_a_mark"),
        ([mark_json(values=[{"name": "volume", "value": 1, "unit": "mm3"}])], "0.values.0.name", "not_a_mark"),
        ([mark_json(values=[{"name": "length", "value": 1, "unit": "a b"}])], "0.values.0.unit", "not_a_mark"),
        ([mark_json(values=[{"name": "length", "value": 1, "unit": "m" * 17}])], "0.values.0.unit", "not_a_mark"),
        ([mark_json(values=[{"name": "area", "value": 1, "unit": "mm2"}])], "0.values", "not_of_its_kind"),
        (
            [mark_json(Kind.KEY, values=[{"name": "length", "value": 1, "unit": "mm"}])],
            "0.values",
            "not_of_its_kind",
        ),
        ([mark_json(text="x" * 201)], "0.text", "not_a_mark"),
        ([mark_json(colour="red")], "0.colour", "not_a_mark"),
        ([mark_json(points=[[1, 2]])], "0.points", "number_of_points"),
        ([mark_json(Kind.KEY, points=[[1, 2]])], "0.points", "number_of_points"),
        ([mark_json(), mark_json(Kind.PROBE)], "1.id", "twice"),
    ],
)
def test_what_is_no_mark_is_refused_with_its_place(said: Any, path: str, problem: str) -> None:
    with pytest.raises(InvalidMark) as refused:
        marks_from_json(said)

    assert (refused.value.field, refused.value.path, refused.value.problem) == ("marks", path, problem)


def test_a_text_is_one_line() -> None:
    with pytest.raises(Invalid) as refused:
        marks_from_json([mark_json(Kind.ARROW, text="a\nb")])

    assert (refused.value.field, refused.value.problem) == ("marks", "characters")
