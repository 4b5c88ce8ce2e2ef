"""Charts say everything in words, too, and what comes into them is escaped."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from viewer.views.numbers_svg import Axis, Point, Series, over_time, ranked

SVG = "{http://www.w3.org/2000/svg}"
POINTS = [
    Point(label="<b>1月", value=50.0, words="50% & 1", low=20.0, high=80.0, few=True),
    Point(label="2月", value=None, words=""),
    Point(label="3月", value=12.0, words="12%"),
]


def _read(chart: str) -> ET.Element:
    return ET.fromstring(chart)  # noqa: S314 -- our own


def test_a_line_has_a_mark_and_a_whisker_for_each_known_value() -> None:
    chart = _read(over_time("a < b", [Series(name="x", points=POINTS)], Axis(most=100.0, suffix="%")))

    assert chart.findtext(f"{SVG}title") == "a < b"
    assert [one.findtext(f"{SVG}title") for one in chart.iter(f"{SVG}circle")] == ["<b>1月: 50% & 1", "3月: 12%"]
    assert len([one for one in chart.iter(f"{SVG}path") if one.get("class") == "whisker"]) == 1


def test_two_lines_are_told_apart_by_dashes_and_marks() -> None:
    chart = _read(over_time("t", [Series(name=name, points=POINTS) for name in ("p50", "p90")], Axis()))

    assert [one.get("stroke-dasharray") for one in chart.iter(f"{SVG}polyline")] == [None, "6 4"]
    assert {one.text for one in chart.iter(f"{SVG}text")} >= {"p50", "p90"}


def test_a_bar_of_few_is_hatched() -> None:
    chart = _read(ranked("t", POINTS, Axis(most=100.0)))

    assert [one.get("fill") for one in chart.iter(f"{SVG}rect")] == ["url(#few)", "currentColor"]
