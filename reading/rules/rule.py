"""A rule of the policy: which cases it holds for, who reads, verifies and reviews them, and within how many minutes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reading.kinds import Tier
from reading.rules.conditions import When


class ReviewTime(StrEnum):
    """Whether a review comes before or after the release."""

    BEFORE_RELEASE = "before_release"
    AFTER_RELEASE = "after_release"


@dataclass(frozen=True, kw_only=True)
class Review:
    """The review that a rule asks for."""

    when: ReviewTime
    percent: float
    """Share of the matching cases; always 100 before release."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule: its conditions, and what it asks for in the cases that meet them."""

    name: str
    when: When
    tier: Tier
    """Where it waits to be read."""
    needs_verifier: bool
    exempt_titles: frozenset[str]
    """Authors of these titles need no verifier."""
    review: Review | None
    tell_site: bool
    """Whether somebody at the site acknowledges the release and passes it on, whatever the report says."""
    due_minutes: int
    """Time from receipt to release; it orders the worklist."""
    indicator_minutes: int
    """Time from the start of the examination to release, for the quality indicator."""
    arriving_minutes: int
    """Longest time that a case counts as arriving, even when images are still missing."""

    def needs_verifier_after(self, author_title: str) -> bool:
        return self.needs_verifier and author_title.strip() not in self.exempt_titles

    @property
    def reviewed_before_release(self) -> bool:
        return self.review is not None and self.review.when is ReviewTime.BEFORE_RELEASE
