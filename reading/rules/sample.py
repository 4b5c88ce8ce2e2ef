"""How likely a released report is drawn for review: by its rule's share, what it says, and what was drawn before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from reading.rules.rule import Review, Stratum

CATCHING_UP: Final = 50.0
"""Percent while a quota lacks cases: not all, or a reader would know which of theirs are reviewed."""


@dataclass(frozen=True, kw_only=True)
class Released:
    """What of a report says how much its review would teach."""

    positive: bool
    changed: bool
    """Whether whoever verified it changed what its author had signed, in its meaning."""


def chance(review: Review, report: Released, drawn: Mapping[Stratum, int]) -> float:
    """In percent, 0 to 100, whether a report is drawn; ``drawn`` counts what was, within each quota's days.

    A quota that is full ends it; one that lacks cases raises it to `CATCHING_UP` at least.
    """
    if any(quota.at_most is not None and drawn[quota.of] >= quota.at_most for quota in review.quotas):
        return 0.0
    times = (review.positive_times if report.positive else 1) * (review.changed_times if report.changed else 1)
    lacking = any(drawn[quota.of] < quota.at_least for quota in review.quotas)
    return min(100.0, max(review.percent * times, CATCHING_UP if lacking else 0.0))
