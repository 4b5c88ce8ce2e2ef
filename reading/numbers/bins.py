"""Times in bins: counts that can be added up."""

from __future__ import annotations

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


def edges(number: int) -> tuple[int, int | None]:
    """The minute after which a bin begins, and its last one; None: it has no end."""
    return (BOUNDS[number - 1] if number else 0), (BOUNDS[number] if number < len(BOUNDS) else None)
