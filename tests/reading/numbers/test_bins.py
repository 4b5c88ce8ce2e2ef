"""Percentiles out of bins lie in the bin of the exact ones."""

from __future__ import annotations

from bisect import bisect_left
from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from reading.numbers.bins import BOUNDS, NAMES, added, edges, percentile

TIMES = st.lists(st.integers(0, 60_000), min_size=1, max_size=60)


def binned(times: list[int]) -> tuple[int, ...]:
    counts = [0] * len(NAMES)
    for one in times:
        counts[bisect_left(BOUNDS, one)] += 1
    return tuple(counts)


@given(TIMES, st.sampled_from((0.5, 0.9)))
def test_a_percentile_lies_in_the_bin_of_the_exact_one(times: list[int], share: float) -> None:
    exact = sorted(times)[ceil(round(share * len(times), 9)) - 1]
    found = percentile(binned(times), share)
    begins, ends = edges(bisect_left(BOUNDS, exact))

    assert found is not None
    assert begins <= found <= (begins if ends is None else ends)


@given(TIMES, TIMES)
def test_bins_of_two_sites_add_up_to_those_of_both(one: list[int], other: list[int]) -> None:
    assert added([binned(one), binned(other)]) == binned(one + other)


def test_of_nothing_there_is_no_percentile_and_a_column_is_there_for_each_bin() -> None:
    assert percentile((0,) * len(NAMES), 0.5) is None
    assert percentile(binned([7, 8]), 0.5) == 7.5
    assert percentile(binned([50_000]), 0.9) == 43_200
