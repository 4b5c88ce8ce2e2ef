"""Amounts are exact: rounded once a line, a half away from zero, and read as people type them."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest

from reading.errors import Invalid
from reading.statements.money import DEAREST, Per, fen_of, half_up, of_line, yuan


def test_halves_go_away_from_zero_for_every_amount_and_part() -> None:
    for parts in (1, 2, 3, 7, 100, 10_000):
        for amount in range(-705, 706):
            exact = (Decimal(amount) / parts).quantize(Decimal(1), rounding=ROUND_HALF_UP)

            assert half_up(amount, parts) == exact
            assert half_up(-amount, parts) == -half_up(amount, parts)


@pytest.mark.parametrize(
    ("fen", "per", "count", "weight", "line"),
    [
        (1200, Per.CASE, 3, 54, 3600),
        (1200, Per.CASE, -1, -18, -1200),
        (0, Per.CASE, 5, 500, 0),
        (1000, Per.WEIGHT, 3, 54, 540),
        (1000, Per.WEIGHT, 1, 18, 180),
        (25, Per.WEIGHT, 1, 18, 5),  # 4.5
        (25, Per.WEIGHT, -1, -18, -5),
        (25, Per.WEIGHT, 3, 54, 14),  # 13.5: once for the line, not three times 5
        (33, Per.WEIGHT, 0, 3, 1),
        (DEAREST, Per.WEIGHT, 1_000_000, 10_000_000_000, DEAREST * 100_000_000),
    ],
)
def test_a_line_is_rounded_once(fen: int, per: Per, count: int, weight: int, line: int) -> None:
    assert of_line(fen, per, count=count, weight=weight) == line


@pytest.mark.parametrize(
    ("typed", "fen"),
    [
        ("0", 0),
        ("12", 1200),
        ("12.5", 1250),
        ("12.05", 1205),
        (" 12.50 ", 1250),
        ("¥12.50", 1250),
        ("￥12.50", 1250),
        ("12元", 1200),
        ("１２．５", 1250),
        ("0.29", 29),
        ("100000", DEAREST),
    ],
)
def test_yuan_as_people_type_them(typed: str, fen: int) -> None:
    assert fen_of("price", typed) == fen
    assert fen_of("price", str(yuan(fen))) == fen


@pytest.mark.parametrize("typed", ["", "-1", "1,5", "1.005", "1e3", ".5", "100000.01", "12 34", "NaN", "十"])
def test_what_is_no_amount_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as wrong:
        fen_of("price", typed)

    assert (wrong.value.field, wrong.value.problem) == ("price", "amount")
