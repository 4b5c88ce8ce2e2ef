"""How far two readings agree, as numbers: a share with its Wilson interval, and Cohen's kappa."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final, TypeVar

Z95: Final = 1.959963984540054
"""The standard normal deviate of a two-sided interval of 95 %."""
FEWEST: Final = 5
"""Fewer than these say more about a person than about a practice: they are counted with others, and not shown alone."""

LabelT = TypeVar("LabelT", bound=Hashable)


@dataclass(frozen=True, kw_only=True)
class Share:
    """So many of so many, with the interval of 95 % in which the share lies (Wilson 1927)."""

    count: int
    of: int
    low: float
    high: float

    @property
    def value(self) -> float:
        return self.count / self.of


def share(count: int, of: int) -> Share | None:
    """The share of ``count`` in ``of``; None of nothing."""
    if of == 0:
        return None
    found, square = count / of, Z95 * Z95
    middle = (found + square / (2 * of)) / (1 + square / of)
    reach = Z95 / (1 + square / of) * sqrt(found * (1 - found) / of + square / (4 * of * of))
    # At the ends the formula gives 0 and 1 but for rounding.
    low, high = (0.0 if count == 0 else middle - reach), (1.0 if count == of else middle + reach)
    return Share(count=count, of=of, low=low, high=high)


def kappa(pairs: Sequence[tuple[LabelT, LabelT]]) -> float | None:
    """Cohen's kappa (1960) of two readings each of the same things.

    None where chance alone explains everything: there is nothing, or both always said one and the same.
    """
    return kappa_of(Counter(pairs))


def kappa_of(table: Mapping[tuple[LabelT, LabelT], int]) -> float | None:
    """As `kappa`, of how often each pair of words was said."""
    total = sum(table.values())
    if total == 0:
        return None
    firsts, seconds = Counter[LabelT](), Counter[LabelT]()
    alike = 0
    for (first, second), count in table.items():
        firsts[first] += count
        seconds[second] += count
        alike += count if first == second else 0
    by_chance = sum(firsts[label] * seconds[label] for label in firsts) / total**2
    if by_chance == 1:
        return None
    return (alike / total - by_chance) / (1 - by_chance)
