"""Portions: each value once, in order, and no portion that a statement does not take."""

from __future__ import annotations

import pytest

from storage.database import PORTION, portions


@pytest.mark.parametrize("count", [0, 1, PORTION - 1, PORTION, PORTION + 1, 3 * PORTION])
def test_portions_are_the_values(count: int) -> None:
    found = list(portions(range(count)))

    assert [value for portion in found for value in portion] == list(range(count))
    assert all(0 < len(portion) <= PORTION for portion in found)
