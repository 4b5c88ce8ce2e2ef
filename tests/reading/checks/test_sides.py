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

BY_IMAGES: Final = {
    ("L", "R"): {AGAINST_IMAGES},
    ("L", "each"): {BESIDES_IMAGES},
    ("R", "L"): {AGAINST_IMAGES},
    ("R", "each"): {BESIDES_IMAGES},
}
"""Where the images are what counts: nobody ordered a side, or somebody corrected the one side that they show."""
BY_ORDER: Final = {
    ("L", "R"): {AGAINST_ORDER},
    ("L", "each"): {BESIDES_ORDER},
    ("R", "L"): {AGAINST_ORDER},
    ("R", "each"): {BESIDES_ORDER},
}
IMAGES_BESIDES: Final = {
    # The images show the other side than the order names: a report of that of the order alone is against them.
    ("L", "R", "L"): {AGAINST_IMAGES},
    ("R", "L", "R"): {AGAINST_IMAGES},
    # Both were ordered, and these images show one of them: only a report of the other one alone is against them.
    ("B", "L", "R"): {AGAINST_IMAGES},
    ("B", "R", "L"): {AGAINST_IMAGES},
    ("LR", "L", "R"): {AGAINST_IMAGES},
    ("LR", "R", "L"): {AGAINST_IMAGES},
}
"""Where the order is what counts, what is said of the images besides."""
OTHER_IMAGES: Final = {("L", "R"), ("L", "B"), ("R", "L"), ("R", "B")}


def expected_of(order: str, shown: str, report: str, *, corrected: bool) -> set[str]:
    differ = {IMAGES_DIFFER} if (order, shown) in OTHER_IMAGES else set[str]()
    if order == "none" or (corrected and shown in {"L", "R"}):
        return differ | BY_IMAGES.get((shown, report), set())
    return differ | BY_ORDER.get((order, report), set()) | IMAGES_BESIDES.get((order, shown, report), set())


@pytest.mark.parametrize(
    ("order", "shown", "report", "corrected"), list(product(ORDERS, IMAGES, REPORTS, (False, True)))
)
def test_order_images_and_report_row_by_row(order: str, shown: str, report: str, corrected: bool) -> None:
    facts = Facts(
        body_part="KNEE", order_sides=ORDERS[order], image_side=shown, side_corrected=corrected, has_priors=True
    )
    content = Content(findings=REPORTS[report], impression=REPORTS[report], positive=True)

    assert {str(one.check) for one in sides.check(content, facts)} == expected_of(
        order, shown, report, corrected=corrected
    )


@pytest.mark.parametrize(("order", "shown"), [("L", "R"), ("R", "L")])
def test_where_order_and_images_differ_one_side_alone_stops_and_naming_both_is_a_warning(
    order: str, shown: str
) -> None:
    def severities(report: str) -> set[str]:
        content = Content(findings=REPORTS[report], impression=REPORTS[report], positive=True)
        facts = Facts(body_part="BREAST", order_sides=ORDERS[order], image_side=shown, has_priors=True)
        return {str(one.severity) for one in sides.check(content, facts)}

    assert severities("L") == severities("R") == {"stops", "warns"}
    assert severities("each") == severities("none") == {"warns"}


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


def test_both_sides_are_the_left_and_the_right_one() -> None:
    for few in product(("", "U", *SIDES), repeat=2):
        assert side_of(each_of(few)) == side_of(few)
    assert each_of({"B"}) == each_of({"L", "R"}) == frozenset("LR")
