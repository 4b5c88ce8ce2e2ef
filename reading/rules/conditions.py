"""The conditions of a rule, as a table: what each asks of the facts of a case, in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from reading.kinds import Priority, Sex
from reading.rules.facts import Facts, folded


class Condition(StrEnum):
    """A condition by its name in the document."""

    MODALITY = "modality"
    BODY_PART = "body_part"
    CONTRAST = "contrast"
    SITE = "site"
    DEPARTMENT = "department"
    PRIORITY = "priority"
    WORDS = "words"
    SEX = "sex"
    MIN_AGE_YEARS = "min_age_years"
    MAX_AGE_YEARS = "max_age_years"
    HOURS = "hours"
    WORKING_DAY = "working_day"
    CRITICAL = "critical"
    ESCALATED = "escalated"


@dataclass(frozen=True, kw_only=True)
class Hours:
    """A part of the day by the clock of the site, over midnight where it ends before it begins."""

    begins: time
    """Included."""
    ends: time
    """Excluded."""

    def hold(self, at: time) -> bool:
        if self.begins < self.ends:
            return self.begins <= at < self.ends
        return at >= self.begins or at < self.ends


@dataclass(frozen=True, kw_only=True)
class When:
    """The conditions of a rule; one that is None is met by every case."""

    modality: frozenset[str] | None = None
    body_part: frozenset[str] | None = None
    contrast: bool | None = None
    site: frozenset[str] | None = None
    """Codes of organisations; ids, too, as documents of earlier versions name them."""
    department: frozenset[str] | None = None
    priority: frozenset[Priority] | None = None
    words: frozenset[str] | None = None
    sex: frozenset[Sex] | None = None
    min_age_years: int | None = None
    max_age_years: int | None = None
    hours: Hours | None = None
    working_day: bool | None = None
    critical: bool | None = None
    escalated: bool | None = None

    def holds(self, facts: Facts) -> bool:
        return self.first_unmet(facts) is None

    def first_unmet(self, facts: Facts) -> Condition | None:
        """The first condition that a case does not meet, in the order of the table."""
        for condition, met in CONDITIONS.items():
            asked = getattr(self, condition)
            if asked is not None and not met(asked, facts):
                return condition
        return None

    def asked(self) -> dict[Condition, Any]:
        """The conditions that the rule has, with what each asks."""
        found = {condition: getattr(self, condition) for condition in CONDITIONS}
        return {condition: value for condition, value in found.items() if value is not None}


def _among_folded(asked: frozenset[str], said: str) -> bool:
    return folded(said) in {folded(one) for one in asked}


def _holds_a_word(asked: frozenset[str], text: str) -> bool:
    """Whether a text holds one of these words, as a plain part of it: no pattern means anything, a blank is no word."""
    searched = folded(text)
    return any(word in searched for word in map(folded, asked) if word)


CONDITIONS: Final[Mapping[Condition, Callable[[Any, Facts], bool]]] = MappingProxyType(
    {
        Condition.PRIORITY: lambda asked, facts: facts.priority in asked,
        Condition.CRITICAL: lambda asked, facts: facts.critical == asked,
        Condition.ESCALATED: lambda asked, facts: facts.escalated == asked,
        Condition.MODALITY: lambda asked, facts: facts.modality in asked,
        Condition.BODY_PART: lambda asked, facts: facts.body_part in asked,
        Condition.CONTRAST: lambda asked, facts: facts.contrast == asked,
        Condition.SITE: lambda asked, facts: facts.site_code in asked or facts.site_id in asked,
        Condition.DEPARTMENT: lambda asked, facts: _among_folded(asked, facts.department),
        Condition.WORDS: lambda asked, facts: _holds_a_word(asked, facts.request),
        Condition.SEX: lambda asked, facts: facts.sex in asked,
        Condition.MIN_AGE_YEARS: lambda asked, facts: facts.age_years is not None and facts.age_years >= asked,
        Condition.MAX_AGE_YEARS: lambda asked, facts: facts.age_years is not None and facts.age_years <= asked,
        Condition.HOURS: lambda asked, facts: asked.hold(facts.received_at.timetz().replace(tzinfo=None)),
        Condition.WORKING_DAY: lambda asked, facts: facts.working_day == asked,
    }
)
"""By condition: whether what it asks is met."""

SAYS: Final[Mapping[Condition, Callable[[Facts], Any]]] = MappingProxyType(
    {
        Condition.PRIORITY: lambda facts: facts.priority.value,
        Condition.CRITICAL: lambda facts: facts.critical,
        Condition.ESCALATED: lambda facts: facts.escalated,
        Condition.MODALITY: lambda facts: facts.modality,
        Condition.BODY_PART: lambda facts: facts.body_part,
        Condition.CONTRAST: lambda facts: facts.contrast,
        Condition.SITE: lambda facts: facts.site_code,
        Condition.DEPARTMENT: lambda facts: facts.department,
        Condition.WORDS: lambda _: None,  # the request is not repeated: it may name somebody
        Condition.SEX: lambda facts: facts.sex.value,
        Condition.MIN_AGE_YEARS: lambda facts: facts.age_years,
        Condition.MAX_AGE_YEARS: lambda facts: facts.age_years,
        Condition.HOURS: lambda facts: facts.received_at.strftime("%H:%M"),
        Condition.WORKING_DAY: lambda facts: facts.working_day,
    }
)
"""By condition: what the facts say of it."""
