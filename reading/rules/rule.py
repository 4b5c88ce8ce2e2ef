"""A rule of the policy: which cases it holds for, who reads, verifies and reviews them, and within how many minutes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from reading.kinds import Priority, Tier


class ReviewTime(StrEnum):
    """Whether a review comes before or after the release."""

    BEFORE_RELEASE = "before_release"
    AFTER_RELEASE = "after_release"


@dataclass(frozen=True, kw_only=True)
class Facts:
    """The facts of a case that rules depend on."""

    modality: str
    body_part: str
    site_id: str
    age_years: int | None
    priority: Priority
    critical: bool
    escalated: bool


@dataclass(frozen=True, kw_only=True)
class When:
    """The conditions of a rule; one that is None is met by every case."""

    modality: frozenset[str] | None = None
    body_part: frozenset[str] | None = None
    site: frozenset[str] | None = None
    priority: frozenset[Priority] | None = None
    min_age_years: int | None = None
    max_age_years: int | None = None
    critical: bool | None = None
    escalated: bool | None = None

    def holds(self, facts: Facts) -> bool:
        return (
            (self.modality is None or facts.modality in self.modality)
            and (self.body_part is None or facts.body_part in self.body_part)
            and (self.site is None or facts.site_id in self.site)
            and (self.priority is None or facts.priority in self.priority)
            and (self.min_age_years is None or (facts.age_years is not None and facts.age_years >= self.min_age_years))
            and (self.max_age_years is None or (facts.age_years is not None and facts.age_years <= self.max_age_years))
            and (self.critical is None or facts.critical == self.critical)
            and (self.escalated is None or facts.escalated == self.escalated)
        )


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
