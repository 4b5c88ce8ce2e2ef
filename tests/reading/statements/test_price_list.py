"""The row that says most of a piece of work on its day holds, and two rows for the same never hold on one day."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product
from typing import Any, Final

import pytest

from reading.statements.money import Per
from reading.statements.price_list import Price, price_of
from reading.statements.work import Service

FIRST = date(2026, 3, 1)
PAIR: Final[dict[str, Any]] = {"site_id": "hills", "reader_id": "oak"}
OTHERS: Final[dict[str, Any]] = {"site_id": "moor", "reader_id": "city"}
CHEST: Final[dict[str, Any]] = {"service": Service.REPORT, "modality": "DX", "body_part": "CHEST"}


def price(name: str, **said: Any) -> Price:
    values: dict[str, Any] = {"id": name, "per": Per.CASE, "fen": 1, "first_day": FIRST} | said
    return Price(**values)


ROWS = [
    price("general"),
    price("ct", modality="CT"),
    price("dx", modality="DX"),
    price("chest", modality="DX", body_part="CHEST"),
    price("report", service=Service.REPORT),
    price("pair", **PAIR),
    price("pair-review", **PAIR, service=Service.REVIEW),
    price("other", site_id="lake", reader_id="oak"),
    price("ended", **PAIR, **CHEST, last_day=date(2026, 3, 9)),
    price("later", **PAIR, **CHEST, first_day=date(2026, 3, 20)),
    price("never", **PAIR, **CHEST, first_day=date(2026, 3, 12), last_day=date(2026, 3, 11)),
]


@pytest.mark.parametrize(
    ("work", "day", "found"),
    [
        ({**PAIR, **CHEST}, date(2026, 2, 28), None),
        ({**PAIR, **CHEST}, date(2026, 3, 9), "ended"),
        ({**PAIR, **CHEST}, date(2026, 3, 10), "pair"),
        ({**PAIR, **CHEST}, date(2026, 3, 12), "pair"),
        ({**PAIR, **CHEST}, date(2026, 3, 20), "later"),
        ({**CHEST, "site_id": "moor", "reader_id": "elm", "service": Service.REVIEW, "modality": "DR"}, FIRST, "chest"),
        ({**PAIR, **CHEST, "service": Service.REVIEW}, date(2026, 3, 9), "pair-review"),
        ({"site_id": "lake", "reader_id": "oak", **CHEST}, FIRST, "other"),
        ({"site_id": "hills", "reader_id": "city", **CHEST}, FIRST, "report"),
        ({**OTHERS, **CHEST, "service": Service.REVIEW}, FIRST, "chest"),
        ({**OTHERS, **CHEST, "service": Service.REVIEW, "body_part": ""}, FIRST, "dx"),
        ({**OTHERS, "service": Service.VERIFY, "modality": "MR", "body_part": ""}, FIRST, "general"),
    ],
)
def test_the_row_that_says_most_holds(work: dict[str, Any], day: date, found: str | None) -> None:
    held = price_of(ROWS, day=day, **work)

    assert (held.id if held else None) == found


def test_rows_overlap_where_both_hold_on_a_day() -> None:
    days = [None, *(FIRST + timedelta(days=number) for number in range(4))]
    terms = [(first, last) for first, last in product(days[1:], days) if first is not None]
    for (first, last), (other_first, other_last) in product(terms, terms):
        one = price("one", first_day=first, last_day=last)
        other = price("other", first_day=other_first, last_day=other_last)
        looked = (FIRST + timedelta(days=number) for number in range(6))
        at_once = any(one.holds_on(day) and other.holds_on(day) for day in looked)

        assert one.overlaps(other) == at_once
        assert not one.overlaps(price("else", modality="CT", first_day=other_first, last_day=other_last))
