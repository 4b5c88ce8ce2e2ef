"""Sides, row by row: what was ordered, what the images show and what the report names, against one another."""

from __future__ import annotations

from itertools import product
from typing import Final

import pytest

from reading.checks import sides
from reading.checks.finding import Facts
from reading.reports.content import Content
from storage.index.sides import SIDES, each_of, side_of

ORDERS: Final = {
    "none": frozenset({""}),
    "L": frozenset("L"),
    "R": frozenset("R"),
    "B": frozenset("B"),
    "LR": frozenset("LR"),
}
"""By one order of both sides (B), or by one of each (LR)."""
IMAGES: Final = ("", "L", "R", "B")
REPORTS: Final = {
    "none": "骨质完整。",
    "L": "左膝骨折。",
    "R": "右膝骨折。",
    "both": "双膝骨折。",
    "each": "左膝骨折。右膝骨折。",
}

AGAINST_ORDER, BESIDES_ORDER = "side_against_order", "side_besides_order"
AGAINST_IMAGES, BESIDES_IMAGES = "side_against_images", "side_besides_images"
IMAGES_DIFFER = "side_of_images_differs"

OF_IMAGES: Final = {
    # Whom nobody ordered a side for: the report against the images.
    ("none", "L", "R"): {AGAINST_IMAGES},
    ("none", "L", "each"): {BESIDES_IMAGES},
    ("none", "R", "L"): {AGAINST_IMAGES},
    ("none", "R", "each"): {BESIDES_IMAGES},
    # Both were ordered, and these images show one of them: only a report of the other one alone is against them.
    ("B", "L", "R"): {AGAINST_IMAGES},
    ("B", "R", "L"): {AGAINST_IMAGES},
    ("LR", "L", "R"): {AGAINST_IMAGES},
    ("LR", "R", "L"): {AGAINST_IMAGES},
}
OF_ORDER: Final = {
    ("L", "R"): {AGAINST_ORDER},
    ("L", "each"): {BESIDES_ORDER},
    ("R", "L"): {AGAINST_ORDER},
    ("R", "each"): {BESIDES_ORDER},
}
OTHER_IMAGES: Final = {("L", "R"), ("L", "B"), ("R", "L"), ("R", "B")}


@pytest.mark.parametrize(("order", "shown", "report"), list(product(ORDERS, IMAGES, REPORTS)))
def test_order_images_and_report_row_by_row(order: str, shown: str, report: str) -> None:
    facts = Facts(body_part="KNEE", order_sides=ORDERS[order], image_side=shown, has_priors=True)
    content = Content(findings=REPORTS[report], impression=REPORTS[report], positive=True)

    expected = OF_IMAGES.get((order, shown, report), set()) | OF_ORDER.get((order, report), set())
    expected |= {IMAGES_DIFFER} if (order, shown) in OTHER_IMAGES else set()
    assert {str(one.check) for one in sides.check(content, facts)} == expected


@pytest.mark.parametrize(("shown", "report"), list(product(IMAGES, REPORTS)))
def test_one_order_of_both_sides_and_one_of_each_are_the_same(shown: str, report: str) -> None:
    content = Content(findings=REPORTS[report], impression=REPORTS[report], positive=True)
    one, two = (
        [
            (found.check, found.words)
            for found in sides.check(content, Facts(body_part="KNEE", order_sides=ORDERS[name], image_side=shown))
        ]
        for name in ("B", "LR")
    )

    assert one == two


@pytest.mark.parametrize("report", REPORTS)
def test_a_corrected_side_of_the_images_counts_for_more_than_the_order(report: str) -> None:
    facts = Facts(body_part="KNEE", order_sides=ORDERS["L"], image_side="R", side_corrected=True, has_priors=True)
    content = Content(findings=REPORTS[report], impression=REPORTS[report], positive=True)

    expected = {"L": {AGAINST_IMAGES}, "each": {BESIDES_IMAGES}}.get(report, set()) | {IMAGES_DIFFER}
    assert {str(one.check) for one in sides.check(content, facts)} == expected


def test_both_sides_are_the_left_and_the_right_one() -> None:
    for few in product(("", "U", *SIDES), repeat=2):
        assert side_of(each_of(few)) == side_of(few)
    assert each_of({"B"}) == each_of({"L", "R"}) == frozenset("LR")
