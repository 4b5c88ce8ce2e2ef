"""A rule of the policy: which cases it holds for, who reads, verifies and reviews them, and within how many minutes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from reading.cases.moves import Step
from reading.kinds import Tier
from reading.rules.conditions import Hours, When
from reading.rules.staffing import MayChoose


class ReviewTime(StrEnum):
    """Whether a review comes before or after the release."""

    BEFORE_RELEASE = "before_release"
    AFTER_RELEASE = "after_release"


class Stratum(StrEnum):
    """Of what a quota counts the cases apart."""

    READER = "reader"
    """Who signed as the author."""
    SITE = "site"
    MODALITY = "modality"


@dataclass(frozen=True, kw_only=True)
class Quota:
    """How many of a rule's cases are drawn for review of each reader, site or modality."""

    of: Stratum
    days: int
    """Counted back from the release."""
    at_least: int = 0
    at_most: int | None = None


@dataclass(frozen=True, kw_only=True)
class Review:
    """The review that a rule asks for."""

    when: ReviewTime
    percent: float
    """Share of the matching cases; always 100 before release."""
    positive_times: float = 1
    """So many times as likely where the report found something."""
    changed_times: float = 1
    """So many times as likely where whoever verified the report changed its meaning."""
    quotas: tuple[Quota, ...] = ()


PARK_MINUTES: Final = 60


class Goal(StrEnum):
    """Where an overdue case goes."""

    NEXT_TIER = "next_tier"
    """From the county to the city."""
    NEIGHBOUR = "neighbour"
    """To a county that has agreed to help out at the site."""
    DUTY = "duty"
    """It stays, and those on duty where it is read are told."""


@dataclass(frozen=True, kw_only=True)
class Overdue:
    """What happens to a case that waits too long, once in each step."""

    to: tuple[Goal, ...]
    """The first of these that has room."""
    open_per_reader: int
    """A county or the city has room while fewer cases than this are open there for each available reader."""


class Arbitration(StrEnum):
    """Which pairs of blind readings a third person decides: those that differ, and more or fewer of them."""

    DISCORDANT_ONLY = "discordant_only"
    ALL_RECALLS = "all_recalls"
    ALL_NOT_NORMAL = "all_not_normal"
    RECALL_IF_EITHER = "recall_if_either"
    """Fewer: where one recalls and the other one says normal, the recall is released as it is."""


class Finality(StrEnum):
    """When the first of two blind readings can no longer be taken back."""

    AT_ONCE = "at_once"
    AFTER_MINUTES = "after_minutes"
    BY_READER = "by_reader"
    """Never by itself."""


@dataclass(frozen=True, kw_only=True)
class DoubleReading:
    """Two people read without knowing of each other; a third one decides where the policy asks for it."""

    arbitration: Arbitration = Arbitration.DISCORDANT_ONLY
    finality: Finality = Finality.AT_ONCE
    minutes: int = 60
    """Until a first reading is final, where that is `Finality.AFTER_MINUTES`."""
    consensus_minutes: int | None = None
    """So long the two readers may confer before a third person decides; None: a third person decides at once."""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """Colleagues give their opinions by a consultation before somebody concludes and signs."""

    opinions: int
    """Of so many people besides whoever signs."""
    skills: frozenset[str] = frozenset()
    """What each of them has to have all of; empty: anybody who was asked counts."""


@dataclass(frozen=True, kw_only=True)
class HoldForPriors:
    """A case waits to be read while earlier images of the person are on their way."""

    minutes: int
    """At most, from when it began to wait."""
    urgent_too: bool = False
    """Also what is urgent or critical; an emergency never."""


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
    double_reading: DoubleReading | None = None
    """None: one person reads."""
    panel: Panel | None = None
    """None: whoever reads signs without others."""
    hold: HoldForPriors | None = None
    """None: it is read as soon as somebody takes it."""
    tell_site: bool
    """Whether somebody at the site acknowledges the release and passes it on, whatever the report says."""
    due_minutes: int
    """Time from receipt to release; it orders the worklist."""
    indicator_minutes: int
    """Time from the start of the examination to release, for the quality indicator."""
    arriving_minutes: int
    """Longest time that a case counts as arriving, even when images are still missing."""
    working_hours: Hours | None = None
    """Where set, `due_minutes` and those of the steps count only in these hours of working days."""
    step_minutes: Mapping[Step, int] = field(default_factory=dict[Step, int])
    """Longest time of a step from when it began; a step that is not named has no clock of its own."""
    overdue: Overdue | None = None
    park_minutes: int = PARK_MINUTES
    """How long somebody may put it aside in the middle of a step; 0: not at all."""
    skills: frozenset[str] = frozenset()
    """What its reader has to have all of, until half of the time is over."""
    may_choose: MayChoose = MayChoose.FREELY
    may_leave_series: bool = False
    """Whether somebody may sign without having looked at a series that they did not need, and say why."""

    def needs_verifier_after(self, author_title: str) -> bool:
        return self.needs_verifier and author_title.strip() not in self.exempt_titles

    @property
    def reviewed_before_release(self) -> bool:
        return self.review is not None and self.review.when is ReviewTime.BEFORE_RELEASE
