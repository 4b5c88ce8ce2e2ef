"""Why: which rule facts meet, and what each rule before it asks that they do not meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reading.rules.conditions import SAYS, Condition
from reading.rules.facts import Facts
from reading.rules.rule import Rule
from reading.rules.rules_document import plain


@dataclass(frozen=True, kw_only=True)
class Tried:
    """A rule that was tried and not met."""

    rule: str
    condition: Condition
    """The first condition that was not met."""
    asked: Any
    """What it asks, as the document has it."""
    said: Any
    """What the facts say; None where nobody said."""


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """The rule that facts meet, those before it, and those behind it that were not tried."""

    rule: Rule
    place: int
    """From 1."""
    tried: tuple[Tried, ...]
    behind: tuple[str, ...]


def explain(rules: Sequence[Rule], facts: Facts) -> Explanation:
    """Why facts meet the rule that they meet; the last rule has no conditions (`read_rules`)."""
    tried: list[Tried] = []
    for number, rule in enumerate(rules):
        unmet = rule.when.first_unmet(facts)
        if unmet is None:
            behind = tuple(one.name for one in rules[number + 1 :])
            return Explanation(rule=rule, place=number + 1, tried=tuple(tried), behind=behind)
        asked = plain(getattr(rule.when, unmet))
        tried.append(Tried(rule=rule.name, condition=unmet, asked=asked, said=SAYS[unmet](facts)))
    raise AssertionError("the last rule has no conditions")
