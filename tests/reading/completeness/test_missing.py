"""Which images are missing, in the numbers that people know."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reading.completeness.missing import Announced, Arrived, Label, inferred, of_count, of_gaps, of_names


def arrived(series: str, *numbers: int | None, series_number: int | None = 1, is_picture: bool = True) -> list[Arrived]:
    """Images of a series by number; the UID of image 4 of series A is A.4."""
    return [
        Arrived(
            sop_instance_uid=f"{series}.{number}",
            series_uid=series,
            series_number=series_number,
            instance_number=number,
            is_picture=is_picture,
        )
        for number in numbers
    ]


def announced(series: str, *numbers: int, said: bool = True) -> list[Announced]:
    return [Announced(sop_instance_uid=f"{series}.{number}", series_uid=series if said else "") for number in numbers]


def said(lost: object) -> list[str]:
    """E.g. s2 i4; with ~ where it is a place and no number, s? where the series is not known."""

    def label(kind: str, one: Label | None) -> str:
        return f"{kind}?" if one is None else f"{kind}{'~' if one.by_place else ''}{one.number}"

    return [f"{label('s', one.series)} {label('i', one.image)}" for one in lost]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("numbers", "found"),
    [
        ([1, 2, 3, 4], ["1", "2", "3", "4"]),
        ([1, 2, 3, None], ["1", "2", "3", "4"]),
        ([None, 2, 3, 4], ["1", "2", "3", "4"]),
        ([None, 1, 2], ["0", "1", "2"]),
        ([101, None, 103, None], ["101", "102", "103", "104"]),
        ([1, None, 4], ["1", "~2", "4"]),  # a number was skipped: whether 2 or 3 is missing is not known
        ([3, None, 1], ["3", "2", "1"]),  # in another order: what is left
        ([3, None, None], ["3", "4", "5"]),
        ([None, None, 1], ["2", "3", "1"]),
        ([5, None, 2], ["5", "~2", "2"]),
        ([None, None], ["~1", "~2"]),
        ([], []),
    ],
)
def test_numbers_are_inferred_from_those_around_them_and_else_the_place_is_said(
    numbers: list[int | None], found: list[str]
) -> None:
    assert [f"{'~' if one.by_place else ''}{one.number}" for one in inferred(numbers)] == found


@pytest.mark.parametrize(
    ("names", "here", "found"),
    [
        (announced("A", 1, 2), arrived("A", 1, 2), []),
        (announced("A", 1, 2, 3, 4), arrived("A", 1, 2, 3, series_number=2), ["s2 i4"]),
        # The others of series 2 and 4 give the one between them its number.
        (
            [*announced("A", 1), *announced("B", 1, 2), *announced("C", 1)],
            [*arrived("A", 1, series_number=2), *arrived("C", 1, series_number=4)],
            ["s3 i~1", "s3 i~2"],
        ),
        # Nobody said which series: all came from one.
        (announced("A", 1, 2, 3, said=False), arrived("A", 1, 3, series_number=5), ["s5 i2"]),
        # Between two of one series, and at the border of two.
        (
            [*announced("A", 1, 2, 3, said=False), *announced("B", 1, 2, said=False)],
            [*arrived("A", 1, 3), *arrived("B", 2, series_number=2)],
            ["s1 i2", "s? i~1"],
        ),
        # Both series call themselves 1: their numbers say nothing.
        (
            [*announced("A", 1), *announced("B", 1, 2)],
            [*arrived("A", 1), *arrived("B", 1)],
            ["s~2 i2"],
        ),
        (announced("A", 1, 2), arrived("A", 1, series_number=None), ["s~1 i2"]),
        (announced("A", 1, 2), [], ["s~1 i~1", "s~1 i~2"]),
    ],
)
def test_the_missing_of_those_announced_are_named(
    names: list[Announced], here: list[Arrived], found: list[str]
) -> None:
    assert said(of_names(names, here)) == found


def test_what_lies_in_quarantine_is_missing_and_said_to_be_held() -> None:
    (lost,) = of_names(announced("A", 1, 2), arrived("A", 1), {"A.2"})

    assert lost.held


@pytest.mark.parametrize(
    ("here", "found"),
    [
        (arrived("A", 1, 2, 4), ["s1 i3"]),
        (arrived("A", 2, 3), ["s1 i1"]),
        (arrived("A", 0, 1, 3), ["s1 i2"]),
        (arrived("A", 101, 102, 104), ["s1 i103"]),
        (arrived("A", 2, 4, 6, 8), ["s1 i1", "s1 i3", "s1 i5", "s1 i7"]),
        (arrived("A", 1, 11, 21), []),  # not every number is used
        (arrived("A", 1, 2, 2, 4), []),  # two of a number: it says nothing
        (arrived("A", 1, None, 3), ["s1 i2"]),
        (arrived("A", 1, 3, is_picture=False), []),
        ([*arrived("A", 1, 2, 4), *arrived("B", 1, 2, 3, series_number=2)], ["s1 i3"]),
        # The numbers run through the study.
        ([*arrived("A", 1, 2), *arrived("B", 4, 5, series_number=2)], ["s? i3"]),
        ([*arrived("A", 1, 3), *arrived("B", 4, 5, series_number=2)], ["s1 i2"]),
        ([*arrived("A", 1), *arrived("B", 2, series_number=2)], []),
        ([], []),
    ],
)
def test_gaps_in_the_numbers_are_a_hint(here: list[Arrived], found: list[str]) -> None:
    assert said(of_gaps(here)) == found


@pytest.mark.parametrize(
    ("missing", "here", "found"),
    [
        (0, arrived("A", 1, 3), []),
        (1, arrived("A", 1, 3), ["s1 i2"]),
        (3, arrived("A", 1, 3), ["s1 i2", "s1 i4", "s1 i5"]),
        (1, arrived("A", 1, 3, 5), []),  # two gaps and one missing: which, nobody knows
        (2, [*arrived("A", 1, 3), *arrived("B", 1, 2, series_number=2)], ["s1 i2"]),
        (2, [], []),
    ],
)
def test_what_was_only_counted_is_named_as_far_as_the_numbers_go(
    missing: int, here: list[Arrived], found: list[str]
) -> None:
    assert said(of_count(missing, here)) == found


@given(st.integers(2, 60).flatmap(lambda n: st.tuples(st.just(n), st.sets(st.integers(1, n), max_size=n - 1))))
def test_of_a_series_that_counts_from_one_exactly_the_lost_ones_are_named(drawn: tuple[int, set[int]]) -> None:
    amount, lost = drawn
    everything = range(1, amount + 1)
    here = arrived("A", *(number for number in everything if number not in lost))

    found = of_names(announced("A", *everything), here)

    assert {one.image.number for one in found} == lost
    assert not any(one.image.by_place for one in found)
