"""Times in bins: counts that can be added up, and the percentiles that are read out of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

BOUNDS: Final = (
    *range(5, 61, 5),
    *range(70, 121, 10),
    *(140, 160, 180, 210, 240, 300, 360, 420, 480, 600, 720, 960, 1200, 1440),
    *(2160, 2880, 4320, 5760, 7200, 10080, 20160, 43200),
)
"""The last minute of each bin; one more bin holds what is longer than thirty days."""
NAMES: Final = tuple(f"b{number:02}" for number in range(len(BOUNDS) + 1))
"""The columns that hold the bins."""

Bins = tuple[int, ...]
"""How many times fall into each bin."""
EMPTY: Final[Bins] = (0,) * len(NAMES)


def edges(number: int) -> tuple[int, int | None]:
    """The minute after which a bin begins, and its last one; None: it has no end."""
    return (BOUNDS[number - 1] if number else 0), (BOUNDS[number] if number < len(BOUNDS) else None)


def added(each: Iterable[Sequence[int]]) -> Bins:
    return tuple(map(sum, zip(EMPTY, *each, strict=True)))


def percentile(bins: Sequence[int], share: float) -> float | None:
    """The minutes that ``share`` of the times do not exceed; None of nothing.

    Inside its bin the times are taken to lie evenly. Past the last bound the answer is that bound: "more than".
    """
    total = sum(bins)
    if total == 0:
        return None
    wanted, before = share * total, 0
    for number, count in enumerate(bins):
        if count and before + count >= wanted:
            begins, ends = edges(number)
            return float(begins) if ends is None else begins + (ends - begins) * (wanted - before) / count
        before += count
    raise AssertionError  # the shares of all bins are the whole
